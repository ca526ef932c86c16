"""Which recorded events an answer looks at: what a user did since the model was trained."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from tastemaker.domain.filters.expressions import Filter

# So many of a user's events since the training decide an answer; a filter looks at the others too.
NEWEST = 500
# An event may be stored this long after the moment that it is recorded as: API Gateway waits no longer, clocks differ.
_LATE = 60.0  # seconds
Event = dict[str, Any]


def most_events(rules: Iterable[Filter]) -> int | None:
    """Return how many of a user's newest events an answer reads; None is all, where a filter asks what the user did."""
    return None if any(rule.needs_history for rule in rules) else NEWEST


def thinned(recording: Iterable[Event]) -> list[Event]:
    """Return events oldest first, each id once; of those recorded before the NEWEST one per item and type.

    A filter asks no more, and a user may have a million: given in the order of recording, they are not kept.
    """
    ids, last, others = set[str](), deque[Event](), dict[tuple[str, str], Event]()
    for event in recording:
        if event["event_id"] in ids:
            continue
        ids.add(event["event_id"])
        last.append(event)
        if len(last) > NEWEST:
            old = last.popleft()
            others.setdefault((old["item_id"], old["event_type"]), old)
    return sorted([*others.values(), *last], key=lambda event: int(event["timestamp"]))


@dataclass(frozen=True, slots=True)
class Cut:
    """Which of a user's events an answer saw: `count` of them, all recorded `before`, and later ones by name.

    A moment alone would not do: of two events, the one recorded first may be stored last.
    """

    before: float
    later: Collection[str]
    count: int

    @classmethod
    def of(cls, events: Sequence[Event], now: float) -> Self:
        """Remember what an answer sees now."""
        before = now - _LATE
        return cls(before, [_name(event) for event in events if event["recorded"] >= before], len(events))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(value["before"], value["later"], value["count"])

    def to_json(self) -> dict[str, object]:
        """Return what a log keeps."""
        return {"before": self.before, "later": list(self.later), "count": self.count}

    def seen(self, events: Iterable[Event]) -> list[Event]:
        """Return those of some events that were seen then, in their order."""
        return [event for event in events if event["recorded"] < self.before or _name(event) in self.later]

    def within(self, events: Iterable[Event], most: int | None) -> list[Event]:
        """Return what was seen then of all of a user's events, in the order of time; of many, those recorded last."""
        recording = sorted(self.seen(events), key=lambda event: float(event["recorded"]))
        if most is None:
            return thinned(recording)
        return sorted(recording[-most:], key=lambda event: int(event["timestamp"]))


def _name(event: Event) -> str:
    return sha256(event["event_id"].encode()).hexdigest()[:12]
