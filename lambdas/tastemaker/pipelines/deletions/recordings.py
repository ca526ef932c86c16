"""Users who are deleted leave the files of recorded events: each file that has them is written anew without them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tastemaker.domain.resources.relations import events_owner
from tastemaker.pipelines.archive.files import Archive, Part, Place, State
from tastemaker.pipelines.archive.spans import download, write_part
from tastemaker.pipelines.archive.switching import switch
from tastemaker.pipelines.datasets.switching import Overtaken
from tastemaker.pipelines.deletions.sources import Users
from tastemaker.pipelines.deps import Deps

_ATTEMPTS = 5  # each failed one means that events were filed meanwhile
_BATCH = 500  # users whose sessions are looked for at a time
_SESSIONS = "their_sessions"


def erase(deps: Deps, dataset_arn: str, users: Users, note: Callable[[int], None]) -> None:
    """Let the files of a dataset's events forget users, and what their sessions did before they were known.

    `note` is told, before anything changes, how many events will be gone that the table does not have any more. Whoever
    is filing events at this moment is refused, for the record changes its turn in any case.
    """
    for _ in range(_ATTEMPTS):
        with suppress(Overtaken, FileNotFoundError):
            return _Erasure.of(deps, dataset_arn, users).run(note)
    return _Erasure.of(deps, dataset_arn, users).run(note)


@dataclass(frozen=True, slots=True)
class _Erasure:
    """Users and the files of a dataset, as its record was when this began."""

    deps: Deps
    users: Users
    owner: str
    place: Place
    state: State

    @classmethod
    def of(cls, deps: Deps, arn: str, users: Users) -> "_Erasure":
        """Begin with what a dataset's record says by now."""
        dataset = deps.resources.get(arn)
        place = Place(deps.objects, deps.config.data_bucket, arn)
        return cls(deps, users, events_owner(dataset), place, State.of(dataset))

    def run(self, note: Callable[[int], None]) -> None:
        """Write the files anew and let the record name them."""
        archive = self.place.read(self.state)
        if archive.parts:
            self._find_sessions(archive)
        found = [self._without_users(part) for part in archive.parts]
        gone = sum(gone for _, gone in found)
        note(gone)
        parts = tuple(part for part, _ in found if part is not None)
        switch(self.deps, self.place, self.state, Archive(parts), gone=self.state.gone - gone)

    def _find_sessions(self, archive: Archive) -> None:
        """Make a table of the sessions in which the users did something, by the events table and by the files."""
        session = self.users.session
        session.execute(f"CREATE OR REPLACE TEMP TABLE {_SESSIONS} (session_id VARCHAR)")
        for batch in self.users.batches(_BATCH):
            known = list(self.deps.events.sessions(self.owner, batch))
            session.execute(f"INSERT INTO {_SESSIONS} SELECT unnest(CAST(? AS VARCHAR[]))", [known])
        for part in archive.parts:
            with self.deps.workdir() as folder:
                scan = download(self.place, [part], folder)
                session.execute(
                    f"INSERT INTO {_SESSIONS} SELECT DISTINCT session_id FROM {scan} "  # noqa: S608 - our own names
                    f"WHERE user_id IN (SELECT USER_ID FROM {self.users.table})"
                )

    def _without_users(self, part: Part) -> tuple[Part | None, int]:
        """Return the file that takes a file's place, and how many of those who leave it the table does not have."""
        with self.deps.workdir() as folder:
            scan = download(self.place, [part], folder)
            leaves = (
                f"(user_id IN (SELECT USER_ID FROM {self.users.table}) "  # noqa: S608 - our own names
                f"OR anonymous AND session_id IN (SELECT session_id FROM {_SESSIONS}))"
            )
            count = f"SELECT count(*), count(*) FILTER (recorded < ?) FROM {scan} WHERE {leaves}"  # noqa: S608
            [(leaving, gone)] = self.users.session.execute(count, [self.state.kept_from]).fetchall()
            if not leaving:
                return part, 0
            if leaving == part.rows:
                return None, gone
            rest = f"SELECT * FROM {scan} WHERE NOT coalesce({leaves}, false)"  # noqa: S608
            turn = self.state.next_turn
            return write_part(self.users.session, rest, folder, self.place, turn, is_late=part.is_late), gone
