"""What a user did before, by item, and how readily users and items repeat."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Indices, Query, Times
from tastemaker.recipes.histories.baskets import ages

DAY = 86400.0
# Counts fade with the baskets since, in several tempos, the last one not at all.
BASKET_DECAYS = (1.0, 3.0, 10.0, 40.0)
TEMPOS = (*BASKET_DECAYS, np.inf)
RATES_OF_FADING = (-1 / np.array(TEMPOS)).astype(np.float32)  # numpy's exp is several times as fast in 32 bits
STEADY = 3  # the slowest basket decay: alone it is the baseline 'own items, decayed'


@dataclass(frozen=True, slots=True)
class Own:
    """A history by distinct item.

    `items` are sorted; `first` and `inverse` (events,) are their places in the history and the events' places among
    them; `ages` (events,) are the baskets since; `counts` are (TEMPOS, items).
    """

    items: Indices
    first: Times
    inverse: Times
    ages: Times
    counts: NDArray[np.float64]
    query: Query

    @classmethod
    def of(cls, query: Query) -> "Own":
        """Group a history by item and let its counts fade with the baskets that came since."""
        items, first, inverse = _grouped(query.history_items)
        since = ages(query.history_times)
        weights = np.exp(np.multiply.outer(RATES_OF_FADING, since.astype(np.float32))) * query.history_weights
        counts = np.array([np.bincount(inverse, weight, len(items)) for weight in weights], np.float64)
        return cls(items, first, inverse, since, counts, query)

    def sums(self, weights: NDArray[np.floating]) -> NDArray[np.float64]:
        """Add up event weights by item."""
        # Of no events numpy counts in integers.
        return np.bincount(self.inverse, weights, len(self.items)).astype(np.float64, copy=False)

    def has(self, items: Indices) -> NDArray[np.bool_]:
        """Say which of some items are own ones."""
        return among(items, self.items)

    def faded(self, decay: float) -> NDArray[np.float64]:
        """Return the counts (items,) of one of TEMPOS."""
        return np.asarray(self.counts[TEMPOS.index(decay)])


def among(items: Indices, some: Indices) -> NDArray[np.bool_]:
    """Say which items are among some that are sorted: of few, numpy's `isin` takes several times as long."""
    if not len(some):
        return np.zeros(len(items), bool)
    places = np.minimum(np.searchsorted(some, items), len(some) - 1)
    return np.asarray(some[places] == items)


def _grouped(events: Indices) -> tuple[Indices, Times, Times]:
    """Return what `np.unique` does, with the first place of each item and that of each event among them."""
    order = np.argsort(events, kind="stable")
    ordered = events[order]
    fresh = np.ones(len(events), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    inverse = np.empty(len(events), np.int64)
    inverse[order] = np.cumsum(fresh) - 1
    return ordered[fresh], order[fresh], inverse


def log_odds(repeats: float, fresh: float) -> float:
    """Return the log-odds of a repeat after so many; half an event is added to either side."""
    return float(np.log((max(repeats, 0.0) + 0.5) / (fresh + 0.5)))


def usual_odds(events: int, users: NDArray[np.int64]) -> float:
    """Return the log-odds that an event repeats an earlier one of its user; `users` (items,) have each item."""
    pairs = int(users.sum())
    return log_odds(events - pairs, pairs)


def repeat_rates(events: NDArray[np.int64], users: NDArray[np.int64]) -> Floats:
    """Return each item's log-odds of being repeated, pulled to everybody's where there is little data: (items,).

    `events` and `users` (items,): how many each has.
    """
    total = int(events.sum())
    usual = (total - int(users.sum()) + 0.5) / (total + 1)
    share = (events - users + 5 * usual) / (events + 5)
    return np.log(share / (1 - share)).astype(np.float32)
