"""What a change does to a record, the same in every adapter."""

from collections.abc import Collection

from tastemaker.errors import ResourceInUse
from tastemaker.store.messages import wrong_status
from tastemaker.store.ports import Changes, Record


def require_status(record: Record, when: Collection[str] | None) -> None:
    """Refuse a change of a record whose status is none of `when`."""
    if when is not None and record.get("status") not in when:
        raise ResourceInUse(wrong_status(record["_arn"], record.get("status")))


def changed_record(record: Record, changes: Changes, drop: Collection[str]) -> Record:
    """Return a record with members set and dropped."""
    members = changes(record) if callable(changes) else changes
    return {**{key: value for key, value in record.items() if key not in drop}, **members}
