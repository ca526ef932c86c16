"""What a data deletion leaves behind: which models it has replaced or removed, and whether any holds the users yet."""

from collections.abc import Iterator
from typing import Any

from tastemaker.pipelines.deletions.references import naming_models
from tastemaker.pipelines.deletions.sources import Users
from tastemaker.pipelines.deletions.stored import Stored, held_in, stored_models
from tastemaker.pipelines.deps import Deps
from tastemaker.serving.successors import FILE, Successor
from tastemaker.store.ports import Record


def of_models(deps: Deps, job: Record, users: Users) -> dict[str, list[Record]]:
    """Return what a job has done with the models of its dataset group, and those that hold any of the users still."""
    group = job["datasetGroupArn"]
    replaced = [
        (model, successor) for model, successor in _replaced(deps, group) if successor.created == job["_created"]
    ]
    return {
        "stripped": [_row(model, s, after=s.by["prefix"]) for model, s in replaced if s.by],
        "retired": [_row(model, s, why=s.why) for model, s in replaced if not s.by],
        "models": list(_holders(deps, group, users)),
    }


def _row(model: Stored, successor: Successor, **more: str) -> dict[str, Any]:
    return {"arn": model.arn, "before": model.prefix, "users": successor.users, **more}


def _replaced(deps: Deps, group: str) -> Iterator[tuple[Stored, Successor]]:
    for model in stored_models(deps, group):
        if FILE in model.names and (found := Successor.find(deps.objects, deps.config.models_bucket, model.prefix)):
            yield model, found


def _holders(deps: Deps, group: str, users: Users) -> Iterator[Record]:
    for model in stored_models(deps, group):
        if (count := held_in(deps, model, users)) != 0:
            served = _serving(deps, group, model.prefix)
            yield {"arn": model.arn, "prefix": model.prefix, "users": count, "servedBy": served}


def _serving(deps: Deps, group: str, prefix: str) -> list[str]:
    """Return the campaigns and recommenders that answer from a model."""
    artifacts = {r["_arn"]: r.get("_serving", {}).get("artifact", {}) for r in naming_models(deps, group)}
    return [arn for arn, artifact in artifacts.items() if artifact.get("prefix") == prefix]
