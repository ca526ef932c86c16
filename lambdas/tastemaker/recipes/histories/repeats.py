"""What a user did before and may do again: features of own items, and how much the user repeats at all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Indices, Interactions, Query, Times
from tastemaker.recipes.histories.baskets import ages

DAY = 86400.0
# Counts fade with the baskets since, in several tempos (the last one not at all), and with calendar time.
BASKET_DECAYS = (1.0, 3.0, 10.0, 40.0)
TEMPOS = (*BASKET_DECAYS, np.inf)
RATES_OF_FADING = (-1 / np.array(TEMPOS)).astype(np.float32)  # numpy's exp is several times as fast in 32 bits
DAY_DECAYS = (7.0, 30.0, 90.0)
RATES_BY_DAY = (-1 / np.array(DAY_DECAYS)).astype(np.float32)
RECENT_EVENTS = 50.0
# Columns of `features`: the four basket decays, the three day decays, then these.
STEADY = 3  # the slowest basket decay: alone it is the baseline 'own items, decayed'
COUNT = len(BASKET_DECAYS) + len(DAY_DECAYS)
ONCE, RATE, OVERDUE, OVERDUE_SQUARED, SEVERAL, SINCE = range(COUNT + 1, COUNT + 7)
WIDTH = SINCE + 1
HABIT_WIDTH = 4


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
        items, first, inverse = np.unique(query.history_items, return_index=True, return_inverse=True)
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
        if not len(self.items):
            return np.zeros(len(items), bool)
        places = np.minimum(np.searchsorted(self.items, items), len(self.items) - 1)
        return np.asarray(self.items[places] == items)

    def faded(self, decay: float) -> NDArray[np.float64]:
        """Return the counts (items,) of one of TEMPOS."""
        return np.asarray(self.counts[TEMPOS.index(decay)])


def features(own: Own, rates: Floats) -> Floats:
    """Return (own items, WIDTH); `rates` (items,) says how readily anyone repeats an item."""
    query = own.query
    days = (np.maximum(query.now - query.history_times, 0) / DAY).astype(np.float32)
    weights = np.exp(np.multiply.outer(RATES_BY_DAY, days)) * query.history_weights
    columns = np.empty((len(own.items), WIDTH), np.float32)
    columns[:, : len(BASKET_DECAYS)] = own.counts[:-1].T
    columns[:, len(BASKET_DECAYS) : COUNT] = np.stack([own.sums(weight) for weight in weights], axis=1)
    columns[:, COUNT] = counts = own.counts[-1]
    columns[:, : COUNT + 1] = np.log(columns[:, : COUNT + 1] + np.float32(0.01))
    columns[:, ONCE] = counts < 1.5  # noqa: PLR2004  met once
    columns[:, RATE] = rates[own.items]
    columns[:, OVERDUE:] = _rhythm(own)
    return columns


def _rhythm(own: Own) -> NDArray[np.floating]:
    """Say how overdue each item is: time since last over the mean time between, as a curve, and baskets since."""
    times = own.query.history_times
    last = np.zeros(len(own.items), np.int64)
    last[own.inverse] = np.arange(len(times))
    events = np.bincount(own.inverse, minlength=len(own.items))
    since = np.maximum(own.query.now - times[last], 1)
    span = times[last] - times[own.first]
    several = span > 0
    gap = np.maximum(span, 1) / np.maximum(events - 1, 1)
    overdue = np.where(several, np.clip(np.log((since / gap).astype(np.float32)), -4, 4), 0.0)
    return np.stack([overdue, overdue**2, several, np.log1p(own.ages[last])], axis=1)


def habit(own: Own, usual: float) -> Floats:
    """Return (HABIT_WIDTH,) features of how a user repeats; `usual` is everybody's log-odds of a repeat."""
    events = len(own.inverse)
    recent = np.exp(np.arange(-events, 0, dtype=np.float32) / np.float32(RECENT_EVENTS))
    fresh = recent[own.first].sum()
    ever = _log_odds(events - len(own.items), len(own.items)) - usual
    lately = _log_odds(recent.sum() - fresh, fresh) - usual
    return np.array([ever, lately, np.log1p(events) / 3, np.log1p(len(own.items)) / 3], np.float32)


def _log_odds(repeats: float, fresh: float) -> float:
    return float(np.log((max(repeats, 0.0) + 0.5) / (fresh + 0.5)))


def usual_odds(events: int, users: NDArray[np.int64]) -> float:
    """Return the log-odds that an event repeats an earlier one of its user; `users` (items,) have each item."""
    pairs = int(users.sum())
    return _log_odds(events - pairs, pairs)


def repeat_rates(interactions: Interactions, users: NDArray[np.int64]) -> Floats:
    """Return each item's log-odds of being repeated, pulled to everybody's where there is little data: (items,)."""
    events = np.bincount(interactions.items, minlength=interactions.n_items)
    usual = (len(interactions) - int(users.sum()) + 0.5) / (len(interactions) + 1)
    share = (events - users + 5 * usual) / (events + 5)
    return np.log(share / (1 - share)).astype(np.float32)
