"""What all adapters do alike: how a change is applied, in which order events and answers are, what a refusal says."""

from collections.abc import Collection, Iterable

from tastemaker.domain.resources.statuses import BUSY, DELETING, ERASING, TURNING
from tastemaker.errors import ResourceInUse
from tastemaker.store.ports import Changes, Event, Record

_ON_THE_WAY = BUSY | TURNING | ERASING


def require_status(record: Record, when: Collection[str] | None) -> None:
    """Refuse a change of a record whose status is none of `when`."""
    status = record.get("status")
    if when is not None and status not in when:
        raise ResourceInUse(f"Resource {record['_arn']} is in status {status}; {_remedy(status, when)}.")


def _remedy(status: str | None, when: Collection[str]) -> str:
    """Say what would help, which waiting does not where nothing is under way."""
    if status in _ON_THE_WAY:
        return "wait until it has settled"
    return "it is being deleted" if status in DELETING else f"this needs {' or '.join(sorted(when))}"


def changed_record(record: Record, changes: Changes, drop: Collection[str]) -> Record:
    """Return a record with members set and dropped."""
    members = changes(record) if callable(changes) else changes
    return {**{key: value for key, value in record.items() if key not in drop}, **members}


def each_once(recording: Iterable[Event]) -> list[Event]:
    """Return events oldest first; given in the order of recording, the first of each event id counts."""
    first: dict[str, Event] = {}
    for event in recording:
        first.setdefault(event["event_id"], event)
    return sorted(first.values(), key=lambda event: int(event["timestamp"]))


def moment_of(answer: Record) -> str:
    """Return an answer's place among those of its group: by time, then by id."""
    return f"{answer['time']:017.6f}#{answer['id']}"


def already_exists(arn: str) -> str:
    """Say whose name is taken, in the real service's words."""
    return f"Another resource with Arn {arn} already exists."
