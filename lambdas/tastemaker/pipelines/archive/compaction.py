"""Once a day recorded events go into files; those that every model in use has learned leave the table.

An event is read from exactly one of both (`recordings`): what was recorded before a moment from files, the rest from
the table. It moves in three writes, each of which may be the last of its process: a file has it, the record says
so, the table forgets it.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from tastemaker.domain.resources.relations import events_owner
from tastemaker.domain.resources.statuses import ACTIVE, ERASING
from tastemaker.errors import ServiceError
from tastemaker.pipelines.archive.files import TYPES, Archive, Part, Place, State
from tastemaker.pipelines.archive.recordings import Filed
from tastemaker.pipelines.archive.spans import span
from tastemaker.pipelines.archive.switching import switch
from tastemaker.pipelines.datasets.switching import Overtaken
from tastemaker.pipelines.deps import Deps
from tastemaker.serving.artifacts import MANIFEST
from tastemaker.serving.event_rules import EventRules
from tastemaker.store.ports import Record, microsecond

MOST_EVENTS = 250_000  # of a file, and of what is forgotten at a time
_HOUR, _DAY = 3_600, 86_400


def compact_all(deps: Deps, *, day: float, until: float) -> list[str]:
    """Move on with every dataset whose time has come, the longest waiting first, and return those.

    `day` is the length of a day in seconds: a demonstration has less. Nothing is begun after `until`.
    """
    now, moved = deps.clock(), list[str]()
    datasets = [each for each in deps.resources.every("dataset") if each["datasetType"] in TYPES]
    for dataset in sorted(datasets, key=lambda each: State.of(each).until):
        # Somebody else has changed it at the same time, or its key cannot be used: the next look sees what is left.
        with suppress(ServiceError, Overtaken, FileNotFoundError):
            while deps.clock() < until and Compaction.of(deps, dataset["_arn"], now, day).step():
                moved.append(dataset["_arn"])
    return list(dict.fromkeys(moved))


@dataclass(frozen=True)
class Compaction:
    """What is to be done by now with the events of one dataset, as its record was when this began."""

    deps: Deps
    dataset: Record
    now: float
    day: float

    @classmethod
    def of(cls, deps: Deps, arn: str, now: float, day: float) -> "Compaction":
        """Begin with what a dataset's record says."""
        return cls(deps.of(arn), deps.resources.get(arn), now, day)

    def step(self) -> bool:
        """Do the next piece of work; return whether there was any."""
        if self.dataset["status"] != ACTIVE or self._is_being_erased():
            return False
        return self._file() or self._release() or self._forget()

    @cached_property
    def state(self) -> State:
        """What the dataset's record says."""
        return State.of(self.dataset)

    @cached_property
    def place(self) -> Place:
        """Where the files are."""
        return Place(self.deps.objects, self.deps.config.data_bucket, self.dataset["_arn"])

    @cached_property
    def archive(self) -> Archive:
        """What the files have."""
        return self.place.read(self.state)

    def _file(self) -> bool:
        """Write into a file what was recorded since the last one, up to a day ago: the index shows all of it by now."""
        before = microsecond(self.now - self.day)
        if before - self.state.until < self.day:
            return False
        with span(self.deps, events_owner(self.dataset), self.state.until, before, most=MOST_EVENTS) as found:
            part = found.store(found.all(), self.place, self.state.next_turn) if found.count else None
        written = self.deps.clock() if part else self.state.written
        self._switch(self._with(part), until=found.until, written=written)
        return True

    def _release(self) -> bool:
        """Note up to where the table need not keep events any more, before anything of them is forgotten."""
        state, oldest = self.state, self._oldest()
        if state.cleared < state.kept_from or not self._is_worth(oldest):
            return False
        cut = microsecond(min([oldest, *self._learned()]))
        gone = Filed(self.deps, self.place, self.archive).count(state.kept_from, cut) if self._is_worth(cut) else 0
        if gone:
            self._switch(self.archive, kept_from=cut, gone=state.gone + gone)
        return gone > 0

    def _forget(self) -> bool:
        """Let the table forget what files have; what it shows of that time for the first time is filed before."""
        state = self.state
        if state.cleared >= state.kept_from:
            return False
        owner = events_owner(self.dataset)
        with span(self.deps, owner, state.cleared, state.kept_from, most=MOST_EVENTS) as found:
            missing = found.besides(self.place, self.archive.between(state.cleared, found.until))
            if missing:
                part = found.store(missing, self.place, self.state.next_turn, is_late=True)
                self._switch(self._with(part), gone=state.gone + part.rows)
            else:
                self.deps.events.drop(owner, found.events())
                self._switch(self.archive, cleared=found.until)
        return True

    def _oldest(self) -> float:
        """Return up to when events are old enough to leave, and in files.

        For an hour they have been, so that whoever reads now has looked for them there.
        """
        days = self.deps.config.event_days
        if not days or self.now - self.state.written < _HOUR * self.day / _DAY:
            return 0.0
        return min(self.now - days * self.day, self.state.until)

    def _is_worth(self, cut: float) -> bool:
        """Whether a day's events, or more, may leave up to a moment."""
        kept_from = self.state.kept_from
        return cut - kept_from >= self.day and bool(self.archive.between(kept_from, cut))

    def _learned(self) -> Iterator[float]:
        """Walk through the moments up to which the models that answer know the group's events."""
        group = self.dataset["datasetGroupArn"]
        for record in chain.from_iterable(map(self.deps.resources.every, ("campaign", "recommender"))):
            serving = record.get("_serving", {})
            if serving.get("group") == group:
                # One that was removed, since users left it and it could not do without them, asks for no events.
                with suppress(FileNotFoundError):
                    yield self._learned_by(serving["artifact"])

    def _learned_by(self, artifact: Record) -> float:
        body = self.deps.objects.read(self.deps.config.models_bucket, f"{artifact['prefix']}{MANIFEST}")
        return EventRules.of(json.loads(body)).recorded_before

    def _is_being_erased(self) -> bool:
        """Whether users are being deleted: their events must not come into files that have been looked through."""
        jobs = self.deps.resources.every("data-deletion-job", parent=self.dataset["datasetGroupArn"])
        return any(job["status"] in ERASING for job in jobs)

    def _with(self, part: Part | None) -> Archive:
        return Archive((*self.archive.parts, part)) if part else self.archive

    def _switch(self, archive: Archive, **changes: float) -> None:
        switch(self.deps, self.place, self.state, archive, **changes)
