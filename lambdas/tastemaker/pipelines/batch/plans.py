"""What a batch job works on, fixed before its first answer: a job that is killed and resumed answers the same."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import NamedTuple, Self

from tastemaker.pipelines.batch.files import Source
from tastemaker.store.ports import Record

# An execution may have 25,000 entries of history, and a part is at least 7 of them; moto goes one call deeper for each
# part, and Python goes 1,000 calls deep.
MOST_PARTS = 400
# Smaller parts would take longer to begin than to answer.
LEAST_BYTES = 1 << 18


class Range(NamedTuple):
    """Bytes `begin` to `end` of a source, by its number: the lines that begin there."""

    source: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The inputs as they are at a moment, and how long a part of all of them together is, in bytes.

    Answers come from the model of the `artifact`, and count what was recorded and put before the `moment`. With
    `most_lines` all is one part, and has no more.
    """

    moment: float
    sources: tuple[Source, ...]
    part_bytes: int
    most_lines: int | None = None
    artifact: Record | None = None

    @classmethod
    def of(
        cls, moment: float, sources: list[Source], most_lines: int | None = None, artifact: Record | None = None
    ) -> Self:
        """Cut the inputs into parts."""
        total = sum(source.size for source in sources)
        size = total if most_lines else max(LEAST_BYTES, -(-total // MOST_PARTS))
        return cls(moment, tuple(sources), size, most_lines, artifact)

    @property
    def total(self) -> int:
        """Return the bytes of all inputs."""
        return sum(source.size for source in self.sources)

    @property
    def parts(self) -> int:
        """Return how many parts there are."""
        return -(-self.total // self.part_bytes)

    def ranges(self, part: int) -> Iterator[Range]:
        """Walk through what a part is made of."""
        low, high = part * self.part_bytes, (part + 1) * self.part_bytes
        ends = accumulate(source.size for source in self.sources)
        for number, (source, end) in enumerate(zip(self.sources, ends, strict=True)):
            start = end - source.size
            if start < high and low < end:
                yield Range(number, max(low, start) - start, min(high, end) - start)

    def to_json(self) -> str:
        """Return what is stored."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read what `to_json` gave."""
        value = json.loads(text)
        return cls(**value | {"sources": tuple(Source(**each) for each in value["sources"])})
