"""What a user may do again: features of own items, and how much the user repeats at all."""

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats
from tastemaker.recipes.histories.repeats import DAY, Own, log_odds
from tastemaker.recipes.personal.columns import DAY_DECAYS, REPEATS

RATES_BY_DAY = (-1 / np.array(DAY_DECAYS)).astype(np.float32)
RECENT_EVENTS = 50.0
# A count of nothing has a logarithm too.
FLOOR = 0.01


def features(own: Own, rates: Floats) -> Floats:
    """Return (own items, REPEATS); `rates` (items,) says how readily anyone repeats an item."""
    query = own.query
    days = (np.maximum(query.now - query.history_times, 0) / DAY).astype(np.float32)
    weights = np.exp(np.multiply.outer(RATES_BY_DAY, days)) * query.history_weights
    columns = np.empty((len(own.items), REPEATS.width), np.float32)
    columns[:, REPEATS.baskets] = own.counts[:-1].T
    columns[:, REPEATS.days] = np.stack([own.sums(weight) for weight in weights], axis=1)
    columns[:, REPEATS.count] = counts = own.counts[-1]
    columns[:, REPEATS.counts] = np.log(columns[:, REPEATS.counts] + np.float32(FLOOR))
    columns[:, REPEATS.once] = counts < 1.5  # noqa: PLR2004  met once
    columns[:, REPEATS.rate] = rates[own.items]
    columns[:, REPEATS.rhythm] = _rhythm(own)
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
    """Return (habit,) features of how a user repeats; `usual` is everybody's log-odds of a repeat."""
    events = len(own.inverse)
    recent = np.exp(np.arange(-events, 0, dtype=np.float32) / np.float32(RECENT_EVENTS))
    fresh = recent[own.first].sum()
    ever = log_odds(events - len(own.items), len(own.items)) - usual
    lately = log_odds(recent.sum() - fresh, fresh) - usual
    return np.array([ever, lately, np.log1p(events) / 3, np.log1p(len(own.items)) / 3], np.float32)
