"""Events and answers in their order."""

from collections.abc import Iterable

from tastemaker.store.ports import Event, Record


def each_once(recorded: Iterable[Event]) -> list[Event]:
    """Return events oldest first; given in the order of recording, the first of each event id counts."""
    first: dict[str, Event] = {}
    for event in recorded:
        first.setdefault(event["event_id"], event)
    return sorted(first.values(), key=lambda event: int(event["timestamp"]))


def moment_of(answer: Record) -> str:
    """Return an answer's place among those of its group: by time, then by id."""
    return f"{answer['time']:017.6f}#{answer['id']}"
