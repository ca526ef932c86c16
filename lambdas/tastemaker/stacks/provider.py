"""Answers CloudFormation: begins what a request asks for, looks again until it is done, and says how it has ended."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tastemaker.domain.resources.kinds import titled
from tastemaker.errors import Refused
from tastemaker.stacks.kinds import PREFIX, STACK_KINDS, StackKind
from tastemaker.stacks.ports import Api, Stacks
from tastemaker.stacks.properties import differences, members_of, waits
from tastemaker.stacks.resources import EXISTS, Failed, NotYet, Record, Resources

# CloudFormation waits an hour at most, or as long as ServiceTimeout says; an answer has to be there before.
_HOUR: Final = 3_600
_MARGIN: Final = 60
_LONGEST_PAUSE: Final = 20
# An answer has 4,096 bytes at most, a name 63 characters.
_REASON: Final = 1_500
_NAME: Final = 63

Work = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Provider:
    """The custom resources of one deployment."""

    api: Api
    stacks: Stacks
    clock: Callable[[], float]

    def take(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Begin the work of a request; the same request again is the same work."""
        work = {"request": dict(request), "begun": self.clock(), "arn": "", "updated": False, "seconds": 0}
        self.stacks.begin(request["RequestId"], work)
        return {}

    def advance(self, work: Work) -> Work:
        """Look how far a request is, and answer it when it has ended."""
        request = work["request"]
        if work.get("doomed"):
            return self._remove(work)
        try:
            arn = _ACTS[request["RequestType"]](self, work)
            data = self._data(request, arn)
        except NotYet as reason:
            return self._again(work, str(reason))
        except Refused as refused:
            if refused.passing:
                return self._again(work, str(refused))
            return self._end(work, str(refused))
        except Failed as failed:
            return self._end(work, str(failed))
        return self._answer(work, arn, "SUCCESS", Data=data)

    def fail(self, work: Work) -> Work:
        """Answer a request whose work has stopped for a reason of our own."""
        error = work["error"]
        return self._end(work, f"{error.get('Error')}: {_message(error.get('Cause', ''))}")

    def create(self, work: Work) -> str:
        """Create the resource of a request, and wait for it."""
        request = work["request"]
        kind = _kind(request)
        resources, properties = self._resources(kind), request["ResourceProperties"]
        if not work["arn"]:
            named = {kind.kind.name_member: _name_for(request)} | members_of(kind, properties)
            work["arn"] = resources.create(named, since=work["begun"])
        if waits(properties):
            resources.settled(work["arn"])
        return str(work["arn"])

    def update(self, work: Work) -> str:
        """Change the resource of a request, or make another one in its place, which CloudFormation then deletes."""
        request = work["request"]
        kind = _kind(request)
        arn, resources = request["PhysicalResourceId"], self._resources(kind)
        after = members_of(kind, request["ResourceProperties"])
        before = self._before(request, kind, after)
        if lasting := _lasting(kind, before, after):
            return self._replace(work, kind, lasting)
        if kind.changeable and not work["updated"]:
            work["updated"] = resources.begin_update(arn, after)
        resources.tag(arn, _tags(before), _tags(after))
        if waits(request["ResourceProperties"]):
            (resources.settled if work["updated"] else resources.changeable)(arn)
        return str(arn)

    def delete(self, work: Work) -> str:
        """Delete the resource of a request; a request whose creation was refused has none."""
        arn = str(work["request"]["PhysicalResourceId"])
        if arn.startswith("arn:"):
            self._resources(_kind(work["request"])).delete(arn)
        return arn

    def _before(self, request: Mapping[str, Any], kind: StackKind, after: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a resource was made of; where its template was refused and is taken back, what it is."""
        try:
            return members_of(kind, request["OldResourceProperties"])
        except Refused:
            record = self._resources(kind).describe(request["PhysicalResourceId"]) or {}
            return {**after, **{name: found for name, (_, found) in differences(kind, after, record).items()}}

    def _replace(self, work: Work, kind: StackKind, lasting: str) -> str:
        try:
            return self.create(work)
        except Refused as refused:
            if refused.code != EXISTS:
                raise
            raise Failed(
                f"{refused} {lasting} of a {kind.kind.title} can be changed only by a new one beside the old: "
                f"give it another {kind.kind.name_member}."
            ) from None

    def _again(self, work: Work, reason: str) -> Work:
        timeout = min(float(work["request"]["ResourceProperties"].get("ServiceTimeout") or _HOUR), _HOUR)
        if self.clock() > work["begun"] + timeout - _MARGIN:
            return self._end(work, f"Not done after {timeout:.0f} seconds, as long as CloudFormation waits: {reason}")
        return _later(work)

    def _end(self, work: Work, reason: str) -> Work:
        """Answer that a request has failed; the second half of a replacement does not stay."""
        request = work["request"]
        arn = request.get("PhysicalResourceId") or work["arn"] or f"none-{request['RequestId']}"
        ended = self._answer(work, arn, "FAILED", Reason=reason[:_REASON])
        return self._remove(work) if request["RequestType"] == "Update" and work["arn"] else ended

    def _remove(self, work: Work) -> Work:
        """Take away what was to replace a resource, as soon as it can be: CloudFormation knows nothing of it."""
        try:
            self._resources(_kind(work["request"])).delete(work["arn"])
        except (NotYet, Refused):
            if self.clock() < work["begun"] + 2 * _HOUR:
                return _later({**work, "doomed": True})
        return {"over": True}

    def _answer(self, work: Work, arn: str, status: str, **more: object) -> Work:
        request = work["request"]
        same = {name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
        self.stacks.answer(request["ResponseURL"], {"Status": status, "PhysicalResourceId": arn, **same, **more})
        return {"over": True, "status": status, "arn": arn}

    def _data(self, request: Mapping[str, Any], arn: str) -> dict[str, str]:
        """Return what Fn::GetAtt may read: ARN, name and ids."""
        if request["RequestType"] == "Delete":
            return {}
        kind = _kind(request)
        record = self._resources(kind).describe(arn) or {}
        return {"Arn": arn, "Name": str(record.get(kind.kind.name_member, "")), **_attributes(record)}

    def _resources(self, kind: StackKind) -> Resources:
        return Resources(self.api, kind)


_ACTS: Final = {"Create": Provider.create, "Update": Provider.update, "Delete": Provider.delete}


def _later(work: Work) -> Work:
    return {**work, "over": False, "seconds": min(2 * work["seconds"] or 1, _LONGEST_PAUSE)}


def _kind(request: Mapping[str, Any]) -> StackKind:
    type_name = request["ResourceType"]
    if type_name not in STACK_KINDS:
        known = ", ".join(kind.title for kind in STACK_KINDS.values())
        raise Refused("InvalidInputException", f"There is no {type_name}: {PREFIX} goes before one of {known}.")
    return STACK_KINDS[type_name]


def _name_for(request: Mapping[str, Any]) -> str:
    """Return a name that only this request gives."""
    stack = request["StackId"].split("/")[1]
    mark = hashlib.sha256(request["RequestId"].encode()).hexdigest()[:8]
    return f"{stack}-{request['LogicalResourceId']}"[: _NAME - 9] + f"-{mark}"


def _lasting(kind: StackKind, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return a member that is another one and that no update can change; empty if there is none."""

    def part(members: Mapping[str, Any], name: str) -> object:
        return (kind.lasting_part(name, members[name]) or None) if name in members else None

    changed = [name for name in kind.shape.members if part(before, name) != part(after, name)]
    return changed[0] if changed else ""


def _tags(members: Mapping[str, Any]) -> dict[str, str]:
    return {tag["tagKey"]: tag["tagValue"] for tag in members.get("tags", [])}


def _attributes(record: Record) -> dict[str, str]:
    ids = {name: value for name, value in record.items() if name.endswith(("Arn", "Id")) and isinstance(value, str)}
    return {titled(name): value for name, value in ids.items()}


def _message(cause: str) -> str:
    """Return what a function that failed says, of what Step Functions tells about it."""
    try:
        return str(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return cause
