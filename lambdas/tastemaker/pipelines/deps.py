"""What a pipeline step is given: its work, and what it may use; passed in, so that a test passes fakes."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from tastemaker.domain.resources.changes import is_under_way
from tastemaker.domain.resources.relations import group_arn
from tastemaker.domain.resources.statuses import CREATE_STOPPING
from tastemaker.errors import JobStopped, ResourceNotFound
from tastemaker.serving.folders import own_folder
from tastemaker.store.ports import Record
from tastemaker.stores import Stores

if TYPE_CHECKING:
    from tastemaker.recipes.data import Encoder

# What a state machine hands to a step and takes from it for the next one: `arn`, `change`, and what was settled so far.
Input = dict[str, Any]


def free_bytes(folder: Path) -> int:
    """Return how much a work folder can still take."""
    return shutil.disk_usage(folder).free


def no_encoder() -> None:
    """Return that nothing knows languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps(Stores):
    """The stores and a place for temporary files."""

    room: Callable[[Path], int] = free_bytes
    # What says what texts mean, if something that does is installed.
    find_encoder: Callable[[], "Encoder | None"] = no_encoder

    def of(self, arn: str | None) -> Self:
        """Return the same for work on a resource: what is stored is under the key of its dataset group.

        Of work on no resource, on one that is gone or of no dataset group, nothing can be stored.
        """
        record = self.resources.find(arn) if arn else None
        group = self.resources.find(group_arn(record) or "") if record else None
        if group is None:
            return self
        return replace(self, objects=self.objects.under(group.get("kmsKeyArn")))

    @contextmanager
    def workdir(self) -> Iterator[Path]:
        """Lend an empty folder for the length of a step."""
        with TemporaryDirectory(dir=own_folder("work")) as folder:
            yield Path(folder)

    def progress(self, arn: str, fraction: float, phrase: str) -> None:
        """Note on the resource how far its work has come (0 to 1) and what it is doing; notice a wish to stop."""
        self.note(arn, {"_progress": [round(fraction, 3), phrase]})

    def note(self, arn: str, changes: dict[str, object]) -> None:
        """Write members of our own on the resource that is worked on; notice that it is to stop, has ended, or gone.

        A run that Lambda gave up may go on after the one that took its place has ended the work.
        """

        def noted(record: Record) -> Record:
            if not is_under_way(record):
                raise JobStopped(f"{arn} has ended")
            return changes

        try:
            record = self.resources.update(arn, noted)
        except ResourceNotFound:
            raise JobStopped(f"{arn} is gone") from None
        if record.get("status") == CREATE_STOPPING:
            raise JobStopped(f"{arn} is to stop")
