"""A job's own folder in the data bucket: its plan, what its parts have answered so far, and how far the joining is."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from tastemaker.pipelines.batch.plans import Plan
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import job_folder
from tastemaker.store.ports import Record

_PLAN, _NEWS, _JOINING = "plan.json", "news.npy", "joining.json"


@dataclass(slots=True)
class Progress:
    """How far a part is: the answers to lines of its `range` up to the byte `place` are stored.

    `pieces` are (source, bytes) of the stored objects in their order; `problem` is the first line's that has no answer.
    """

    range: int = 0
    place: int = 0
    lines: int = 0
    answered: int = 0
    problem: str | None = None
    pieces: list[tuple[int, int]] = field(default_factory=list)
    done: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Reads and writes the folder of one job, which a later job of the same name does not share."""

    deps: Deps
    job: Record

    @property
    def folder(self) -> str:
        """Return the beginning of its keys."""
        return f"{job_folder(self.job['_arn'])}{self.job['creationDateTime']:.6f}/"

    def plan(self) -> Plan | None:
        """Return the plan, if it was made."""
        text = self._find(_PLAN)
        return None if text is None else Plan.from_json(text)

    def keep_plan(self, plan: Plan, news: "np.ndarray[Any, np.dtype[np.uint64]] | None") -> None:
        """Store the plan behind what it stands for."""
        if news is not None:
            self._write(_NEWS, news.tobytes())
        self._write(_PLAN, plan.to_json().encode())

    def news(self) -> "np.ndarray[Any, np.dtype[np.uint64]] | None":
        """Return the numbers of those of whom something was recorded since the training; None: of anybody perhaps."""
        body = self._find(_NEWS)
        return None if body is None else np.frombuffer(body, np.uint64)

    def progress(self, part: int) -> Progress:
        """Return how far a part is."""
        text = self._find(_state(part))
        return Progress() if text is None else Progress(**json.loads(text))

    def keep_progress(self, part: int, progress: Progress) -> None:
        """Store how far a part is, once its pieces are."""
        self._write(_state(part), json.dumps(asdict(progress)).encode())

    def keep_piece(self, part: int, number: int, answers: bytes) -> None:
        """Store answers."""
        self._write(_piece(part, number), answers)

    def piece(self, part: int, number: int) -> bytes:
        """Return stored answers."""
        return self.deps.objects.read(self._bucket, f"{self.folder}{_piece(part, number)}")

    def joining(self) -> Record:
        """Return how far the joining is."""
        return json.loads(self._find(_JOINING) or b"{}")  # type: ignore[no-any-return]

    def keep_joining(self, state: Record) -> None:
        """Store how far the joining is."""
        self._write(_JOINING, json.dumps(state).encode())

    def parts_begun(self) -> Iterator[int]:
        """Walk through the parts of which something is stored."""
        for key, _, _ in self.deps.objects.list(self._bucket, f"{self.folder}parts/"):
            if key.endswith(".json"):
                yield int(key.rpartition("/")[2].removesuffix(".json"))

    def clear(self) -> None:
        """Remove all of it."""
        self.deps.objects.delete(self._bucket, self.folder)

    @property
    def _bucket(self) -> str:
        return self.deps.config.data_bucket

    def _find(self, name: str) -> bytes | None:
        try:
            return self.deps.objects.read(self._bucket, f"{self.folder}{name}")
        except FileNotFoundError:
            return None

    def _write(self, name: str, body: bytes) -> None:
        self.deps.objects.write(self._bucket, f"{self.folder}{name}", body)


def _state(part: int) -> str:
    return f"parts/{part:05d}.json"


def _piece(part: int, number: int) -> str:
    return f"parts/{part:05d}-{number:05d}.out"
