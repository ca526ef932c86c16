"""Says of a resource, when it is made, changed and described, which of its settings have no effect."""

import json

from tastemaker.domain.ineffective import warnings_of
from tastemaker.domain.resources.changes import is_updating, latest_update
from tastemaker.errors import ResourceNotFound
from tastemaker.operations.call import Call
from tastemaker.operations.rules.recipes import recipe_of
from tastemaker.store.ports import Record

_LONGEST_HEADER = 6_000  # bytes; API Gateway lets all headers together have 10,240


def warn(call: Call, record: Record) -> None:
    """Name, in the header `x-tastemaker-warnings` as a JSON list, settings of a resource that change nothing."""
    update = latest_update(record) if "_kind" in record and is_updating(record) else {}
    warnings = warnings_of({**record, **update}, _inert(record.get("recipeArn")))
    while len(text := json.dumps(warnings)) > _LONGEST_HEADER:
        warnings.pop()
    if warnings:
        call.notes["warnings"] = text


def _inert(recipe_arn: str | None) -> list[str]:
    """Return the parameters of a recipe that its engine takes and does not use."""
    try:
        recipe = recipe_of(recipe_arn) if recipe_arn else {}
    except ResourceNotFound:  # of another version of Tastemaker
        recipe = {}
    return [
        row["name"] for kind in ("hyperparameters", "featurization") for row in recipe.get(kind, ()) if row.get("inert")
    ]
