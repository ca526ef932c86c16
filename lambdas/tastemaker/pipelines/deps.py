"""What a pipeline step may use; passed in, so that a test passes fakes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tastemaker.config import Config
from tastemaker.domain.statuses import CREATE_STOPPING
from tastemaker.errors import JobStopped
from tastemaker.store.ports import Events, Models, Objects, Records, Resources


@dataclass(frozen=True, slots=True)
class Deps:
    """The stores, the clock and a place for temporary files."""

    config: Config
    resources: Resources
    events: Events
    records: Records
    objects: Objects
    models: Models
    clock: Callable[[], float]

    @contextmanager
    def workdir(self) -> Iterator[Path]:
        """Lend an empty folder for the length of a step."""
        with TemporaryDirectory(prefix="tastemaker-") as folder:
            yield Path(folder)

    def progress(self, arn: str, fraction: float, phrase: str) -> None:
        """Note on the resource how far its work has come (0 to 1) and what it is doing; notice a wish to stop."""
        record = self.resources.update(arn, {"_progress": [round(fraction, 3), phrase]})
        if record.get("status") == CREATE_STOPPING:
            raise JobStopped(f"{arn} is to stop")
