"""Recommenders: a domain use case, trained and deployed in one."""

import json
from collections.abc import Mapping
from typing import Any

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import ACTIVE, INACTIVE, START_PENDING, STOP_PENDING, TURNING
from tastemaker.domain.training.choices import trained_columns
from tastemaker.errors import InvalidInput, ResourceInUse
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.campaign_configs import check_recommender
from tastemaker.operations.rules.ineffective import warn
from tastemaker.operations.rules.recipes import recipe_of, use_case
from tastemaker.operations.rules.training_data import require_data
from tastemaker.store.ports import Record

_RECOMMENDER = KINDS["recommender"]
_DEFAULTS = {"minRecommendationRequestsPerSecond": 1}
_TURNED = {"start": (ACTIVE, "started"), "stop": (INACTIVE, "stopped")}


def create_recommender(
    call: Call,
    *,
    name: str,
    dataset_group_arn: str,
    recipe_arn: str,
    recommender_config: dict[str, Any] | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Train a use case on a domain dataset group and let it answer."""
    group = resources.lookup(call, KINDS["dataset-group"], dataset_group_arn)
    if not group.get("domain"):
        raise InvalidInput(f"Dataset group {dataset_group_arn} has no domain: create a solution and a campaign in it.")
    recipe = use_case(call, recipe_arn, group["domain"])
    resources.lookup_active(call, KINDS["dataset-group"], dataset_group_arn)
    config = {**_DEFAULTS, **(recommender_config or {})}
    check_recommender(call, recipe, dataset_group_arn, config)
    require_data(call, recipe, dataset_group_arn)
    members = {
        "name": name,
        "datasetGroupArn": dataset_group_arn,
        "recipeArn": recipe_arn,
        "recommenderConfig": config,
    }
    record = resources.new_record(call, _RECOMMENDER, name, members, tags=tags)
    warn(call, record)
    return {"recommenderArn": resources.create(call, record, "training")}


def describe_recommender(call: Call, *, recommender_arn: str) -> dict[str, object]:
    """Return one recommender with its metrics; a change under way is in `latestRecommenderUpdate`.

    A header says what its training chose.
    """
    reply = resources.describe(call, _RECOMMENDER, recommender_arn)
    record = reply["recommender"]
    if record["status"] not in TURNING | {ACTIVE, INACTIVE}:
        record.pop("modelMetrics", None)
    if choices := record.get("_learned"):
        call.notes["learned"] = json.dumps(choices, default=float)
    warn(call, record)
    return reply


def list_recommenders(
    call: Call,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of recommenders, of one dataset group or of all."""
    return resources.page(call, _RECOMMENDER, dataset_group_arn, max_results, next_token)


def update_recommender(call: Call, *, recommender_arn: str, recommender_config: dict[str, Any]) -> dict[str, object]:
    """Change the given parts of the configuration; other training columns mean another training."""
    record = resources.lookup_active(call, _RECOMMENDER, recommender_arn)
    old = record["recommenderConfig"]
    config = {**old, **recommender_config}
    check_recommender(call, recipe_of(record["recipeArn"]), record["datasetGroupArn"], config)
    retrains = _columns(config) != _columns(old)
    changes = {"recommenderConfig": config}
    warn(call, {**record, **changes})
    return {"recommenderArn": resources.update(call, record, changes, "training" if retrains else "lifecycle")}


def start_recommender(call: Call, *, recommender_arn: str) -> dict[str, object]:
    """Let a stopped recommender answer again, from the model it had."""
    return _turn(call, recommender_arn, "start", INACTIVE, START_PENDING)


def stop_recommender(call: Call, *, recommender_arn: str) -> dict[str, object]:
    """Stop a recommender from answering; its model is kept."""
    return _turn(call, recommender_arn, "stop", ACTIVE, STOP_PENDING)


def delete_recommender(call: Call, *, recommender_arn: str) -> dict[str, object]:
    """Remove a recommender with its models."""
    return resources.delete(call, resources.lookup(call, _RECOMMENDER, recommender_arn))


def _turn(call: Call, arn: str, change: str, before: str, pending: str) -> dict[str, object]:
    def turning(record: Record, now: float) -> Record:
        resources.require_no_update(record)
        return {"status": pending, "lastUpdatedDateTime": now}

    record = resources.lookup(call, _RECOMMENDER, arn)
    if record["status"] == _TURNED[change][0]:
        raise ResourceInUse(f"The recommender {arn} is {_TURNED[change][1]} already; its status is {record['status']}.")
    resources.change(call, arn, change, turning, when=(before,))
    return {"recommenderArn": arn}


def _columns(config: Mapping[str, Any]) -> dict[str, tuple[str, frozenset[str]]]:
    return trained_columns(config.get("trainingDataConfig", {}))
