"""Recorded events on their way from the table into files: each there once, wherever the process is killed.

    .venv/bin/python -m bench.data.compaction [--events 3000000] [--days 100] [--kills 40]

Replies of DynamoDB are made up in this process as its pages of 1 MB; making them up is not counted in seconds. The
process dies, by an exception that nothing catches, before or after writes that are drawn by chance. The peer of
reading from files is reading the same events from the table.
"""

import argparse
import json
import platform
import resource
from dataclasses import fields
from datetime import UTC, datetime
from hashlib import sha256
from random import Random
from time import perf_counter
from typing import Any

import numpy as np

from bench import reports
from bench.dynamodb import PAGE_BYTES, MadeUp, body
from bench.functions import given
from tastemaker.pipelines.archive.compaction import compact_all
from tastemaker.pipelines.archive.files import State
from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.deps import Deps
from tastemaker.store.memory import MemoryObjects
from tastemaker.store.schema import EVENT_SHARDS
from tests.dying import Killed, dying

NOW, DAY = 1_750_000_000.0, 86_400.0
HOME = "arn:aws:personalize:us-east-1:123456789012"
GROUP, DATASET = f"{HOME}:dataset-group/bench", f"{HOME}:dataset/bench/INTERACTIONS"
RESULTS = reports.RESULTS / "compaction.json"


class Table(MadeUp):
    """What DynamoDB would answer to the queries and writes of the events table."""

    def __init__(self, events: int, days: float) -> None:
        self.there = np.ones(events, bool)
        self.begin, self.step = NOW - days * DAY, days * DAY / events
        self.queries = self.writes = 0

    def reply(self, operation: str, question: dict[str, Any]) -> dict[str, Any]:
        """Return what DynamoDB would answer."""
        return self.found(question) if operation == "Query" else self.removed(question)

    def found(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return a page of a shard, in the order of recording."""
        self.queries += 1
        values = question["ExpressionAttributeValues"]
        shard = int(values[":g"]["S"].rpartition("#")[2])
        since = max(0, int((float(values[":r"]["S"]) - self.begin) / self.step) - 1)
        start = int(question.get("ExclusiveStartKey", {}).get("at", {}).get("N", since))
        first = start + (shard - start) % EVENT_SHARDS
        numbers = [n for n in range(first, len(self.there), EVENT_SHARDS)[: PAGE_BYTES // 600] if self.there[n]]
        end = first + PAGE_BYTES // 600 * EVENT_SHARDS
        found = (item(number, self.begin + number * self.step) for number in numbers)
        items = [each for each in found if each["recorded"]["S"] >= values[":r"]["S"]]
        more = {"LastEvaluatedKey": {"at": {"N": str(end)}}} if end < len(self.there) else {}
        return {"Items": items, "Count": len(items), "ScannedCount": len(items), **more}

    def removed(self, question: dict[str, Any]) -> dict[str, Any]:
        """Forget what a batch names."""
        self.writes += 1
        for entry in question["RequestItems"]["events"]:
            self.there[int(entry["DeleteRequest"]["Key"]["moment"]["S"].rpartition("#e")[2])] = False
        return {"UnprocessedItems": {}}


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--days", type=float, default=100.0)
    parser.add_argument("--kills", type=int, default=40)
    options = parser.parse_args()
    table = Table(options.events, options.days)
    deps, clock = stage(table)
    rows: dict[str, object] = {"events": options.events, "days": options.days}
    before = reading(deps, table, rows, "from the table")
    rows |= moved(deps, table, clock, options.kills)
    after = reading(deps, table, rows, "from files and the table")
    if before != after:
        raise RuntimeError(f"{before} before, {after} after")
    rows["same"] = True
    rows["peak MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    for name, figure in rows.items():
        print(f"{name:60} {figure:>14,}" if not isinstance(figure, bool) else f"{name:60} {figure!s:>14}")
    about = {"command": "bench/data/compaction.py", "machine": platform.processor() or platform.machine()}
    RESULTS.write_text(
        json.dumps(about | {"date": datetime.now(UTC).date().isoformat(), "rows": rows}, indent=1) + "\n"
    )


def stage(table: Table) -> tuple[Deps, list[float]]:
    """Return what a step is given, with a dataset group of these events, and its clock."""
    clock = [NOW]
    deps = given(MemoryObjects(), event_days=30, events=table.store(), clock=lambda: clock[0])
    own = {"datasetType": "INTERACTIONS", "datasetGroupArn": GROUP, "status": "ACTIVE"}
    deps.resources.create({"_arn": DATASET, "_kind": "dataset", "_parent": GROUP, "_created": "1", **own})
    return deps, clock


def reading(deps: Deps, table: Table, rows: dict[str, object], name: str) -> tuple[int, int]:
    """Read all as a training does; return how many events there are, and a sum over them that knows no order."""
    queries, start = table.queries, perf_counter() - table.spent
    count = total = 0
    for event in AllEvents(deps).recorded(GROUP, before=NOW + DAY):
        count, total = count + 1, (total + number_of(event)) % 2**64
    rows[f"seconds of reading {name}"] = round(perf_counter() - table.spent - start, 1)
    rows[f"queries of the table, reading {name}"] = table.queries - queries
    return count, total


def moved(deps: Deps, table: Table, clock: list[float], kills: int) -> dict[str, object]:
    """Let looks move events until nothing is left to move, the process killed so many times."""
    chance, died = Random(0), 0  # noqa: S311

    def fate() -> None:
        nonlocal died
        if died < kills and chance.random() < _ODDS:
            died += 1
            raise Killed

    fragile = Deps(**dying({field.name: getattr(deps, field.name) for field in fields(deps)}, fate))
    queries, writes, start = table.queries, table.writes, perf_counter() - table.spent
    still = 0
    while still < _STILL:
        try:
            still = 0 if compact_all(fragile, day=DAY, until=NOW + DAY) else still + 1
        except Killed:
            still = 0
        clock[0] += _LOOK
    state = State.of(deps.resources.get(DATASET))
    objects = deps.objects.list("data", "recorded/")
    return {
        "kills": died,
        "seconds of moving": round(perf_counter() - table.spent - start, 1),
        "queries of the table, moving": table.queries - queries,
        "batches of 25 that leave the table": table.writes - writes,
        "events that left the table": state.gone,
        "files": len(objects) - 1,
        "MB of files": round(sum(size for _, size, _ in objects) / 1e6),
    }


def item(number: int, moment: float) -> dict[str, Any]:
    """Return one event as the table keeps it."""
    thing = f"item-{number * 7919 % 20_000}"
    event = body(f"user-{number % 90_000}", f"session-{number // 5}", thing, moment, f"e{number}")
    return {"body": {"S": json.dumps(event)}, "recorded": {"S": f"{moment:019.6f}"}}


def number_of(event: dict[str, Any]) -> int:
    """Return a number that tells an event, with all that it says, from others."""
    return int.from_bytes(sha256(json.dumps(event, sort_keys=True).encode()).digest()[:8], "little")


_ODDS = 0.35
# Seconds from look to look, and how many have to find nothing: events wait an hour in files.
_LOOK, _STILL = 900.0, 8

if __name__ == "__main__":
    main()
