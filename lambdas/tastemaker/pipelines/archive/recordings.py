"""All events that were ever recorded: the older ones from files, the others from the table."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from operator import itemgetter
from typing import Final

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.archive.files import Archive, Part, Place, State, dataset_arn
from tastemaker.pipelines.archive.spans import ORDER, download, events_of
from tastemaker.pipelines.datasets.snapshots import open_session
from tastemaker.pipelines.datasets.switching import reading
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Event, microsecond

_WITHIN: Final = "WHERE recorded >= ? AND recorded < ?"
_BACKWARDS: Final = ", ".join(f"{name} DESC" for name in ORDER.split(", "))


@dataclass(frozen=True, slots=True)
class AllEvents:
    """What the events port reads of a whole owner, over files and table; of single users the table alone knows.

    A file that is removed while it is read, since users left it, raises FileNotFoundError: begin anew.
    """

    deps: Deps

    def recorded(self, owner: str, *, before: float, since: float = 0.0) -> Iterator[Event]:
        """Walk through an owner's events that were recorded from a moment on and before another, in that order."""
        state, filed = self._look(owner)
        if since < state.until:
            yield from filed.events(since, min(before, state.until))
        yield from self.deps.events.recorded(owner, before=before, since=max(since, state.until))

    def newest(self, owner: str, *, since: float, most: int) -> Iterator[Event]:
        """Walk through what was recorded of an owner from a moment on, newest first, no further than `most` events."""
        state, filed = self._look(owner)
        if since >= state.kept_from:
            return self.deps.events.newest(owner, since=since, most=most)
        events = self.deps.events.newest(owner, since=state.kept_from, most=most)
        return islice(chain(events, filed.events(since, state.kept_from, newest_first=True)), most)

    def any_since(self, owner: str, moment: float) -> bool:
        """Whether any event of an owner was recorded at a moment or after it."""
        state = State.of(self.deps.resources.find(dataset_arn(owner)))
        if moment >= state.kept_from:
            return self.deps.events.any_since(owner, moment)
        return next(self.newest(owner, since=moment, most=1), None) is not None

    def count(self, owner: str, *, most: int) -> int:
        """Count an owner's events, but no further than `most`."""
        gone = min(most, State.of(self.deps.resources.find(dataset_arn(owner))).gone)
        return gone + self.deps.events.count(owner, most=most - gone) if gone < most else most

    def _look(self, owner: str) -> "tuple[State, Filed]":
        """Return what is archived of an owner; the manifest may be replaced before it is read."""
        arn = dataset_arn(owner)
        return reading(lambda: self._read(arn))

    def _read(self, arn: str) -> "tuple[State, Filed]":
        state = State.of(self.deps.resources.find(arn))
        place = Place(self.deps.objects, self.deps.config.data_bucket, arn)
        return state, Filed(self.deps, place, place.read(state))


@dataclass(frozen=True, slots=True)
class Filed:
    """The events that an archive has."""

    deps: Deps
    place: Place
    archive: Archive

    def events(self, since: float, before: float, *, newest_first: bool = False) -> Iterator[Event]:
        """Walk through those of a time, a file at a time, in the order of recording or backwards."""
        query = f"SELECT body FROM {{}} {_WITHIN} ORDER BY {_BACKWARDS if newest_first else ORDER}"  # noqa: S608 - our own words
        parts = self.archive.between(since, before)[:: -1 if newest_first else 1]
        late = [self._found([part], query, since, before) for part in parts if part.is_late]
        timely = self._found([part for part in parts if not part.is_late], query, since, before)
        return merge(timely, *late, key=itemgetter("recorded"), reverse=newest_first)

    def count(self, since: float, before: float) -> int:
        """Count those of a time; files that lie wholly in it are not looked into."""
        parts = self.archive.between(since, before)
        return sum(
            part.rows if since <= part.since and part.until < before else self._count(part, since, before)
            for part in parts
        )

    def _found(self, parts: Iterable[Part], query: str, since: float, before: float) -> Iterator[Event]:
        for part in parts:
            with self._asked(part, query, since, before) as found:
                yield from events_of(found)

    def _count(self, part: Part, since: float, before: float) -> int:
        query = f"SELECT count(*) FROM {{}} {_WITHIN}"  # noqa: S608 - our own words
        with self._asked(part, query, since, before) as found:
            [(count,)] = found.fetchall()
        return int(count)

    @contextmanager
    def _asked(self, part: Part, query: str, since: float, before: float) -> Iterator[DuckDBPyConnection]:
        with self.deps.workdir() as folder, open_session(folder) as session:
            scan = download(self.place, [part], folder)
            yield session.execute(query.format(scan), [microsecond(since), microsecond(before)])
