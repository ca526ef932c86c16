"""A user's events as an answer needs them."""

from collections.abc import Iterable

from tastemaker.store.ports import Event


def each_once(recorded: Iterable[Event]) -> list[Event]:
    """Return events oldest first; given in the order of recording, the first of each event id counts."""
    first: dict[str, Event] = {}
    for event in recorded:
        first.setdefault(event["event_id"], event)
    return sorted(first.values(), key=lambda event: int(event["timestamp"]))
