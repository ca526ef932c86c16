"""Figures of a metric attribution: what each source brought by day, kept when their quarters of an hour are published.

Pipelines write them, and an operation reads them that may read little else there.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from math import fsum
from typing import Self

DAY = 86_400  # seconds
# Days that figures are kept: a quarter of a year.
KEPT = 92


@dataclass(frozen=True, slots=True, order=True)
class Figure:
    """What the events of a metric and a source come to on a day in UTC, which begins at `day` in seconds since 1970."""

    day: int
    metric: str
    source: str
    count: int
    sum: float

    @classmethod
    def at(cls, moment: int, metric: str, source: str, count: int, total: float) -> Self:
        """Return the figure of the day of a moment."""
        return cls(moment // DAY * DAY, metric, source, count, total)

    @property
    def key(self) -> tuple[int, str, str]:
        """What it is the figure of; figures are in this order."""
        return self.day, self.metric, self.source


def grown(figures: Iterable[Figure], news: Iterable[Figure], *, now: float) -> list[Figure]:
    """Return figures with others added, one for each day, metric and source, and without days of long ago."""
    same = dict[tuple[int, str, str], list[Figure]]()
    for each in [*figures, *news]:
        if each.day > now - KEPT * DAY:
            same.setdefault(each.key, []).append(each)
    return [
        Figure(*key, sum(each.count for each in found), fsum(each.sum for each in found))
        for key, found in sorted(same.items())
    ]


def to_json(figures: Iterable[Figure]) -> bytes:
    """Return figures as they are stored."""
    return json.dumps([astuple(figure) for figure in figures]).encode()


def from_json(body: bytes) -> Sequence[Figure]:
    """Read stored figures."""
    return [Figure(*row) for row in json.loads(body)]
