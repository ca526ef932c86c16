"""The feature columns by name: what stands where in g, the row of an own item, and in f, that of one not met yet.

    g is REPEATS, then OWN        f is NEW        v and w, their weights: one a column, then the intercept (`logistic`)

OWN and NEW have the same names at different places. A slice is a group of neighbouring columns, a number is one alone.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from tastemaker.recipes.histories.popularity_over_time import HORIZONS
from tastemaker.recipes.histories.repeats import BASKET_DECAYS, STEADY

# The tempos in which a history fades for SeqRidge, in baskets: a score each. The last one sees all of it alike.
SCORE_TEMPOS = (1.0, 3.0, 10.0, np.inf)
# How counts fade with calendar time, beside BASKET_DECAYS.
DAY_DECAYS = (7.0, 30.0, 90.0)


@dataclass(frozen=True, slots=True)
class Repeats:
    """How an item was met before (`repetition`).

    `baskets`, `days`: log counts that fade with the baskets and with the days since, by decay, `steady` the slowest of
    the former; `count`: the log count that does not fade; `once`: 1 if met once; `rate`: how readily anyone repeats it;
    `rhythm`: how overdue it is, the square of that, whether it was met at several moments, and log baskets since.
    """

    baskets: slice
    steady: int
    days: slice
    count: int
    once: int
    rate: int
    rhythm: slice

    @classmethod
    def place(cls) -> Self:
        """Lay the columns side by side."""
        baskets = _behind(0, len(BASKET_DECAYS))
        days = _behind(baskets.stop, len(DAY_DECAYS))
        count, once, rate = range(days.stop, days.stop + 3)
        return cls(baskets, baskets.start + STEADY, days, count, once, rate, _behind(rate + 1, 4))

    @property
    def width(self) -> int:
        """Return how many columns they are."""
        return int(self.rhythm.stop)

    @property
    def counts(self) -> slice:
        """Return all the counts, those that fade and the one that does not."""
        return slice(self.baskets.start, self.count + 1)


@dataclass(frozen=True, slots=True)
class Columns:
    """How an item fits a history by its events and by what it is (`discovery`), and who asks (`repetition`).

    By its events: `scores`, the log scores of SeqRidge by tempo; `popularity`, the log share of users and how far each
    horizon rises above it; `mean`, the log of the mean score: an item that any one tempo is sure of keeps its place
    there, and a single weight cannot overfit; `next`, the log of how much likelier than usual it
    comes right after the newest basket (`transitions`), 0 of own items; `quiet` and `short`, popularity once more where
    there is no history, and as far as it is short.

    By what it is, where it has few events: `lifts`, log lifts by tempo; `expected`, its log share to be expected;
    `described`, how far these stand in for its events, an intercept of their own.

    `habit`: how the user repeats, ever and lately, and how long the history is, in events and in items.
    """

    scores: slice
    popularity: slice
    mean: int
    next: int
    quiet: slice
    short: slice
    lifts: slice
    expected: int
    described: int
    habit: slice

    @classmethod
    def place(cls, begin: int) -> Self:
        """Lay the columns side by side from one on."""
        scores = _behind(begin, len(SCORE_TEMPOS))
        popularity = _behind(scores.stop, 1 + len(HORIZONS))
        mean, following = range(popularity.stop, popularity.stop + 2)
        quiet = _behind(following + 1, 1 + len(HORIZONS))
        short = _behind(quiet.stop, 1 + len(HORIZONS))
        lifts = _behind(short.stop, len(SCORE_TEMPOS))
        expected, described = range(lifts.stop, lifts.stop + 2)
        return cls(
            scores, popularity, mean, following, quiet, short, lifts, expected, described, _behind(described + 1, 4)
        )

    @property
    def recent(self) -> int:
        """Return the score of the tempo that sees little more than the last basket."""
        return int(self.scores.start)

    @property
    def whole(self) -> int:
        """Return the score of the tempo that sees all of a history alike."""
        return int(self.scores.stop) - 1

    @property
    def whole_lift(self) -> int:
        """Return the lift of that tempo."""
        return int(self.lifts.stop) - 1

    @property
    def share(self) -> int:
        """Return the log share of users."""
        return int(self.popularity.start)

    @property
    def rises(self) -> slice:
        """Return how far each horizon rises above that share."""
        return slice(self.share + 1, self.popularity.stop)

    @property
    def events(self) -> slice:
        """Return all that rests on an item's events."""
        return slice(self.scores.start, self.short.stop)

    @property
    def contents(self) -> slice:
        """Return all that rests on what an item is."""
        return slice(self.lifts.start, self.described + 1)

    @property
    def evidence(self) -> slice:
        """Return what an item is worth by what it is, without the intercept."""
        return slice(self.lifts.start, self.expected + 1)

    @property
    def width(self) -> int:
        """Return how many columns a row that ends with these has."""
        return int(self.habit.stop)

    @property
    def weights(self) -> int:
        """Return how many weights such a row has: one a column, and the intercept."""
        return self.width + 1


def _behind(begin: int, width: int) -> slice:
    return slice(begin, begin + width)


def numbers(*places: slice | int) -> tuple[int, ...]:
    """Return columns one by one."""
    return tuple(
        number
        for place in places
        for number in (range(place.start, place.stop) if isinstance(place, slice) else (place,))
    )


REPEATS: Final = Repeats.place()
OWN: Final = Columns.place(REPEATS.width)
NEW: Final = Columns.place(0)
