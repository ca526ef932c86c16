"""What a user did before and may do again: features of own items, and how much the user repeats at all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.baskets import ages
from tastemaker.recipes.data import Floats, Indices, Interactions, Query

DECAYS = (1.0, 3.0, 10.0, 40.0)
# The column of `features` that alone is the baseline 'own items, decayed'.
BASELINE = 2
FEATURES = 11
RECENT_EVENTS = 50.0


@dataclass(frozen=True, slots=True)
class Own:
    """A history by distinct item: `items` sorted, `first` and `inverse` as numpy's unique gives them."""

    items: Indices
    first: NDArray[np.int64]
    inverse: NDArray[np.int64]
    ages: NDArray[np.int64]
    query: Query

    @classmethod
    def of(cls, query: Query) -> "Own":
        """Group a history by item."""
        items, first, inverse = np.unique(query.history_items, return_index=True, return_inverse=True)
        return cls(items, first, inverse, ages(query.history_times), query)

    def sums(self, weights: NDArray[np.floating]) -> NDArray[np.float64]:
        """Add up event weights by item."""
        return np.bincount(self.inverse, weights, len(self.items))


def features(own: Own, rates: Floats) -> Floats:
    """Return (own items, FEATURES); `rates` (items,) says how often each item is repeated by anyone."""
    weights = own.query.history_weights
    counts = own.sums(weights)
    columns = [np.log(own.sums(np.exp(own.ages / -decay) * weights) + 0.01) for decay in DECAYS]
    columns += [np.log(counts + 0.01), counts < 1.5, rates[own.items]]  # noqa: PLR2004  bought once
    columns += _rhythm(own)
    return np.stack(columns, axis=1).astype(np.float32)


def _rhythm(own: Own) -> list[NDArray[np.floating]]:
    """Return how overdue each item is: time since last, over the mean time between, as a curve of three terms."""
    times = own.query.history_times
    last = np.zeros(len(own.items), np.int64)
    last[own.inverse] = np.arange(len(times))
    events = own.sums(np.ones(len(times)))
    since = np.maximum(own.query.now - times[last], 1).astype(np.float64)
    span = times[last] - times[own.first]
    several = span > 0
    gap = np.where(several, span / np.maximum(events - 1, 1), 1.0)
    overdue = np.where(several, np.clip(np.log(since / gap), -4, 4), 0.0)
    return [overdue, overdue**2, several.astype(np.float64), np.log1p(own.ages[last])]


def habit(own: Own, usual: float) -> Floats:
    """Return the features of how likely the next item is an own one; `usual` is everybody's repeat log-odds."""
    events = len(own.inverse)
    recent = np.exp((np.arange(events) - events) / RECENT_EVENTS)
    fresh = recent[own.first].sum()
    ever = _log_odds(events - len(own.items), len(own.items)) - usual
    lately = _log_odds(recent.sum() - fresh, fresh) - usual
    return np.array([1.0, ever, lately, np.log1p(events) / 3, np.log1p(len(own.items)) / 3], np.float32)


def _log_odds(repeats: float, fresh: float) -> float:
    return float(np.log((repeats + 0.5) / (fresh + 0.5)))


def usual_odds(interactions: Interactions) -> float:
    """Return the log-odds that an event repeats an earlier one of its user."""
    pairs = len(np.unique(interactions.users.astype(np.int64) * interactions.n_items + interactions.items))
    return _log_odds(len(interactions) - pairs, pairs)


def repeat_rates(interactions: Interactions) -> Floats:
    """Return each item's log-odds of being repeated, pulled to everybody's where there is little data: (items,)."""
    n_items = interactions.n_items
    pairs = np.unique(interactions.users.astype(np.int64) * n_items + interactions.items)
    users = np.bincount(pairs % max(1, n_items), minlength=n_items)
    events = np.bincount(interactions.items, minlength=n_items)
    share = (len(interactions) - len(pairs) + 0.5) / (len(interactions) + 1)
    rate = (events - users + 5 * share) / (events + 5)
    return np.log(rate / (1 - rate) + 1e-6).astype(np.float32)
