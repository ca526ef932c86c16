"""Recorded events on their way into totals: each event id once, however often and whenever it was recorded."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np

from tastemaker.pipelines.attribution.counting import ANSWER, ITEM, RECORDED, SOURCE, TIME, TYPE
from tastemaker.pipelines.attribution.metrics import Metric, event_types, summed_columns
from tastemaker.pipelines.datasets.staging import staged_scan
from tastemaker.store.ports import Event

_SEEN = np.dtype([("id", "u8"), ("recorded", "f8")])
_MEMBERS = {TYPE: "VARCHAR", SOURCE: "VARCHAR", ANSWER: "VARCHAR", ITEM: "VARCHAR", TIME: "BIGINT", RECORDED: "DOUBLE"}


@dataclass(slots=True)
class Seen:
    """The ids of events that were counted lately, as hashes of 64 bits, with when they were recorded."""

    ids: dict[int, float] = field(default_factory=dict)
    # How many of them were not there when it was read.
    news: int = 0

    @classmethod
    def of(cls, body: bytes) -> "Seen":
        """Read what `to_bytes` wrote."""
        rows = np.load(BytesIO(body), allow_pickle=False)
        return cls(dict(zip(rows["id"].tolist(), rows["recorded"].tolist(), strict=True)))

    def is_new(self, event: Event) -> bool:
        """Whether an event's id was not there; it is from now on."""
        digest = hashlib.blake2b(str(event["event_id"]).encode(), digest_size=8).digest()
        id_ = int.from_bytes(digest)
        if id_ in self.ids:
            return False
        self.ids[id_] = event["recorded"]
        self.news += 1
        return True

    def to_bytes(self, *, since: float) -> bytes:
        """Return the ids that were recorded from a moment on, as they are stored."""
        rows = [(id_, recorded) for id_, recorded in self.ids.items() if recorded >= since]
        file = BytesIO()
        np.save(file, np.array(rows, _SEEN), allow_pickle=False)
        return file.getvalue()


@dataclass(slots=True)
class Reading:
    """What is read of a group's recorded events: no more than so many, and never a part of what one moment recorded."""

    events: Iterator[Event]
    most: int
    count: int = 0
    # Up to when all has been read; None: to the end.
    until: float | None = None

    def __iter__(self) -> Iterator[Event]:
        """Walk through the events."""
        recorded = 0.0
        for event in self.events:
            if self.count >= self.most and event["recorded"] > recorded:
                self.until = event["recorded"]
                return
            self.count, recorded = self.count + 1, event["recorded"]
            yield event


def staged_events(events: Iterator[Event], seen: Seen, metrics: Sequence[Metric], path: Path) -> str:
    """Write the events that metrics count into a file, each id once; return the query of their relation."""
    types, columns = set(event_types(metrics)), summed_columns(metrics, "INTERACTIONS")
    counting = (event for event in events if event["event_type"].lower() in types and seen.is_new(event))
    names = {name.strip('"'): type_ for name, type_ in _MEMBERS.items()} | dict.fromkeys(columns, "DOUBLE")
    scan = staged_scan(path, (_cells(event, columns) for event in counting), names)
    return f"SELECT * FROM {scan}"  # noqa: S608 - names were checked with the schema


def _cells(event: Event, columns: Sequence[str]) -> list[object]:
    """Return an event's members and values; none is later than it was recorded, whatever it says."""
    time = min(event["timestamp"], int(event["recorded"]))
    own = {"EVENT_VALUE": event.get("event_value"), "TIMESTAMP": event["timestamp"]}
    properties = {name.upper(): value for name, value in (event.get("properties") or {}).items()}
    values = [(own if name in own else properties).get(name) for name in columns]
    members = [event[name] for name in ("event_type", "source", "recommendation_id", "item_id")]
    return [*members, time, event["recorded"], *values]
