"""What the world is told of a resource's change: that its status, or that of its newest update, is another one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.domain.resources.changes import latest_update
from tastemaker.domain.resources.kinds import KINDS

Record = Mapping[str, Any]

# The status of what is not there any more, which no Describe could tell.
DELETED = "DELETED"
# Roles and keys are the caller's, and no resources of ours.
_NOT_OURS = frozenset({"roleArn", "kmsKeyArn"})


@dataclass(frozen=True, slots=True)
class Announcement:
    """One event: what kind of change, of which resource, and all that is told of it."""

    detail_type: str
    arn: str
    detail: dict[str, object]


def announcements(before: Record | None, after: Record | None, revision: int) -> Iterator[Announcement]:
    """Say what a write has changed that somebody may wait for; None: not there.

    `revision` counts the writes of one resource: a change that is told twice is told with the same `changeId`, and of
    two changes the later one has the higher revision.
    """
    record = after or before
    if record is None or "_kind" not in record:
        return
    whole = _status(before), (_status(after) if after else DELETED)
    if _status(record) and whole[0] != whole[1]:
        yield _announcement(record, "", whole, record.get("failureReason") if after else None, revision)
    update, earlier = (latest_update(one) if one else {} for one in (after, before))
    # Two updates one after the other both begin as pending.
    is_same = update.get("creationDateTime") == earlier.get("creationDateTime")
    of_update = (earlier.get("status") if is_same else None), update.get("status")
    if update and of_update[0] != of_update[1]:
        yield _announcement(record, " Update", of_update, update.get("failureReason"), revision)


def _status(record: Record | None) -> str | None:
    return record.get("status") if record else None


def _announcement(
    record: Record, what: str, statuses: tuple[str | None, str | None], reason: object, revision: int
) -> Announcement:
    kind, arn = KINDS[record["_kind"]], str(record["_arn"])
    arns = {name: value for name, value in record.items() if name.endswith("Arn") and name not in _NOT_OURS}
    told = {
        **{name: value for name, value in arns.items() if not name.startswith("_")},
        "arn": arn,
        "kind": kind.name,
        "name": record.get(kind.name_member),
        "oldStatus": statuses[0],
        "newStatus": statuses[1],
        "failureReason": reason,
        "revision": revision,
        "changeId": f"{record['_created']}#{revision}",
    }
    detail = {name: value for name, value in told.items() if value is not None}
    return Announcement(f"{kind.title.title()}{what} Status Change", arn, detail)
