"""Solutions: what to train, on which events, with which recipe."""

import json
from typing import Any

from tastemaker.domain import supersets
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.domain.training.schedule import days_between
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.automl import chosen, require_one_way, rules_of
from tastemaker.operations.rules.ineffective import warn
from tastemaker.operations.rules.recipes import is_legacy, require_trainable
from tastemaker.operations.rules.solution_configs import check_solution, check_solution_update
from tastemaker.operations.rules.strictness import refuse_if_strict
from tastemaker.operations.rules.training_data import require_data
from tastemaker.store.ports import Record

_SOLUTION = KINDS["solution"]


def create_solution(
    call: Call,
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
    resources.lookup_active(call, KINDS["dataset-group"], dataset_group_arn)
    members = {
        "name": name,
        "datasetGroupArn": dataset_group_arn,
        "recipeArn": recipe_arn,
        "performHPO": perform_hpo,
        "performAutoML": perform_auto_ml,
        "performAutoTraining": perform_auto_training,
        "performIncrementalUpdate": perform_incremental_update,
        "eventType": event_type,
        "solutionConfig": solution_config,
    }
    require_one_way(members)
    if recipe_arn is not None:
        require_trainable(call, recipe_arn)
        if is_legacy(recipe_arn):
            refuse_if_strict(call, supersets.LEGACY_RECIPES, recipe=recipe_arn)
    check_solution(call, members)
    recipe = rules_of(members)
    require_data(call, recipe, dataset_group_arn)
    # On by itself where there is such a thing ("Semantic-Similarity recipe").
    incremental = (perform_incremental_update is None and "performIncrementalUpdate" in recipe["features"]) or None
    members = {"performIncrementalUpdate": incremental} | {k: v for k, v in members.items() if v is not None}
    record = resources.new_record(call, _SOLUTION, name, members, tags=tags)
    warn(call, record)
    return {"solutionArn": resources.store(call, {**record, "status": ACTIVE})}


def describe_solution(call: Call, *, solution_arn: str) -> dict[str, object]:
    """Return one solution with a summary of its newest version, and with the recipe that AutoML chose last."""
    version = resources.newest(call, "solution-version", solution_arn)
    reply = resources.describe(call, _SOLUTION, solution_arn, latestSolutionVersion=version)
    warn(call, reply[_SOLUTION.member])
    if reply[_SOLUTION.member].get("performAutoML") and (choice := chosen(call, solution_arn)):
        call.notes["automl"] = json.dumps(choice["_automl"], default=float)
        reply[_SOLUTION.member]["autoMLResult"] = {"bestRecipeArn": choice["recipeArn"]}
    return reply


def list_solutions(
    call: Call,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of solutions, of one dataset group or of all."""
    return resources.page(call, _SOLUTION, dataset_group_arn, max_results, next_token)


def update_solution(
    call: Call,
    *,
    solution_arn: str,
    perform_auto_training: bool | None = None,
    perform_incremental_update: bool | None = None,
    solution_update_config: dict[str, Any] | None = None,
) -> dict[str, object]:
    """Change what may change: automatic training, its schedule and the weights of event types."""
    record = resources.lookup(call, _SOLUTION, solution_arn)
    changes = {
        "performAutoTraining": perform_auto_training,
        "performIncrementalUpdate": perform_incremental_update,
        "solutionUpdateConfig": solution_update_config,
    }
    members: Record = {key: value for key, value in changes.items() if value is not None}
    check_solution_update(call, record, members)
    before, after = _training(record), _training({**record, **members}, solution_update_config)
    if after == before:
        members = {}
    elif after["automatic"] and (after["automatic"], after["days"]) != (before["automatic"], before["days"]):
        members["_scheduled"] = call.clock()  # the next training is counted from now
    warn(call, record)
    return {"solutionArn": resources.update(call, record, members)}


def delete_solution(call: Call, *, solution_arn: str) -> dict[str, object]:
    """Delete a solution with all its versions, once no campaign uses it and nothing trains."""
    return resources.delete(call, resources.lookup(call, _SOLUTION, solution_arn))


def _training(record: Record, config: dict[str, Any] | None = None) -> Record:
    """Return what UpdateSolution may change, as it is or as it would be with another configuration."""
    settings = {**(record.get("solutionConfig") or {}), **(config or {})}
    return {
        "automatic": record["performAutoTraining"],
        "incremental": record.get("performIncrementalUpdate"),
        "days": days_between(settings),
        "events": settings.get("eventsConfig"),
    }
