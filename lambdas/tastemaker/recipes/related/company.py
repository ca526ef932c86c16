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
from numpy.lib.stride_tricks import sliding_window_view

from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.contract import Progress
from tastemaker.recipes.data import Floats, Indices, Interactions, Times
from tastemaker.recipes.histories.baskets import number_baskets
from tastemaker.recipes.matrix.grams import ranges, reach_within
from tastemaker.recipes.related import tables

# How nearness fades, in baskets, and what having both at all counts beside it.
FADING: Final = 10.0
ALTOGETHER: Final = 0.3
# Baskets so far apart are not near.
APART: Final = 100
# Events on either side that are looked at, and pairs in all.
REACH: Final = 20
PAIRS: Final = 600_000_000


@dataclass(frozen=True, slots=True)
class Near:
    """Events by user and time, `reach` of nobody's before and behind all: `items`, `baskets` (events + 2 reach,).

    Two users' baskets are numbered further apart than anything counts. By item: `places` from `starts[i]` on are the
    events of item i.
    """

    items: Indices
    baskets: Times
    places: Times
    starts: Times
    reach: int

    @classmethod
    def of(cls, events: Interactions) -> Self:
        """List the events of each item."""
        reach = reach_within(len(events), PAIRS, REACH)
        first = np.append(True, events.users[1:] != events.users[:-1]) if len(events) else np.empty(0, bool)
        baskets = number_baskets(events)
        ends = np.append(baskets[np.flatnonzero(first)[1:] - 1], 0) if len(events) else baskets
        offsets = np.cumsum(np.append(APART, ends[:-1] + APART)) if len(events) else baskets
        baskets = baskets + offsets[np.cumsum(first) - 1]
        places = np.argsort(events.items, kind="stable")
        return cls(
            np.pad(events.items, reach),
            np.pad(baskets, reach, constant_values=(-APART, int(baskets.max(initial=0)) + APART)),
            places.astype(np.int64),
            np.searchsorted(events.items[places], np.arange(events.n_items + 1)).astype(np.int64),
            reach,
        )

    def rows(self, items: Indices, back: float) -> Matrix:
        """Return (len(items), n_items): w of all pairs, columns more than once."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

        lengths = self.starts[items + 1] - self.starts[items]
        first = self.places[ranges(self.starts[items], lengths)]
        columns, baskets = (sliding_window_view(each, 2 * self.reach + 1)[first] for each in (self.items, self.baskets))
        lags = np.clip(baskets - baskets[:, [self.reach]], -APART, APART)
        weights = _by_lag(back)[lags + APART]
        # An event is not near itself.
        weights[:, self.reach] = 0
        starts = np.concatenate([[0], np.cumsum(lengths)]) * columns.shape[1]
        return csr_matrix((weights.ravel(), columns.ravel(), starts), (len(items), len(self.starts) - 1))


def _by_lag(back: float) -> Floats:
    """Return w by lag from -APART to APART, at either end 0."""
    lags = np.arange(-APART, APART + 1)
    weights = np.exp(-np.maximum(np.abs(lags) - 1, 0) / FADING) * np.where(lags < 0, back, 1.0)
    weights[[0, -1]] = 0
    return weights.astype(np.float32)


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
