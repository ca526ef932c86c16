"""Recommenders: a domain use case, trained and deployed in one."""

from collections.abc import Mapping
from typing import Any

from tastemaker.domain.kinds import KINDS
from tastemaker.domain.statuses import (
    ACTIVE,
    BUSY,
    INACTIVE,
    START_PENDING,
    STOP_PENDING,
    TURNING,
)
from tastemaker.domain.training_choices import trained_columns
from tastemaker.errors import InvalidInput, LimitExceeded, ResourceInUse
from tastemaker.operations import resources
from tastemaker.operations.campaign_configs import check_recommender
from tastemaker.operations.context import Context
from tastemaker.operations.recipes import recipe_of, use_case
from tastemaker.store.ports import Record

_RECOMMENDER = KINDS["recommender"]
_MOST = 5
_DEFAULTS = {"minRecommendationRequestsPerSecond": 1}


def create_recommender(
    ctx: Context,
    *,
    name: str,
    dataset_group_arn: str,
    recipe_arn: str,
    recommender_config: dict[str, Any] | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Train a use case on a domain dataset group and let it answer."""
    group = resources.lookup(ctx, KINDS["dataset-group"], dataset_group_arn)
    if not group.get("domain"):
        raise InvalidInput(f"Dataset group {dataset_group_arn} has no domain: create a solution and a campaign in it.")
    recipe = use_case(ctx, recipe_arn, group["domain"])
    resources.lookup_active(ctx, KINDS["dataset-group"], dataset_group_arn)
    config = {**_DEFAULTS, **(recommender_config or {})}
    check_recommender(ctx, recipe, dataset_group_arn, config)
    _require_room(ctx, dataset_group_arn)
    members = {
        "name": name,
        "datasetGroupArn": dataset_group_arn,
        "recipeArn": recipe_arn,
        "recommenderConfig": config,
    }
    record = resources.new_record(ctx, _RECOMMENDER, name, members, tags=tags)
    return {"recommenderArn": resources.create(ctx, record, "training")}


def describe_recommender(ctx: Context, *, recommender_arn: str) -> dict[str, object]:
    """Return one recommender with its metrics; a change under way is in `latestRecommenderUpdate`."""
    described = resources.describe(ctx, _RECOMMENDER, recommender_arn)
    record = described["recommender"]
    if record["status"] not in TURNING | {ACTIVE, INACTIVE}:
        record.pop("modelMetrics", None)
    return described


def list_recommenders(
    ctx: Context,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of recommenders, of one dataset group or of all."""
    return resources.page(ctx, _RECOMMENDER, dataset_group_arn, max_results, next_token)


def update_recommender(ctx: Context, *, recommender_arn: str, recommender_config: dict[str, Any]) -> dict[str, object]:
    """Change the given parts of the configuration; other training columns mean another training."""
    record = resources.lookup_active(ctx, _RECOMMENDER, recommender_arn)
    old = record["recommenderConfig"]
    config = {**old, **recommender_config}
    check_recommender(ctx, recipe_of(record["recipeArn"]), record["datasetGroupArn"], config)
    retrains = _columns(config) != _columns(old)
    changes = {"recommenderConfig": config}
    return {"recommenderArn": resources.update(ctx, record, changes, "training" if retrains else "lifecycle")}


def start_recommender(ctx: Context, *, recommender_arn: str) -> dict[str, object]:
    """Let a stopped recommender answer again, from the model it had."""
    return _turn(ctx, recommender_arn, "start", INACTIVE, START_PENDING)


def stop_recommender(ctx: Context, *, recommender_arn: str) -> dict[str, object]:
    """Stop a recommender from answering; its model is kept."""
    return _turn(ctx, recommender_arn, "stop", ACTIVE, STOP_PENDING)


def delete_recommender(ctx: Context, *, recommender_arn: str) -> dict[str, object]:
    """Remove a recommender with its models."""
    record = resources.lookup(ctx, _RECOMMENDER, recommender_arn)
    _require_no_update(record)
    return resources.delete(ctx, record)


def require_no_retraining(ctx: Context, group: str, what: str) -> None:
    """Refuse to take away data that a recommender's update may be reading."""
    for record in ctx.resources.every(_RECOMMENDER.name, parent=group):
        if _updating(record):
            raise ResourceInUse(f"{what} cannot be deleted while recommender {record['_arn']} is being updated.")


def _turn(ctx: Context, arn: str, change: str, before: str, pending: str) -> dict[str, object]:
    record, now = resources.lookup(ctx, _RECOMMENDER, arn), ctx.clock()
    _require_no_update(record)
    ctx.resources.update(arn, {"status": pending, "lastUpdatedDateTime": now}, when=(before,))
    ctx.workflows.start("lifecycle", arn, change, attempt=f"{now:.6f}")
    return {"recommenderArn": arn}


def _updating(record: Record) -> bool:
    return record.get("latestRecommenderUpdate", {}).get("status") in BUSY


def _require_no_update(record: Record) -> None:
    if _updating(record):
        raise ResourceInUse(
            f"Recommender {record['_arn']} is being updated; wait until latestRecommenderUpdate is ACTIVE."
        )


def _require_room(ctx: Context, group: str) -> None:
    left = ctx.resources.every(_RECOMMENDER.name, parent=group)
    if sum(record["status"] in BUSY | TURNING | {ACTIVE, INACTIVE} for record in left) >= _MOST:
        raise LimitExceeded(
            f"Cannot create a recommender. More than {_MOST} resources in ACTIVE state. "
            "Please delete some and try again."
        )


def _columns(config: Mapping[str, Any]) -> dict[str, tuple[str, frozenset[str]]]:
    return trained_columns(config.get("trainingDataConfig", {}))
