"""Stretches of the events table: what was recorded in a while, no more of it than fits into one file."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.archive.files import Part, Place
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.staging import staged_scan, temp_table
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Event, microsecond

_FETCHED = 10_000  # rows in memory at a time, as text
COLUMNS: Final = {
    "recorded": "DOUBLE",
    "user_id": "VARCHAR",
    "session_id": "VARCHAR",
    "anonymous": "BOOLEAN",
    "moment": "BIGINT",
    "event_id": "VARCHAR",
    "body": "VARCHAR",
}
# By which the table tells events apart, and the order of a file, which is total.
_KEY: Final = "user_id, moment, event_id"
ORDER: Final = f"recorded, {_KEY}"


@dataclass(slots=True)
class Reading:
    """What is read of recorded events: no more than so many, and never a part of what one moment recorded.

    Those recorded before `since` have been read before, and do not count: the index may have shown some of them late.
    """

    events: Iterator[Event]
    since: float
    most: int
    count: int = 0
    # Up to when all has been read; None: to the end.
    until: float | None = None

    def __iter__(self) -> Iterator[Event]:
        """Walk through the events."""
        recorded = self.since
        for event in self.events:
            moment = microsecond(event["recorded"])
            if self.count >= self.most and moment > recorded:
                self.until = moment
                return
            if moment >= self.since:
                self.count, recorded = self.count + 1, moment
            yield event


@dataclass(frozen=True, slots=True)
class Span:
    """The events of a stretch, in DuckDB's `table`; it ends at `until`."""

    session: DuckDBPyConnection
    folder: Path
    table: str
    count: int
    until: float

    def all(self) -> str:
        """Return the query of all of them."""
        return f"SELECT * FROM {self.table}"  # noqa: S608 - our own name

    def besides(self, place: Place, parts: Sequence[Part]) -> str | None:
        """Return the query of those that are not in some files; None if there are none."""
        if not parts:
            return self.all() if self.count else None
        scan = download(place, parts, self.folder)
        query = f"SELECT mine.* FROM {self.table} AS mine ANTI JOIN {scan} AS filed USING ({_KEY})"  # noqa: S608
        [(missing,)] = self.session.execute(f"SELECT count(*) FROM ({query})").fetchall()  # noqa: S608
        return query if missing else None

    def events(self) -> Iterator[Event]:
        """Walk through the events."""
        return events_of(self.session.execute(f"SELECT body FROM {self.table}"))  # noqa: S608

    def store(self, query: str, place: Place, turn: int, *, is_late: bool = False) -> Part:
        """Write the events of a query into a file of their own."""
        return write_part(self.session, query, self.folder, place, turn, is_late=is_late)


@contextmanager
def span(deps: Deps, owner: str, since: float, before: float, *, most: int) -> Iterator[Span]:
    """Lend what the table has of an owner's events, recorded from a moment on and before another."""
    reading = Reading(deps.events.recorded(owner, since=since, before=before), since, most)
    with deps.workdir() as folder, snapshots.open_session(folder) as session:
        scan = staged_scan(folder / "events.csv", map(_row, reading), COLUMNS)
        table = temp_table(session, "span", f"SELECT * FROM {scan}")  # noqa: S608 - our own words
        yield Span(session, folder, table, reading.count, before if reading.until is None else reading.until)


def download(place: Place, parts: Sequence[Part], folder: Path) -> str:
    """Copy files into a folder; return the DuckDB table function that reads them."""
    return snapshots.download(place.objects, place.bucket, [part.key for part in parts], folder / "filed")


def events_of(found: DuckDBPyConnection) -> Iterator[Event]:
    """Walk through the events whose bodies a query has found."""
    while rows := found.fetchmany(_FETCHED):
        yield from (json.loads(body) for (body,) in rows)


def write_part(
    session: DuckDBPyConnection, query: str, folder: Path, place: Place, turn: int, *, is_late: bool
) -> Part:
    """Write the events of a query into a file of a turn, in the order of recording."""
    path = folder / "part.parquet"
    snapshots.write_parquet(session, f"{query} ORDER BY {ORDER}", path)
    [(rows, since, until)] = session.execute(
        f"SELECT count(*), min(recorded), max(recorded) FROM {snapshots.parquet([path])}"  # noqa: S608
    ).fetchall()
    with path.open("rb") as file:
        key = f"{place.key(turn, hashlib.file_digest(file, 'sha256').hexdigest())}.parquet"
    place.objects.upload(path, place.bucket, key)
    path.unlink()
    return Part(key, rows, since, until, is_late)


def _row(event: Event) -> list[object]:
    members = (event.get(name) for name in ("user_id", "session_id", "anonymous", "timestamp", "event_id"))
    return [microsecond(event["recorded"]), *members, json.dumps(event)]
