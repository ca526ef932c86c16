"""Events and answers in their order."""

from collections import deque
from collections.abc import Iterable

from tastemaker.domain.histories import NEWEST
from tastemaker.store.ports import Event, Record


def each_once(recorded: Iterable[Event]) -> list[Event]:
    """Return events oldest first; given in the order of recording, the first of each event id counts."""
    first: dict[str, Event] = {}
    for event in recorded:
        first.setdefault(event["event_id"], event)
    return sorted(first.values(), key=lambda event: int(event["timestamp"]))


def thinned(recorded: Iterable[Event]) -> list[Event]:
    """Return events as `each_once` does, of those before the NEWEST one per item and type: a filter asks no more.

    A user may have a million; they are looked at one after the other and not kept.
    """
    seen, last, others = set[str](), deque[Event](), dict[tuple[str, str], Event]()
    for event in recorded:
        if event["event_id"] in seen:
            continue
        seen.add(event["event_id"])
        last.append(event)
        if len(last) > NEWEST:
            old = last.popleft()
            others.setdefault((old["item_id"], old["event_type"]), old)
    return sorted([*others.values(), *last], key=lambda event: int(event["timestamp"]))


def moment_of(answer: Record) -> str:
    """Return an answer's place among those of its group: by time, then by id."""
    return f"{answer['time']:017.6f}#{answer['id']}"
