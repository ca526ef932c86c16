"""One part of a job's input, answered line by line and stored piece by piece, so that it goes on where it stopped."""

from collections.abc import Generator, Iterator
from functools import partial
from itertools import islice

from tastemaker.errors import JobFailed
from tastemaker.pipelines.batch.answers import Answer, LineAnswerer
from tastemaker.pipelines.batch.desks import Desk, Piece
from tastemaker.pipelines.batch.files import BatchFiles
from tastemaker.pipelines.batch.plans import Plan, Range
from tastemaker.pipelines.batch.ranges import lines

# Answers in memory before they are stored.
PIECE = 1 << 23
# Lines that are read, asked about and answered together.
_TOGETHER = 256


class Part:
    """A part of a plan, and how far it is."""

    def __init__(self, desk: Desk, files: BatchFiles, plan: Plan, number: int) -> None:
        self._desk, self._files, self._plan, self._number = desk, files, plan, number
        self._ranges = list(plan.ranges(number))
        self.progress = desk.progress(number)
        self._answers: list[bytes] = []
        self._size = 0
        self._begin = self.progress.place

    def answer(self, answerer: LineAnswerer) -> Generator[float, None, None]:
        """Answer what is left; yield again and again which share of the part is done."""
        for index in range(self.progress.range, len(self._ranges)):
            piece = self._ranges[index]
            if index != self.progress.range or not self.progress.place:
                self.progress.range, self.progress.place = index, piece.begin
            self._begin = self.progress.place
            for together in self._groups(piece):
                self._require_room(len(together))
                self._add(answerer.answer([text for text, _ in together]))
                self.progress.place = together[-1][1]
                if self._size >= PIECE:
                    self.keep()
                yield (index + self._share(piece)) / len(self._ranges)
            self._keep_piece()
        self.progress.done = True
        self.keep()

    def keep(self) -> None:
        """Store what is answered, and then that it is: whoever comes next goes on there."""
        self._keep_piece()
        self._desk.keep_progress(self._number, self.progress)

    def _groups(self, piece: Range) -> Iterator[list[tuple[bytes, int]]]:
        source = self._plan.sources[piece.source]
        rows = lines(partial(self._files.read, source), source.size, self.progress.place, piece.end)
        while together := list(islice(rows, _TOGETHER)):
            yield together

    def _require_room(self, more: int) -> None:
        most = self._plan.most_lines
        if most and self.progress.lines + more > most:
            raise JobFailed(f"The input has more than {most} lines, the most that a job of this mode may have.")

    def _share(self, piece: Range) -> float:
        return min(1.0, (self.progress.place - piece.begin) / (piece.end - piece.begin))

    def _add(self, answers: list[Answer]) -> None:
        for each in answers:
            line = each.to_json()
            self._answers.append(line)
            self._size += len(line)
            self.progress.problem = self.progress.problem or each.error
        self.progress.lines += len(answers)
        self.progress.answered += sum(each.error is None for each in answers)

    def _keep_piece(self) -> None:
        if self._answers:
            source, end = self._ranges[self.progress.range].source, self.progress.place
            piece = Piece(source, self._begin, end, self._size)
            self._desk.keep_piece(self._number, piece, b"".join(self._answers))
            self.progress.pieces.append(piece)
            self._answers, self._size, self._begin = [], 0, end
