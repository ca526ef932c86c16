"""Popularity as it stood at any moment: shares of all time, and how far the recent past departs from them.

The clock is the number of events, not seconds, so that a week of a busy shop and a year of a quiet one weigh alike.
A moment sees only what happened before it; that makes learning from past moments honest.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Times, extended
from tastemaker.recipes.histories.popularity import best_first, distinct_users, first_allowed, with_last

MOMENTS, MOMENTS_LEAST, SNAPSHOT_CELLS = 32, 4, 4_000_000
# How long the recent past is, as a share of all events.
HORIZONS = (0.01, 0.1)
# An item is believed to rise only beyond what this many events could do by chance.
PRIOR_EVENTS = 3.0
LISTED = 500
# Events that are added up at once, which bounds memory.
_AT_ONCE = 1 << 25


@dataclass(frozen=True, slots=True)
class PopularityOverTime:
    """What was popular at each moment, and what had become more so.

    `share` (items,): log share of users; `trend` (moments, items, horizons): the rise, log recent rate over all-time
    rate; `order` (items,): by popularity of all time; `listed` (moments, LISTED): the strongest recent items.
    """

    moments: Times
    share: Floats
    trend: NDArray[np.float16]
    order: Indices
    listed: Indices

    def grown(self, more: int, users: int) -> Self:
        """Return the same with more items that none of so many users has."""
        return replace(
            self,
            share=extended(self.share, more, float(_log_share(0, users))),
            trend=np.concatenate([self.trend, np.zeros((len(self.trend), more, len(HORIZONS)), np.float16)], axis=1),
            order=with_last(self.order, more),
        )

    @property
    def top(self) -> float:
        """Return the log share of the most popular item."""
        return float(self.share[self.order[0]]) if len(self.order) else 0.0

    def at(self, now: int) -> int:
        """Return the newest snapshot that was known at a moment."""
        return max(0, int(np.searchsorted(self.moments, now, "right")) - 1)

    def features(self, moment: int, items: Indices) -> tuple[Floats, Floats]:
        """Return the log share (items,) and the rises (items, horizons)."""
        return self.share[items], self.trend[moment][items].astype(np.float32)

    def popular(self, moment: int, k: int, allowed: Mask | None) -> Indices:
        """Return allowed items, recent favourites first, then those of all time."""
        recent = first_allowed(self.listed[moment], k, allowed)
        if len(recent) >= k:
            return recent
        rest = first_allowed(self.order, k + len(recent), allowed)
        return np.concatenate([recent, rest[~np.isin(rest, recent)]])[:k]


def learn(interactions: Interactions, users: NDArray[np.int64] | None = None) -> PopularityOverTime:
    """Walk through all events in time and keep snapshots of what was recent; `users` (items,) have each item."""
    users = distinct_users(interactions) if users is None else users
    order = _by_time(interactions.timestamps)
    times, events = interactions.timestamps[order], np.bincount(interactions.items, minlength=interactions.n_items)
    return of_ordered(interactions.items[order], lambda places: times[places], events, users, interactions.n_users)


def of_ordered(
    items: Indices, moments_of: Callable[[Times], Times], events: Times, users: Times, n_users: int
) -> PopularityOverTime:
    """Learn from the items of all events in the order of time (events,), and the events and users of each item.

    `moments_of` tells when the events were that have some places in that order.
    """
    share, total = _log_share(users, n_users).astype(np.float32), len(items)
    cuts = np.linspace(0, total, moments_kept(len(events)) + 1).astype(np.int64)[1:]
    # The newest snapshot knows everything and holds from the last event on.
    moments = moments_of(np.append(cuts[:-1], total - 1)) if total else np.zeros(len(cuts), np.int64)
    rises, recent = _snapshots(items, events, cuts)
    return PopularityOverTime(moments, share, rises, best_first(users), recent)


def _log_share(users: ArrayLike, everyone: int) -> NDArray[np.float64]:
    return np.asarray(np.log((np.asarray(users) + 0.5) / (max(1, everyone) + 1)))


def moments_kept(n_items: int) -> int:
    """Return how many snapshots are kept: fewer of a very large catalogue, to bound their memory."""
    return max(MOMENTS_LEAST, min(MOMENTS, SNAPSHOT_CELLS // max(1, n_items)))


def _by_time(timestamps: Times) -> Times:
    """Return the order by time, equal ones in theirs; a sort of packed keys is several times as fast as an argsort."""
    since = timestamps - timestamps.min(initial=np.iinfo(np.int64).max)
    if len(since) >= 1 << 31 or since.max(initial=0) >= 1 << 32:
        return np.asarray(np.argsort(timestamps, kind="stable"), np.int64)
    keys = since.astype(np.uint64) << np.uint64(32) | np.arange(len(since), dtype=np.uint64)
    keys.sort()
    return np.asarray(keys & np.uint64(0xFFFFFFFF), np.int64)


def _snapshots(items: Indices, events: Times, cuts: Times) -> tuple[NDArray[np.float16], Indices]:
    """Return the rises, and the strongest items of the longest horizon, at every cut of the events in time order."""
    total, n_items = len(items), len(events)
    overall = events / max(1, total)
    rates = np.zeros((len(HORIZONS), n_items))
    rises = np.empty((len(cuts), n_items, len(HORIZONS)), np.float16)
    recent = np.empty((len(cuts), min(LISTED, n_items)), np.int32)
    begin = 0
    for moment, end in enumerate(cuts):
        for horizon, length in enumerate(HORIZONS):
            span = max(1.0, length * total)
            rates[horizon] *= np.exp((begin - end) / span)
            for first in range(begin, end, _AT_ONCE):
                last = min(first + _AT_ONCE, end)
                fade = np.exp((np.arange(first, last) - end) / span)
                rates[horizon] += np.bincount(items[first:last], fade, n_items)
            expected = overall * rates[horizon].sum()
            # In 32 bits numpy's log is several times as fast.
            rise = ((rates[horizon] + PRIOR_EVENTS) / (expected + PRIOR_EVENTS)).astype(np.float32)
            rises[moment, :, horizon] = np.log(rise)
        recent[moment] = _strongest(rates[-1].astype(np.float32))
        begin = end
    return rises, recent


def _strongest(rates: Floats) -> Indices:
    """Return the LISTED items of the highest rates, equal ones in the order of their ids."""
    if len(rates) <= LISTED:
        return best_first(rates)
    least = np.partition(rates, len(rates) - LISTED)[len(rates) - LISTED]
    items = np.flatnonzero(rates >= least)
    return items[np.argsort(-rates[items], kind="stable")][:LISTED].astype(np.int32)
