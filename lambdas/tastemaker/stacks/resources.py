"""One resource of ours through the API: find what an earlier attempt made, create, describe, change, delete."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tastemaker.domain.resources.statuses import ACTIVE, CREATE_IN_PROGRESS, CREATE_PENDING, DELETING
from tastemaker.errors import Refused
from tastemaker.stacks.kinds import StackKind
from tastemaker.stacks.ports import Api
from tastemaker.stacks.properties import differences, narrowed

Record = Mapping[str, Any]
NOT_FOUND: Final = "ResourceNotFoundException"
EXISTS: Final = "ResourceAlreadyExistsException"
# What two functions' clocks may differ by, in seconds.
_SKEW: Final = 5
_TRAINING: Final = frozenset({CREATE_PENDING, CREATE_IN_PROGRESS})


class NotYet(Exception):
    """Something takes time; the message says what."""


class Failed(Exception):
    """The resource is there and will never be of use; the message is its failure reason."""


@dataclass(frozen=True, slots=True)
class Resources:
    """The resources of one kind."""

    api: Api
    kind: StackKind

    def describe(self, arn: str) -> Record | None:
        """Return a resource, or None if it is gone."""
        try:
            reply = self.api.call(f"Describe{self.kind.title}", **{self.kind.kind.arn_member: arn})
        except Refused as refused:
            if refused.code == NOT_FOUND:
                return None
            raise
        record: Record = reply[self.kind.kind.member]
        return record

    def create(self, members: Mapping[str, Any], *, since: float) -> str:
        """Return the ARN of a new resource, or of the one that an attempt since that moment has made."""
        if found := self._made(members, since):
            return found
        try:
            return str(self.api.call(f"Create{self.kind.title}", **members)[self.kind.kind.arn_member])
        except Refused as refused:
            # Another run of this look may have been quicker.
            if refused.code == EXISTS and (found := self._made(members, since)):
                return found
            raise

    def settled(self, arn: str) -> Record:
        """Return a resource that can be used; otherwise raise NotYet or Failed."""
        record = self.describe(arn)
        if record is None:
            raise Failed(f"{arn} was deleted meanwhile.")
        _require_active(arn, record)
        _require_active(f"The update of {arn}", record.get(self.kind.kind.update_member, {}))
        return record

    def begin_update(self, arn: str, members: Mapping[str, Any]) -> bool:
        """Change what is otherwise than asked; return whether there was anything."""
        changed = self._changes(arn, members)
        try:
            if changed:
                self.api.call(f"Update{self.kind.title}", **{self.kind.kind.arn_member: arn}, **changed)
        except Refused as refused:
            # As above: what another run has changed is not refused.
            if refused.passing or self._changes(arn, members):
                raise
        return bool(changed)

    def _changes(self, arn: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is otherwise than asked of a resource that may be changed."""
        record = self.changeable(arn)
        pairs = self.kind.changeable.items()
        asked = {name: narrowed(members[source], shape) for name, (source, shape) in pairs if source in members}
        sources = {name: source for name, (source, _) in pairs}
        return {name: asked[name] for name in asked if self._differs(record, sources[name], asked[name])}

    def changeable(self, arn: str) -> Record:
        """Return a resource that may be changed: an earlier update that failed does not matter."""
        try:
            return self.settled(arn)
        except Failed:
            record = self.describe(arn)
            if record is None or record.get("status", ACTIVE) != ACTIVE:
                raise
            return record

    def tag(self, arn: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Take away the tags that are no more, and set those that are other ones."""
        if gone := sorted(before.keys() - after.keys()):
            self.api.call("UntagResource", resourceArn=arn, tagKeys=gone)
        changed = [{"tagKey": key, "tagValue": value} for key, value in after.items() if before.get(key) != value]
        if changed:
            self.api.call("TagResource", resourceArn=arn, tags=changed)

    def delete(self, arn: str) -> None:
        """Do what ends a resource, and raise NotYet until it is gone; what goes with another one is left to that."""
        record = self.describe(arn)
        if record is None:
            return
        if not self.kind.has("Delete"):
            self._stop(arn, record)
            return
        if record.get("status") not in DELETING:
            self._delete(arn)
        if self.describe(arn) is not None:
            raise NotYet(f"{arn} is being deleted.")

    def _delete(self, arn: str) -> None:
        try:
            self.api.call(f"Delete{self.kind.title}", **{self.kind.kind.arn_member: arn})
        except Refused as refused:
            if refused.code != NOT_FOUND:
                raise

    def _stop(self, arn: str, record: Record) -> None:
        stop = f"Stop{self.kind.title}Creation"
        if self.kind.kind.name == "solution-version" and record["status"] in _TRAINING:
            self.api.call(stop, **{self.kind.kind.arn_member: arn})

    def _differs(self, record: Record, source: str, asked: object) -> bool:
        return bool(differences(self.kind, {source: asked}, record))

    def _made(self, members: Mapping[str, Any], since: float) -> str | None:
        """Return what has the name, was made since that moment and is as asked."""
        for arn in self._young(members, since):
            record = self.describe(arn)
            if record and self._is_named(record, members) and not differences(self.kind, members, record):
                return arn
        return None

    def _is_named(self, record: Record, members: Mapping[str, Any]) -> bool:
        name = self.kind.kind.name_member
        return bool(record.get(name) == members.get(name))

    def _young(self, members: Mapping[str, Any], since: float) -> Iterator[str]:
        moment = dt.datetime.fromtimestamp(since - _SKEW, dt.UTC)
        for summary in self._summaries(members):
            if summary["creationDateTime"] >= moment:
                yield summary[self.kind.kind.arn_member]

    def _summaries(self, members: Mapping[str, Any]) -> Iterator[Record]:
        operation, parent = f"List{self.kind.title}s", self.kind.kind.parent
        asked = {parent: members[parent]} if parent and parent in members else {}
        token: dict[str, str] | None = {}
        while token is not None:
            page = self.api.call(operation, **asked, **token)
            yield from page[self.kind.kind.plural]
            token = {"nextToken": page["nextToken"]} if page.get("nextToken") else None


def _require_active(what: str, record: Record) -> None:
    status = record.get("status", ACTIVE)
    if "FAILED" in status or "STOPPED" in status:
        raise Failed(record.get("failureReason") or f"{what} is {status}.")
    if status != ACTIVE:
        raise NotYet(f"{what} is {status}.")
