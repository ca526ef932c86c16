"""Records of resources: what each begins with, whoever makes it, and which trends one that answers goes by."""

from collections.abc import Mapping
from typing import Any

from tastemaker.domain.resources.kinds import Kind

Record = dict[str, Any]

# What a solution version copies from its solution at the start of training.
_COPIED = (
    "performHPO",
    "performAutoML",
    "performIncrementalUpdate",
    "recipeArn",
    "eventType",
    "datasetGroupArn",
    "solutionConfig",
)


def first_record(kind: Kind, arn: str, members: Mapping[str, Any], *, now: float, tags: Mapping[str, str]) -> Record:
    """Return a resource's first record; members without a value are left out, as in every reply."""
    present = {key: value for key, value in members.items() if value is not None}
    return {
        **present,
        kind.arn_member: arn,
        "creationDateTime": now,
        "lastUpdatedDateTime": now,
        "_arn": arn,
        "_kind": kind.name,
        "_parent": present.get(kind.parent) if kind.parent else None,
        "_created": f"{now:017.6f}#{arn}",
        "_tags": tags,
    }


def version_members(solution: Mapping[str, Any], *, mode: str, type_: str, name: str | None = None) -> Record:
    """Return the members of a new version of a solution, as the solution is now."""
    return {
        **{member: solution.get(member) for member in _COPIED},
        "name": name,
        "solutionArn": solution["_arn"],
        "trainingMode": mode,
        "trainingType": type_,
    }


def current_trends(record: Mapping[str, Any]) -> Record | None:
    """Return what was last found to rise and to fall, {of, moment, key, sha256}, unless another model serves by now."""
    trends: Record | None = record.get("_trends")
    return trends if trends and trends["of"] == record["_serving"]["artifact"]["sha256"] else None
