"""A job's own folder in the data bucket: its plan, what its parts have answered so far, and how far the joining is.

Steps may run twice at a time, and the first come to its writes when the second has ended. So what others go by, the
plan and what a part is in the end, is written once, and stored answers are named by the lines that they answer.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from tastemaker.errors import JobFailed
from tastemaker.pipelines.batch.plans import Plan
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import job_folder
from tastemaker.store.ports import Record

GONE = "The job's plan or answers were removed while it ran. Create the job again."
_PLAN, _JOINING = "plan.json", "joining.json"


class Piece(NamedTuple):
    """Stored answers of `size` bytes to the lines of a source between two places."""

    source: int
    begin: int
    end: int
    size: int


@dataclass(slots=True)
class Progress:
    """How far a part is: the answers to lines of its `range` up to the byte `place` are stored.

    `pieces` are the stored objects in their order; `problem` is the first line's that has no answer.
    """

    range: int = 0
    place: int = 0
    lines: int = 0
    answered: int = 0
    problem: str | None = None
    pieces: list[Piece] = field(default_factory=list)
    done: bool = False

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read what `asdict` gave."""
        value = json.loads(text)
        return cls(**value | {"pieces": [Piece(*each) for each in value["pieces"]]})


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
        """Store the plan behind what it stands for, unless there is one."""
        if news is not None:
            self._write(_news(plan), news.tobytes())
        self._create(_PLAN, plan.to_json().encode())

    def news(self, plan: Plan) -> "np.ndarray[Any, np.dtype[np.uint64]] | None":
        """Return the numbers of those of whom something was recorded since the training; None: of anybody perhaps."""
        body = self._find(_news(plan))
        return None if body is None else np.frombuffer(body, np.uint64)

    def progress(self, part: int) -> Progress:
        """Return how far a part is."""
        text = self._find(_end(part)) or self._find(_state(part))
        return Progress() if text is None else Progress.from_json(text)

    def ends(self, parts: int) -> list[Progress]:
        """Return what so many parts have answered; all of them have come to their end."""
        ends = [self.progress(part) for part in range(parts)]
        if not all(each.done for each in ends):
            raise JobFailed(GONE)
        return ends

    def keep_progress(self, part: int, progress: Progress) -> None:
        """Store how far a part is, once its pieces are; its end stays what it was first."""
        keep, name = (self._create, _end) if progress.done else (self._write, _state)
        keep(name(part), json.dumps(asdict(progress)).encode())

    def keep_piece(self, part: int, piece: Piece, answers: bytes) -> None:
        """Store answers."""
        self._write(_name(part, piece), answers)

    def piece(self, part: int, piece: Piece) -> bytes:
        """Return stored answers."""
        answers = self._find(_name(part, piece))
        if answers is None:
            raise JobFailed(GONE)
        return answers

    def joining(self) -> Record:
        """Return how far the joining is."""
        return json.loads(self._find(_JOINING) or b"{}")  # type: ignore[no-any-return]

    def keep_joining(self, state: Record) -> None:
        """Store how far the joining is."""
        self._write(_JOINING, json.dumps(state).encode())

    def parts_begun(self) -> set[int]:
        """Return the parts of which something is stored."""
        keys = (key for key, _, _ in self.deps.objects.list(self._bucket, f"{self.folder}parts/"))
        return {int(key.rpartition("/")[2].partition(".")[0]) for key in keys if key.endswith(".json")}

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

    def _create(self, name: str, body: bytes) -> None:
        self.deps.objects.create(self._bucket, f"{self.folder}{name}", body)


def _news(plan: Plan) -> str:
    return f"news-{plan.moment:.6f}.npy"


def _state(part: int) -> str:
    # Not the name that it had when pieces were numbered: what such a version has left is answered anew.
    return f"parts/{part:05d}.now.json"


def _end(part: int) -> str:
    return f"parts/{part:05d}.end.json"


def _name(part: int, piece: Piece) -> str:
    return f"parts/{part:05d}-{piece.source:05d}-{piece.begin}-{piece.end}.out"
