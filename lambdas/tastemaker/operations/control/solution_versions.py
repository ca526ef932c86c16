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
from tastemaker.operations.call import Call
from tastemaker.operations.rules.automl import chosen, rules_of
from tastemaker.operations.rules.ineffective import warn
from tastemaker.operations.rules.recipes import recipe_of
from tastemaker.operations.rules.training_data import require_data
from tastemaker.store.ports import Record

_VERSION = KINDS["solution-version"]


def create_solution_version(
    call: Call,
    *,
    solution_arn: str,
    name: str | None = None,
    training_mode: str = "FULL",
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Start a training; every call makes a new version."""
    solution = resources.lookup_active(call, KINDS["solution"], solution_arn)
    if training_mode != "FULL":
        solution = _continued(call, solution)
        _check_mode(call, solution, training_mode)
    require_data(call, rules_of(solution), solution["datasetGroupArn"])
    members = version_members(solution, mode=training_mode, type_="MANUAL", name=name)
    tail = f"{arns.tail(solution_arn)}/{call.new_id()[:8]}"
    record = resources.new_record(call, _VERSION, tail, members, tags=tags)
    warn(call, record)
    return {"solutionVersionArn": resources.create(call, record, "training")}


def _continued(call: Call, solution: Record) -> Record:
    """Return a solution as an update trains it: with the recipe that its newest FULL training has chosen."""
    if not solution.get("performAutoML"):
        return solution
    choice = chosen(call, solution["_arn"])
    if choice is None:
        raise InvalidInput(_NEEDS_FULL)
    return {**solution, "recipeArn": choice["recipeArn"]}


_NEEDS_FULL = "trainingMode UPDATE needs an ACTIVE version of the solution that was trained with FULL."


def _check_mode(call: Call, solution: Record, mode: str) -> None:
    """Refuse a training that continues a FULL one, but of recipes that take new items up between trainings."""
    recipe = recipe_of(solution["recipeArn"])
    if mode != "UPDATE" or "trainingModeUpdate" not in recipe["features"]:
        raise InvalidInput(f"trainingMode {mode} is not available for recipe {recipe['name']}; use FULL.")
    versions = call.resources.every(_VERSION.name, parent=solution["_arn"])
    if not any(version["status"] == ACTIVE and version["trainingMode"] == "FULL" for version in versions):
        raise InvalidInput(_NEEDS_FULL)


def describe_solution_version(call: Call, *, solution_version_arn: str) -> dict[str, object]:
    """Return one solution version; headers say what it was to take, and took, and what its training chose."""
    reply = resources.describe(call, _VERSION, solution_version_arn)
    for name in ("quote", "learned", "automl"):
        if told := reply[_VERSION.member].get(f"_{name}"):
            call.notes[name] = json.dumps(told, default=float)
    warn(call, reply[_VERSION.member])
    return reply


def list_solution_versions(
    call: Call, *, solution_arn: str | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, object]:
    """Return a page of versions, of one solution or of all."""
    if solution_arn:
        resources.lookup(call, KINDS["solution"], solution_arn)
    return resources.page(call, _VERSION, solution_arn, max_results, next_token)


def stop_solution_version_creation(call: Call, *, solution_version_arn: str) -> dict[str, object]:
    """Stop a training: at once before it has begun, at its next step otherwise."""
    version = resources.lookup(call, _VERSION, solution_version_arn)
    if version["status"] not in {CREATE_PENDING, CREATE_IN_PROGRESS}:
        raise ResourceInUse(f"{solution_version_arn} is not being trained; its status is {version['status']}.")
    now = call.clock()
    try:
        changes = {"status": CREATE_STOPPED, "lastUpdatedDateTime": now}
        call.resources.update(solution_version_arn, changes, when=(CREATE_PENDING,))
    except ResourceInUse:
        changes = {"status": CREATE_STOPPING, "lastUpdatedDateTime": now}
        call.resources.update(solution_version_arn, changes, when=(CREATE_IN_PROGRESS,))
    return {}


def get_solution_metrics(call: Call, *, solution_version_arn: str) -> dict[str, object]:
    """Return the metrics measured on the held-out tenth of the users during training."""
    version = resources.lookup_active(call, _VERSION, solution_version_arn)
    return {"solutionVersionArn": solution_version_arn, "metrics": version["_metrics"]}
