"""How a resource differs from what its template asks for, in the words of CloudFormation's drift detection.

CloudFormation itself detects no drift of custom resources.
"""

from collections.abc import Mapping
from typing import Any

from tastemaker.domain.resources.kinds import titled
from tastemaker.stacks.kinds import StackKind
from tastemaker.stacks.ports import Api
from tastemaker.stacks.properties import differences, members_of
from tastemaker.stacks.resources import Resources


def drift(api: Api, kind: StackKind, arn: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the status of a resource, and each property that is not as asked."""
    record = Resources(api, kind).describe(arn)
    if record is None:
        return {"StackResourceDriftStatus": "DELETED", "PropertyDifferences": []}
    members = members_of(kind, properties)
    found = differences(kind, members, record) | _tags(api, arn, members)
    return {
        "StackResourceDriftStatus": "MODIFIED" if found else "IN_SYNC",
        "PropertyDifferences": [_difference(name, *values) for name, values in found.items()],
    }


def _tags(api: Api, arn: str, members: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Compare tags that were asked for; others may be there for other reasons."""
    if "tags" not in members:
        return {}
    found = api.call("ListTagsForResource", resourceArn=arn)["tags"]
    return {} if all(tag in found for tag in members["tags"]) else {"tags": (members["tags"], found)}


def _difference(member: str, asked: object, found: object) -> dict[str, object]:
    return {"PropertyPath": f"/{titled(member)}", "ExpectedValue": asked, "ActualValue": found}
