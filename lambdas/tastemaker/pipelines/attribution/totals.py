"""Totals: what the events of a metric, a source and a quarter of an hour come to."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import groupby
from math import fsum

WINDOW = 900  # seconds
# Amazon's name for the source of events that tell none.
UNDEFINED = "SOURCE_NAME_UNDEFINED"


@dataclass(frozen=True, slots=True, order=True)
class Total:
    """`window`: when the quarter of an hour begins, in seconds since 1970; sum, least and largest are of values."""

    metric: str
    source: str
    window: int
    count: int
    sum: float
    least: float
    largest: float

    @property
    def key(self) -> tuple[str, str, int]:
        """What it is the total of."""
        return self.metric, self.source, self.window


def merged(totals: Iterable[Total]) -> list[Total]:
    """Return totals with one for each metric, source and window, in this order."""
    return [_one(list(same)) for _, same in groupby(sorted(totals), key=lambda total: total.key)]


def _one(same: Sequence[Total]) -> Total:
    return replace(
        same[0],
        count=sum(total.count for total in same),
        sum=fsum(total.sum for total in same),
        least=min(total.least for total in same),
        largest=max(total.largest for total in same),
    )


def limited(totals: Sequence[Total], known: Sequence[str], most: int) -> tuple[list[Total], list[str]]:
    """Return totals of no more than so many sources, and the sources known by then.

    Known ones come first, then those with most events; what others have is of an undefined source, so that it still
    counts.
    """
    named = [source for source in dict.fromkeys(_by_events(totals)) if source not in {*known, UNDEFINED}]
    sources = [*known, *named][: max(most, len(known))]
    kept = {*sources, UNDEFINED}
    moved = [total if total.source in kept else replace(total, source=UNDEFINED) for total in totals]
    return merged(moved), sources


def _by_events(totals: Sequence[Total]) -> Iterator[str]:
    counts = dict[str, int]()
    for total in totals:
        counts[total.source] = counts.get(total.source, 0) + total.count
    yield from sorted(counts, key=lambda source: (-counts[source], source))


def of_metrics(totals: Iterable[Total], names: Collection[str]) -> list[Total]:
    """Return the totals of some metrics."""
    return [total for total in totals if total.metric in names]


def to_json(totals: Iterable[Total]) -> bytes:
    """Return totals as they are stored."""
    return json.dumps([astuple(total) for total in totals]).encode()


def from_json(body: bytes) -> list[Total]:
    """Read stored totals."""
    return [Total(*row) for row in json.loads(body)]
