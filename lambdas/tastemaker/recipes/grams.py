"""Lagged co-occurrence, added straight into dense matrices: how often item j follows item i, by how many baskets.

With a = exp(-1/d_in) and b = exp(-1/d_out), one pass over all pairs of events that lie g <= window baskets apart
fills three (items, items) matrices: `decayed` (a^g), `future` ((a^g - b^g)/(a - b), g > 0) and `together` (1).
They are additive over users, which is what lets validation users be added back later.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.baskets import number_baskets
from tastemaker.recipes.data import Floats, Indices, Interactions, Times

# Pairs handled at once: enough to keep numpy busy, small enough to stay out of the way of the matrices.
CHUNK = 1 << 20
# All pairs of one training run; beyond it the window shrinks, which is measured to cost little.
PAIR_BUDGET = 250_000_000


@dataclass(frozen=True, slots=True)
class Kernel:
    """How the past fades (d_in), how the future fades (d_out), and how far apart two baskets may be."""

    past: float = 3.0
    future: float = 8.0
    window: int = 20

    def tables(self) -> tuple[NDArray[np.complex64], Floats]:
        """Return the weights by lag: decayed + i future, and together; lag 0 is met from both sides, so halved."""
        lags = np.arange(self.window + 1)
        fade, fade_out = np.exp(-1 / self.past), np.exp(-1 / self.future)
        decayed = fade**lags
        future = (decayed - fade_out**lags) / (fade - fade_out)
        decayed[0] = 0.5
        together = np.ones(self.window + 1, np.float32)
        together[0] = 0.5
        return (decayed + 1j * future).astype(np.complex64), together


@dataclass(slots=True)
class Grams:
    """Forward co-occurrence over some users: `lagged` = decayed + i future, and `together`, both (items, items)."""

    lagged: NDArray[np.complex64]
    together: Floats

    def add(self, other: "Grams") -> None:
        """Add the pairs of other users in place."""
        self.lagged += other.lagged
        self.together += other.together


def count_pairs(interactions: Interactions, position: Indices, size: int, kernel: Kernel) -> Grams:
    """Count all pairs among the items that have a position (>= 0) in the matrices; a user's weight is 1/events."""
    lengths = np.diff(interactions.starts())
    kept = position[interactions.items] >= 0
    events = interactions.where(kept)
    baskets = _apart(events, number_baskets(interactions)[kept], kernel.window)
    sources = (events.weights / np.maximum(lengths, 1)[events.users]).astype(np.float32)
    return _add_up(_Events(position[events.items], baskets, sources, events.weights), size, kernel)


@dataclass(frozen=True, slots=True)
class _Events:
    """Events in the matrices' terms, all (events,): item, basket, and their weight as a past and as a future."""

    items: Indices
    baskets: Times
    sources: Floats
    targets: Floats


def _apart(events: Interactions, baskets: Times, window: int) -> Times:
    """Number baskets so that two users' are further apart than any window."""
    if not len(events):
        return baskets
    longest = np.zeros(events.n_users, np.int64)
    np.maximum.at(longest, events.users, baskets)
    offsets = np.cumsum(longest + window + 1) - (longest + window + 1)
    return baskets + offsets[events.users]


def _add_up(events: _Events, size: int, kernel: Kernel) -> Grams:
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    grams = Grams(np.zeros((size, size), np.complex64), np.zeros((size, size), np.float32))
    lagged, together = kernel.tables()
    items, baskets = events.items, events.baskets
    # The same basket reaches back before the event itself, never further.
    begins = np.searchsorted(baskets, baskets, "left")
    spans = np.searchsorted(baskets, baskets + _fitting(baskets, begins, kernel.window), "right") - begins
    for chunk in _chunks(np.argsort(items, kind="stable"), spans):
        first, last = items[chunk[0]], items[chunk[-1]] + 1
        partners = ranges(begins[chunk], spans[chunk])
        lags = baskets[partners] - np.repeat(baskets[chunk], spans[chunk])
        weight = np.repeat(events.sources[chunk], spans[chunk]) * events.targets[partners]
        rows = np.searchsorted(items[chunk], np.arange(first, last + 1))
        starts = np.concatenate([[0], np.cumsum(spans[chunk])])[rows]
        columns, shape = items[partners], (last - first, size)
        grams.lagged[first:last] += csr_matrix((lagged[lags] * weight, columns, starts), shape).toarray()
        grams.together[first:last] += csr_matrix((together[lags] * weight, columns, starts), shape).toarray()
    return grams


def _fitting(baskets: Times, begins: Times, window: int) -> int:
    """Return the widest window whose pairs stay inside the budget."""
    while window > 1:
        ends = np.searchsorted(baskets, baskets + window, "right")
        if int((ends - begins).sum()) <= PAIR_BUDGET:
            break
        window //= 2
    return window


def _chunks(order: Times, spans: Times) -> Iterator[Times]:
    """Cut the events into runs of about CHUNK pairs."""
    totals = np.cumsum(spans[order])
    begin = 0
    while begin < len(order):
        done = totals[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(totals, done + CHUNK, "right")))
        yield order[begin:end]
        begin = end


def ranges(begins: Times, lengths: Times) -> Times:
    """Return begin, begin + 1, ... for every range, one after the other."""
    ends = np.cumsum(lengths)
    return np.asarray(np.arange(lengths.sum()) + np.repeat(begins - (ends - lengths), lengths), np.int64)
