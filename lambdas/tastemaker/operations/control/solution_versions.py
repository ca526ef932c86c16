"""Solution versions: one training of a solution each."""

import json

from tastemaker.domain.resources import arns
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.records import version_members
from tastemaker.domain.resources.statuses import (
    ACTIVE,
    CREATE_IN_PROGRESS,
    CREATE_PENDING,
    CREATE_STOPPED,
    CREATE_STOPPING,
)
from tastemaker.errors import InvalidInput, ResourceInUse
from tastemaker.operations import resources
from tastemaker.operations.context import Context
from tastemaker.operations.rules.recipes import recipe_of
from tastemaker.store.ports import Record

_VERSION = KINDS["solution-version"]


def create_solution_version(
    ctx: Context,
    *,
    solution_arn: str,
    name: str | None = None,
    training_mode: str = "FULL",
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Start a training; every call makes a new version."""
    solution = resources.lookup_active(ctx, KINDS["solution"], solution_arn)
    if training_mode != "FULL":
        _check_mode(ctx, solution, training_mode)
    members = version_members(solution, mode=training_mode, type_="MANUAL", name=name)
    tail = f"{arns.tail(solution_arn)}/{ctx.new_id()[:8]}"
    record = resources.new_record(ctx, _VERSION, tail, members, tags=tags)
    return {"solutionVersionArn": resources.create(ctx, record, "training")}


def _check_mode(ctx: Context, solution: Record, mode: str) -> None:
    """Refuse a training that continues a FULL one, but of recipes that take new items up between trainings."""
    recipe = recipe_of(solution["recipeArn"])
    if mode != "UPDATE" or "trainingModeUpdate" not in recipe["features"]:
        raise InvalidInput(f"trainingMode {mode} is not available for recipe {recipe['name']}; use FULL.")
    versions = ctx.resources.every(_VERSION.name, parent=solution["_arn"])
    if not any(version["status"] == ACTIVE and version["trainingMode"] == "FULL" for version in versions):
        raise InvalidInput("trainingMode UPDATE needs an ACTIVE version of the solution that was trained with FULL.")


def describe_solution_version(ctx: Context, *, solution_version_arn: str) -> dict[str, object]:
    """Return one solution version; a header that real clients never look at says what it was to take, and took."""
    reply = resources.describe(ctx, _VERSION, solution_version_arn)
    if quote := reply[_VERSION.member].get("_quote"):
        ctx.notes["quote"] = json.dumps(quote, default=float)
    return reply


def list_solution_versions(
    ctx: Context, *, solution_arn: str | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, object]:
    """Return a page of versions, of one solution or of all."""
    if solution_arn:
        resources.lookup(ctx, KINDS["solution"], solution_arn)
    return resources.page(ctx, _VERSION, solution_arn, max_results, next_token)


def stop_solution_version_creation(ctx: Context, *, solution_version_arn: str) -> dict[str, object]:
    """Stop a training: at once before it has begun, at its next step otherwise."""
    resources.lookup(ctx, _VERSION, solution_version_arn)
    now = ctx.clock()
    try:
        changes = {"status": CREATE_STOPPED, "lastUpdatedDateTime": now}
        ctx.resources.update(solution_version_arn, changes, when=(CREATE_PENDING,))
    except ResourceInUse:
        changes = {"status": CREATE_STOPPING, "lastUpdatedDateTime": now}
        ctx.resources.update(solution_version_arn, changes, when=(CREATE_IN_PROGRESS,))
    return {}


def get_solution_metrics(ctx: Context, *, solution_version_arn: str) -> dict[str, object]:
    """Return the metrics measured on the held-out tenth of the users during training."""
    version = resources.lookup_active(ctx, _VERSION, solution_version_arn)
    return {"solutionVersionArn": solution_version_arn, "metrics": version["_metrics"]}
