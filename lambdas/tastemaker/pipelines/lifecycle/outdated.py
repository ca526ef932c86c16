"""Models that this version of Tastemaker does not read, told by their manifests alone."""

import json
from collections.abc import Iterator

from tastemaker.pipelines.deps import Deps
from tastemaker.serving.artifacts import MANIFEST, check_format
from tastemaker.serving.ports import UnreadableModel
from tastemaker.serving.successors import Successor
from tastemaker.store.ports import Record


def fault_of(deps: Deps, artifact: Record) -> str | None:
    """Return why a stored model is of no use to this version, or None; a lost one is another fault."""
    try:
        check_format(json.loads(deps.objects.read(deps.config.models_bucket, f"{artifact['prefix']}{MANIFEST}")))
    except UnreadableModel as problem:
        return str(problem)
    except FileNotFoundError:
        successor = Successor.find(deps.objects, deps.config.models_bucket, artifact["prefix"])
        return _fault_behind(deps, successor) if successor else None
    return None


def _fault_behind(deps: Deps, successor: Successor) -> str | None:
    try:
        return fault_of(deps, dict(successor.artifact))
    except UnreadableModel as problem:
        return str(problem)


def unanswering(deps: Deps) -> Iterator[str]:
    """Name the campaigns and recommenders that cannot answer for the format of their model, and say why."""
    for kind in ("campaign", "recommender"):
        for record in deps.resources.every(kind):
            if "_serving" in record and (fault := fault_of(deps, record["_serving"]["artifact"])):
                yield f"{kind} {record['name']} cannot answer: {fault}"
