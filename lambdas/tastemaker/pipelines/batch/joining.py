"""The last step of a batch job: the pieces of all parts become one object for each input, part by part of an upload."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from tastemaker.errors import JobFailed
from tastemaker.pipelines.batch.desks import Desk, Piece, Progress
from tastemaker.pipelines.batch.files import BatchFiles, Source
from tastemaker.pipelines.batch.parts import PIECE
from tastemaker.pipelines.batch.plans import Plan
from tastemaker.store.ports import Record

# S3 allows 10,000 parts of an upload, of 5 MB at least but for the last.
_MOST_UPLOADS = 9_000


class Placed(NamedTuple):
    """Stored answers, and the part that they are of."""

    part: int
    piece: Piece


@dataclass(frozen=True, slots=True)
class Joining:
    """What is to be joined: the pieces in the order of the lines that they answer."""

    desk: Desk
    files: BatchFiles
    plan: Plan
    parts: list[Progress]

    def require_an_answer(self) -> None:
        """Fail a job whose input is of the wrong kind altogether."""
        if not any(part.answered for part in self.parts):
            problem = next((part.problem for part in self.parts if part.problem), None)
            reason = f"for the first: {problem}" if problem else "there are none."
            raise JobFailed(f"Not one of {sum(part.lines for part in self.parts)} lines could be answered; {reason}")

    def join(self) -> Generator[float, None, None]:
        """Store what is not stored yet; yield after each request which share of it is: whoever stops there goes on."""
        state = self.desk.joining()
        pieces = {source: list(those) for source, those in groupby(self._pieces(), lambda each: each.piece.source)}
        for number in range(state.get("source", 0), len(self.plan.sources)):
            for share in self._store(self.plan.sources[number], pieces.get(number, []), state):
                self.desk.keep_joining({"source": number, **state})
                yield (number + share) / len(self.plan.sources)
            state = {}
            self.desk.keep_joining({"source": number + 1})

    def _pieces(self) -> Iterator[Placed]:
        return (Placed(part, piece) for part, progress in enumerate(self.parts) for piece in progress.pieces)

    def _store(self, source: Source, pieces: list[Placed], state: Record) -> Iterator[float]:
        units = _units(pieces)
        if len(units) < 2:  # noqa: PLR2004  one request is enough
            self.files.store(source, self._bytes(pieces))
            return
        try:
            yield from self._upload(source, units, state)
        except JobFailed:
            if upload := state.get("upload"):
                self.files.abandon(source, upload)
            raise

    def _upload(self, source: Source, units: list[list[Placed]], state: Record) -> Iterator[float]:
        """Upload what an earlier attempt has not, or all of it if that attempt's upload is gone."""
        while True:
            if "upload" not in state:
                state |= {"upload": self.files.begin(source), "tags": []}
            try:
                for number in range(len(state["tags"]), len(units)):
                    body = self._bytes(units[number])
                    state["tags"].append(self.files.upload(source, state["upload"], number + 1, body))
                    yield (number + 1) / len(units)
                self.files.finish(source, state["upload"], state["tags"])
            except FileNotFoundError:
                del state["upload"]
            else:
                return

    def _bytes(self, pieces: list[Placed]) -> bytes:
        return b"".join(self.desk.piece(*each) for each in pieces)


def _units(pieces: list[Placed]) -> list[list[Placed]]:
    """Put pieces together that go with one request: large enough for S3, and not too many."""
    least = max(PIECE, sum(each.piece.size for each in pieces) // _MOST_UPLOADS)
    units: list[list[Placed]] = []
    size = least
    for each in pieces:
        if size >= least:
            units.append([])
            size = 0
        units[-1].append(each)
        size += each.piece.size
    return units
