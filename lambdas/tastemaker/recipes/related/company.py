"""What keeps company with an item: users who have both, and how near each other both lie in their histories.

    c_ij = users with i and j                                           without an order
    c_ij = ALTOGETHER (users with i and j) + sum w(j's basket - i's)    else, over all pairs of a user's events

    w(l) = exp(-(|l| - 1) / FADING) up to 1, times `back` where j comes before i

What comes right after says more of what is taken next than what was ever taken by the same people ("Item-based
Collaborative Filtering with Sequential Information", as in SLIST; Choi et al., WWW 2021). Pairs further apart than so
many events are not looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.contract import Progress
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Times
from tastemaker.recipes.histories.baskets import number_baskets
from tastemaker.recipes.matrix.grams import ranges, reach_within
from tastemaker.recipes.related import tables

# How nearness fades, in baskets, and what having both at all counts beside it.
FADING: Final = 10.0
ALTOGETHER: Final = 0.3
# Events on either side that are looked at, and pairs in all.
REACH: Final = 20
PAIRS: Final = 600_000_000


@dataclass(frozen=True, slots=True)
class Near:
    """Events by user and time with their baskets, and by item: `places` of item i lie from `starts[i]` on."""

    events: Interactions
    baskets: Times
    places: Times
    starts: Times
    reach: int

    @classmethod
    def of(cls, events: Interactions) -> Self:
        """List the events of each item."""
        places = np.argsort(events.items, kind="stable")
        starts = np.searchsorted(events.items[places], np.arange(events.n_items + 1))
        reach = reach_within(len(events), PAIRS, REACH)
        return cls(events, number_baskets(events), places.astype(np.int64), starts.astype(np.int64), reach)

    def rows(self, items: Indices, back: float) -> Matrix:
        """Return (len(items), n_items): the sums of w."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

        shape = len(items), self.events.n_items
        rows, columns, weights = (
            np.concatenate(part)
            for part in zip(*(self._beside(items, step, back) for step in self._steps(back)), strict=True)
        )
        return csr_matrix((weights, (rows, columns)), shape)

    def _steps(self, back: float) -> NDArray[np.int64]:
        steps = np.arange(-self.reach if back else 1, self.reach + 1)
        return steps[steps != 0]

    def _beside(self, items: Indices, step: int, back: float) -> tuple[Times, Indices, Floats]:
        """Return rows, columns and weights of the pairs of events that lie so many events apart."""
        lengths = self.starts[items + 1] - self.starts[items]
        first = self.places[ranges(self.starts[items], lengths)]
        rows, second = np.repeat(np.arange(len(items)), lengths), first + step
        pairs = self._of_one_user(first, second)
        rows, first, second = rows[pairs], first[pairs], second[pairs]
        lags = np.abs(self.baskets[second] - self.baskets[first])
        weights = np.exp(-np.maximum(lags - 1, 0) / FADING) * np.where((lags > 0) & (step < 0), back, 1.0)
        return rows, self.events.items[second], weights.astype(np.float32)

    def _of_one_user(self, first: Times, second: Times) -> Mask:
        inside = (second >= 0) & (second < len(self.events))
        inside[inside] = self.events.users[first[inside]] == self.events.users[second[inside]]
        return inside


@dataclass(frozen=True, slots=True)
class Company:
    """Counts c by rows of items; `back` is None without an order."""

    member: Matrix
    of_items: Matrix
    near: Near
    back: float | None = None

    @classmethod
    def of(cls, events: Interactions) -> Self:
        """Look at some events without an order."""
        member = tables.groups(events.users.astype(np.int64), events.items, events.n_items)
        return cls(member, member.T.tocsr(), Near.of(events))

    def rows(self, items: Indices) -> Matrix:
        """Return (len(items), n_items)."""
        both = self.of_items[items] @ self.member
        if self.back is None:
            return both
        return (both * np.float32(ALTOGETHER) + self.near.rows(items, self.back)).tocsr()

    def blocks(self, progress: Progress) -> Iterator[tuple[int, Matrix]]:
        """Yield all rows by blocks, each with its first row's number."""
        size = self.member.shape[1]
        for begin in range(0, size, tables.BLOCK):
            progress(begin / size, "counting what was chosen together")
            yield begin, self.rows(np.arange(begin, min(begin + tables.BLOCK, size), dtype=np.int32))
