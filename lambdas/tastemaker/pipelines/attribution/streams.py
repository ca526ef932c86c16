"""Recorded events on their way into totals: each event id once, however often and whenever it was recorded."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tastemaker.pipelines.attribution.counting import ANSWER, ITEM, RECORDED, SOURCE, TIME, TYPE
from tastemaker.pipelines.attribution.metrics import Metric, event_types, summed_columns
from tastemaker.pipelines.attribution.seen import Seen
from tastemaker.pipelines.datasets.staging import staged_scan
from tastemaker.store.ports import Event

_MEMBERS = {TYPE: "VARCHAR", SOURCE: "VARCHAR", ANSWER: "VARCHAR", ITEM: "VARCHAR", TIME: "BIGINT", RECORDED: "DOUBLE"}


def staged_events(events: Iterator[Event], seen: Seen, metrics: Sequence[Metric], path: Path) -> str:
    """Write the events that metrics count into a file, each id once; return the query of their relation."""
    types, columns = set(event_types(metrics)), summed_columns(metrics, "INTERACTIONS")
    counting = seen.new(event for event in events if event["event_type"].lower() in types)
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
