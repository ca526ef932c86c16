"""Solutions: what to train, on which events, with which recipe."""

from typing import Any

from tastemaker.domain.kinds import KINDS
from tastemaker.domain.statuses import ACTIVE, BUSY, SETTLED
from tastemaker.domain.training_schedule import DAYS, days_of
from tastemaker.errors import InvalidInput, ResourceInUse
from tastemaker.operations import resources
from tastemaker.operations.context import Context
from tastemaker.operations.recipes import trainable
from tastemaker.store.ports import Record

_SOLUTION = KINDS["solution"]
_MOST = 10


def create_solution(
    ctx: Context,
    *,
    name: str,
    dataset_group_arn: str,
    recipe_arn: str | None = None,
    perform_hpo: bool = False,
    perform_auto_ml: bool = False,
    perform_auto_training: bool = True,
    perform_incremental_update: bool | None = None,
    event_type: str | None = None,
    solution_config: dict[str, Any] | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Store a training configuration; a solution is ACTIVE at once."""
    resources.lookup_active(ctx, KINDS["dataset-group"], dataset_group_arn)
    if perform_auto_ml:
        raise InvalidInput("performAutoML is not built; name a recipeArn, such as that of aws-user-personalization-v2.")
    if recipe_arn is None:
        raise InvalidInput("recipeArn is required unless performAutoML is true.")
    _check_config(trainable(recipe_arn), event_type, solution_config or {})
    _check_schedule(solution_config or {})
    _check_incremental(wanted=perform_incremental_update)
    resources.require_fewer(ctx, _SOLUTION.name, _MOST, parent=dataset_group_arn, statuses=BUSY | {ACTIVE})
    members = {
        "name": name,
        "datasetGroupArn": dataset_group_arn,
        "recipeArn": recipe_arn,
        "performHPO": perform_hpo,
        "performAutoML": False,
        "performAutoTraining": perform_auto_training,
        "performIncrementalUpdate": perform_incremental_update,
        "eventType": event_type,
        "solutionConfig": solution_config,
    }
    record = resources.new_record(ctx, _SOLUTION, name, members, tags=tags)
    ctx.resources.create({**record, "status": ACTIVE})
    return {"solutionArn": record["_arn"]}


def describe_solution(ctx: Context, *, solution_arn: str) -> dict[str, object]:
    """Return one solution with a summary of its newest version."""
    version = resources.newest(ctx, "solution-version", solution_arn)
    return resources.describe(ctx, _SOLUTION, solution_arn, latestSolutionVersion=version)


def list_solutions(
    ctx: Context,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of solutions, of one dataset group or of all."""
    return resources.page(ctx, _SOLUTION, dataset_group_arn, max_results, next_token)


def update_solution(
    ctx: Context,
    *,
    solution_arn: str,
    perform_auto_training: bool | None = None,
    perform_incremental_update: bool | None = None,
    solution_update_config: dict[str, Any] | None = None,
) -> dict[str, object]:
    """Change what may change: automatic training, its schedule and the weights of event types."""
    record, config = resources.lookup(ctx, _SOLUTION, solution_arn), solution_update_config or {}
    _check_schedule(config)
    _check_incremental(wanted=perform_incremental_update)
    _check_events(record.get("eventType"), config)
    changes = {
        "performAutoTraining": perform_auto_training,
        "performIncrementalUpdate": perform_incremental_update,
        "solutionUpdateConfig": solution_update_config,
    }
    given: Record = {key: value for key, value in changes.items() if value is not None}
    if resources.same(_changeable(record), _changeable({**record, **given}, config)):
        given = {}
    elif _begins_anew(record, given, config):
        given["_scheduled"] = ctx.clock()
    return {"solutionArn": resources.update(ctx, record, given)}


def delete_solution(ctx: Context, *, solution_arn: str) -> dict[str, object]:
    """Delete a solution with all its versions, once no campaign uses it and nothing trains."""
    record = resources.lookup(ctx, _SOLUTION, solution_arn)
    if record["status"] in SETTLED:
        what = f"Solution {solution_arn}"
        if record.get("latestSolutionUpdate", {}).get("status") in BUSY:
            raise ResourceInUse(f"{what} is being updated; wait until latestSolutionUpdate is ACTIVE.")
        resources.require_none(ctx, "campaign", solution_arn, what)
        resources.require_none(ctx, "solution-version", solution_arn, what, statuses=BUSY)
    return resources.delete(ctx, record)


def _check_config(recipe: dict[str, Any], event_type: str | None, config: dict[str, Any]) -> None:
    _check_events(event_type, config)
    known = set(recipe["parameters"])
    for member in ("algorithmHyperParameters", "featureTransformationParameters"):
        if unknown := sorted(set(config.get(member, {})) - known):
            raise InvalidInput(f"{member} {unknown[0]} is not a parameter of recipe {recipe['name']}.")


def _check_events(event_type: str | None, config: dict[str, Any]) -> None:
    if event_type and "eventsConfig" in config:
        raise InvalidInput("eventType and solutionConfig.eventsConfig exclude each other; use eventsConfig.")


def _check_schedule(config: dict[str, Any]) -> None:
    expression = _expression(config)
    if expression is not None and days_of(expression) is None:
        raise InvalidInput(
            f"autoTrainingConfig.schedulingExpression must be rate(1 day) to rate(30 days), not {expression}."
        )


def _check_incremental(*, wanted: bool | None) -> None:
    if wanted:
        raise InvalidInput("performIncrementalUpdate is for aws-semantic-similarity only, which is not built.")


def _expression(config: dict[str, Any]) -> str | None:
    expression: str | None = config.get("autoTrainingConfig", {}).get("schedulingExpression")
    return expression


def _days(config: dict[str, Any]) -> int:
    return days_of(_expression(config) or "") or DAYS


def _changeable(record: Record, config: dict[str, Any] | None = None) -> Record:
    """Return what UpdateSolution may change, as it is or as it would be with another configuration."""
    merged = {**(record.get("solutionConfig") or {}), **(config or {})}
    settings = {name: record.get(name) for name in ("performAutoTraining", "performIncrementalUpdate")}
    return {**settings, "days": _days(merged), "events": merged.get("eventsConfig")}


def _begins_anew(record: Record, given: Record, config: dict[str, Any]) -> bool:
    """Whether the next training is counted from now: automatic training was off, or came at other intervals."""
    old = record.get("solutionConfig") or {}
    turned_on = given.get("performAutoTraining", False) and not record["performAutoTraining"]
    return turned_on or _days({**old, **config}) != _days(old)
