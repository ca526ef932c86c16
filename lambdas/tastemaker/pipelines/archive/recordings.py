"""All events that were ever recorded: the older ones from files, the others from the table."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

from tastemaker.pipelines.archive.files import Archive, Part, Place, State, dataset_arn
from tastemaker.pipelines.datasets.snapshots import open_session, parquet
from tastemaker.pipelines.deps import Deps
from tastemaker.serving.folders import own_folder
from tastemaker.store.ports import Event, Events, Objects, Resources, microsecond

_FETCHED = 10_000  # rows in memory at a time, as text
_REPLACEMENTS = 5  # manifests in a row that are replaced between finding and reading them


def all_recorded(deps: Deps) -> "Recordings":
    """Return all recorded events, wherever they are by now; `deps.events` has those that did not leave the table."""
    return Recordings(deps.events, deps.resources, deps.objects, deps.config.data_bucket)


@dataclass(frozen=True, slots=True)
class Recordings:
    """What the events port reads of a whole owner, over both; of single users the table alone knows.

    A file that is removed while it is read, since users left it, raises FileNotFoundError: begin anew.
    """

    table: Events
    resources: Resources
    objects: Objects
    bucket: str

    def recorded(self, owner: str, *, before: float, since: float = 0.0) -> Iterator[Event]:
        """Walk through an owner's events that were recorded from a moment on and before another, in that order."""
        state, archive = self._look(owner)
        if since < state.until:
            yield from self.filed(archive, since, min(before, state.until))
        yield from self.table.recorded(owner, before=before, since=max(since, state.until))

    def newest(self, owner: str, *, since: float, most: int) -> Iterator[Event]:
        """Walk through what was recorded of an owner from a moment on, newest first, no further than `most` events."""
        state, archive = self._look(owner)
        if since >= state.kept_from:
            return self.table.newest(owner, since=since, most=most)
        events = self.table.newest(owner, since=state.kept_from, most=most)
        older = self.filed(archive, since, state.kept_from, newest_first=True)
        return islice(chain(events, older), most)

    def any_since(self, owner: str, moment: float) -> bool:
        """Whether any event of an owner was recorded at a moment or after it."""
        state = State.of(self.resources.find(dataset_arn(owner)))
        if moment >= state.kept_from:
            return self.table.any_since(owner, moment)
        return next(self.newest(owner, since=moment, most=1), None) is not None

    def count(self, owner: str, *, most: int) -> int:
        """Count an owner's events, but no further than `most`."""
        gone = min(most, State.of(self.resources.find(dataset_arn(owner))).gone)
        return gone + self.table.count(owner, most=most - gone) if gone < most else most

    def filed(self, archive: Archive, since: float, before: float, *, newest_first: bool = False) -> Iterator[Event]:
        """Walk through the archived events of a time, a file at a time, in the order of recording or backwards."""
        parts = archive.between(since, before)[:: -1 if newest_first else 1]
        late = [self._of([part], since, before, newest_first) for part in parts if part.is_late]
        timely = self._of([part for part in parts if not part.is_late], since, before, newest_first)
        return merge(timely, *late, key=itemgetter("recorded"), reverse=newest_first)

    def count_filed(self, archive: Archive, since: float, before: float) -> int:
        """Count the archived events of a time; files that lie wholly in it are not looked into."""
        parts = archive.between(since, before)
        whole = [part for part in parts if since <= part.since and part.until < before]
        rest = Archive(tuple(part for part in parts if part not in whole))
        return sum(part.rows for part in whole) + sum(1 for _ in self.filed(rest, since, before))

    def _of(self, parts: Sequence[Part], since: float, before: float, backwards: bool) -> Iterator[Event]:  # noqa: FBT001
        order = "DESC" if backwards else "ASC"
        query = (
            f"SELECT body FROM {{}} WHERE recorded >= ? AND recorded < ? "  # noqa: S608 - our own words
            f"ORDER BY recorded {order}, user_id {order}, moment {order}, event_id {order}"
        )
        for part in parts:
            with TemporaryDirectory(dir=own_folder("work")) as name, open_session(Path(name)) as session:
                path = Path(name) / "part.parquet"
                self.objects.download(self.bucket, part.key, path)
                bounds = [microsecond(since), microsecond(before)]
                found = session.execute(query.format(parquet([str(path)])), bounds)
                while rows := found.fetchmany(_FETCHED):
                    yield from (json.loads(body) for (body,) in rows)

    def _look(self, owner: str) -> tuple[State, Archive]:
        """Return what is archived of an owner; the manifest may be replaced before it is read."""
        arn = dataset_arn(owner)
        for _ in range(_REPLACEMENTS):
            with suppress(FileNotFoundError):
                return self._read(arn)
        return self._read(arn)

    def _read(self, arn: str) -> tuple[State, Archive]:
        state = State.of(self.resources.find(arn))
        return state, Place(self.objects, self.bucket, arn).read(state)
