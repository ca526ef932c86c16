"""What the record of every resource begins with, whoever makes it: a caller, or the schedule."""

from collections.abc import Mapping
from typing import Any

from tastemaker.domain.resources.kinds import Kind

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


def first_record(
    kind: Kind, arn: str, members: Mapping[str, Any], *, now: float, tags: Mapping[str, str]
) -> dict[str, Any]:
    """Return a resource's first record; members without a value are left out, as in every reply."""
    given = {key: value for key, value in members.items() if value is not None}
    return {
        **given,
        kind.arn_member: arn,
        "creationDateTime": now,
        "lastUpdatedDateTime": now,
        "_arn": arn,
        "_kind": kind.name,
        "_parent": given.get(kind.parent) if kind.parent else None,
        "_created": f"{now:017.6f}#{arn}",
        "_tags": tags,
    }


def version_members(solution: Mapping[str, Any], *, mode: str, type_: str, name: str | None = None) -> dict[str, Any]:
    """Return the members of a new version of a solution, as the solution is now."""
    return {
        **{member: solution.get(member) for member in _COPIED},
        "name": name,
        "solutionArn": solution["_arn"],
        "trainingMode": mode,
        "trainingType": type_,
    }
