"""Lagged co-occurrence: how often item j is met near item i, weighed by how many baskets lie between them.

With a = exp(-1/d_in) and b = exp(-1/d_out), all pairs of events of a user that lie |g| <= window baskets apart fill two
matrices at once, the real and the imaginary part of complex numbers (the matrices A and R of `seqridge`; `kernels`):

    A_ij: (1 - m) a^|g| / (1 - a^2) + m            R_ij: (1 - m) (a^g - b^g)/(a - b) for g > 0, + m for any g

Any block of rows can be counted by itself, so nothing of the size (items, items) has to exist. Histories lie one after
the other; the neighbourhood of an event is a record of 2 reach + 1 events, and records overlap in memory, so one
gather copies a whole neighbourhood. What belongs to another user or lies too far away gets the weight 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import workers
from tastemaker.recipes.data import Floats, Indices, Interactions, Times
from tastemaker.recipes.histories.baskets import number_baskets
from tastemaker.recipes.matrix.kernels import Complexes, Kernel

Block = tuple[int, int]
# Pairs handled at once: enough to keep numpy busy, small enough for the caches.
CHUNK = 1 << 16
# Rows of a sparse block: their numbers must fit into 12 bits of a sort key.
ROWS = 1 << 12
# Cells of a dense block of rows that is filled at once.
CELLS = 1 << 18
# Pairs of one count, and events looked at on either side: what is further away is measured to cost little.
PAIR_BUDGET = 1_200_000_000
REACH = 128


def reach_within(n_events: int, pairs: int, most: int) -> int:
    """Return how many events on either side of so many are looked at, so that all pairs stay inside a budget."""
    return max(1, min(most, pairs // max(1, 2 * n_events)))


@dataclass(frozen=True, slots=True)
class Histories:
    """Weighed events with the baskets they lie in, numbered so that two users' are further apart than any window.

    `sources` are the weights of a user's past: event weights times the user's weight; all arrays are (events,).
    """

    items: Indices
    baskets: Indices
    sources: Floats
    targets: Floats
    n_items: int

    @classmethod
    def of(cls, interactions: Interactions, kernel: Kernel) -> "Histories":
        """Number the baskets and weigh the users."""
        baskets = number_baskets(interactions)
        ends = interactions.starts()[1:] - 1
        longest = np.where(np.diff(interactions.starts()) > 0, baskets[ends], 0) if len(baskets) else ends * 0
        offsets = np.cumsum(longest + kernel.window + 1) - (longest + kernel.window + 1)
        lengths = np.maximum(np.diff(interactions.starts()), 1).astype(np.float32) ** np.float32(kernel.exponent)
        return cls(
            interactions.items,
            (baskets + offsets[interactions.users]).astype(np.int32),
            interactions.weights / lengths[interactions.users],
            interactions.weights,
            interactions.n_items,
        )


class Counter:
    """Counts pairs of the items that have a row with those that have a column, any block of rows at a time.

    `rows` and `columns` (n_items,) are places, or -1 for items that take no part.
    """

    def __init__(
        self,
        histories: Histories,
        rows: Indices,
        columns: Indices,
        kernel: Kernel,
        *,
        rows_follow: bool = False,
        pairs: int = PAIR_BUDGET,
        reach: int = REACH,
    ) -> None:
        self.n_rows, self.n_columns = int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1
        self._table = kernel.weights(rows_follow=rows_follow)
        partners = columns[histories.items] >= 0
        events = np.flatnonzero(rows[histories.items] >= 0)
        events = events[_by_row(rows[histories.items[events]])]
        self._starts = np.searchsorted(rows[histories.items[events]], np.arange(self.n_rows + 1))
        past, future = histories.sources, histories.targets
        if rows_follow:
            past, future = future, past
        self._weights = past[events] if _uneven(past) else None
        # So that a lag is an index into the table, which begins with a 0 for all that is too early.
        self._baskets = histories.baskets[events] - np.int32(kernel.window + 1)
        self._places: Times = (np.cumsum(partners) - partners)[events]
        baskets = histories.baskets[partners]
        reach = _longest(baskets, kernel.window, reach_within(len(events), pairs, reach))
        self._width = 2 * reach + 1
        self._step = max(1, CHUNK // self._width)
        self._columns = _records(columns[histories.items[partners]], reach, 0)
        self._lags = _records(baskets, reach, np.iinfo(np.int32).min // 2)
        self._partner_weights = _records(future[partners], reach, 0) if _uneven(future) else None
        for weights in (future, past):
            if len(weights) and not _uneven(weights):
                self._table = self._table * weights[0]

    def blocks(self, rows: int = 0, *, within: Block | None = None) -> list[Block]:
        """Cut the rows into blocks of about CHUNK pairs and at most so many rows, or CELLS cells."""
        begin, last = within or (0, self.n_rows)
        most, blocks = rows or max(1, CELLS // max(1, self.n_columns)), []
        while begin < last:
            enough = self._starts[begin] + self._step
            end = int(np.searchsorted(self._starts, enough, "right")) - 1
            end = min(max(end, begin + 1), begin + most, last)
            blocks.append((begin, end))
            begin = end
        return blocks

    def dense(self, block: Block) -> Complexes:
        """Return a block of rows, (rows, columns)."""
        rows = np.empty((block[1] - block[0], self.n_columns), np.complex64)
        for begin, end in self.blocks(within=block):
            parts = self._parts((begin, end))
            place = rows[begin - block[0] : end - block[0]]
            parts[0].toarray(out=place)
            for part in parts[1:]:
                place += part.toarray()
        return rows

    def sparse(self, block: Block) -> "Sparse":
        """Return a block of at most ROWS rows, as `blocks` cuts them, without the cells that nothing was counted in."""
        first, last = int(self._starts[block[0]]), int(self._starts[block[1]])
        if last - first > self._step:
            return Sparse.of(self.dense(block))
        rows = np.repeat(np.arange(block[1] - block[0]), np.diff(self._starts[block[0] : block[1] + 1]))
        weights, columns = self._pairs(first, last)
        weights, columns = weights.ravel(), columns.ravel()
        # One sort of packed keys, rows and columns before the pairs' own numbers, brings equal cells together.
        keys = np.repeat(rows.astype(np.uint64) << np.uint64(52), self._width)
        keys |= columns.astype(np.uint64) << np.uint64(24) | np.arange(len(keys), dtype=np.uint64)
        keys = keys[weights != 0]
        keys.sort()
        cells = keys >> np.uint64(24)
        fresh = np.flatnonzero(np.append(cells[:1] == cells[:1], cells[1:] != cells[:-1]))
        pairs = (keys & np.uint64(0xFFFFFF)).astype(np.int64)
        values = np.add.reduceat(weights[pairs], fresh) if len(fresh) else weights[:0]
        cells = cells[fresh]
        starts = np.searchsorted(cells >> np.uint64(28), np.arange(block[1] - block[0] + 1, dtype=np.uint64))
        return Sparse(starts, (cells & np.uint64(0xFFFFFFF)).astype(np.int32), values)

    def _parts(self, block: Block) -> list[Any]:
        """Return CSR matrices that add up to a block of rows; columns may be repeated."""
        first, last = int(self._starts[block[0]]), int(self._starts[block[1]])
        begins = range(first, max(last, first + 1), self._step)
        return [self._part(block, begin, min(begin + self._step, last)) for begin in begins]

    def _part(self, block: Block, begin: int, end: int) -> Any:  # noqa: ANN401  scipy is known to fit functions only
        from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

        weights, columns = self._pairs(begin, end)
        starts = (np.clip(self._starts[block[0] : block[1] + 1], begin, end) - begin) * self._width
        # Filled by hand: what is given at once is looked through for mistakes, which takes a tenth of the counting.
        part = csr_matrix((block[1] - block[0], self.n_columns), dtype=np.complex64)
        part.data, part.indices, part.indptr = weights.ravel(), columns.ravel(), starts.astype(np.int32)
        return part

    def _pairs(self, begin: int, end: int) -> tuple[Complexes, Indices]:
        """Return the weights and columns of the pairs of some events, (events, 2 reach + 1)."""
        places: Times = self._places[begin:end]
        shape = (end - begin, self._width)
        lags = self._lags[places].view(np.int32).reshape(shape) - self._baskets[begin:end, None]
        weights = self._table.take(lags, mode="clip")
        if self._weights is not None:
            # As pairs of floats: numpy multiplies complex numbers by real ones as if these were complex too.
            parts = weights.view(np.float32).reshape(end - begin, 2 * self._width)
            parts *= self._weights[begin:end, None]
        if self._partner_weights is not None:
            weights *= self._partner_weights[places].view(np.float32).reshape(shape)
        return weights, self._columns[places].view(np.int32).reshape(shape)


@dataclass(frozen=True, slots=True)
class Sparse:
    """Rows of a matrix without their empty cells: row r has those from `starts[r]` to `starts[r + 1]`, by column."""

    starts: Times
    columns: Indices
    values: NDArray[Any]

    @classmethod
    def of(cls, rows: NDArray[Any]) -> "Sparse":
        """Leave out the empty cells of a dense block."""
        owners, columns = np.nonzero(rows)
        starts = np.searchsorted(owners, np.arange(len(rows) + 1))
        return cls(starts, columns.astype(np.int32), rows[owners, columns])

    @classmethod
    def join(cls, parts: Sequence["Sparse"]) -> "Sparse":
        """Put rows after one another."""
        lengths = np.concatenate([[0], *(np.diff(part.starts) for part in parts)])
        columns = np.concatenate([np.empty(0, np.int32), *(part.columns for part in parts)])
        return cls(np.cumsum(lengths), columns, np.concatenate([np.empty(0, np.float32), *(p.values for p in parts)]))

    def owners(self) -> Times:
        """Return the row of every cell."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def at(self, rows: Indices, columns: Indices) -> NDArray[Any]:
        """Return cells, 0 where nothing was counted: a binary search in all rows at once."""
        low, end = self.starts[rows], self.starts[rows + 1]
        high = end.copy()
        for _ in range(int((end - low).max(initial=0)).bit_length()):
            middle = (low + high) >> 1
            before = (self.columns.take(middle, mode="clip") < columns) & (middle < high)
            low, high = np.where(before, middle + 1, low), np.where(before, high, middle)
        there = (low < end) & (self.columns.take(low, mode="clip") == columns)
        return np.where(there, self.values.take(low, mode="clip"), 0).astype(self.values.dtype)


Parts = tuple[Floats, Floats]


def covariance_and_target(counter: Counter, onto: Parts | None = None) -> Parts:
    """Return the real and the imaginary parts of all rows, two dense matrices (rows, columns), added to given ones."""
    shape = counter.n_rows, counter.n_columns
    real, imaginary = onto or (np.zeros(shape, np.float32), np.zeros(shape, np.float32))

    def fill(block: Block) -> None:
        rows = counter.dense(block)
        real[slice(*block)] += rows.real
        imaginary[slice(*block)] += rows.imag

    for _ in workers.spread(fill, counter.blocks()):
        pass
    return real, imaginary


def _uneven(weights: Floats) -> bool:
    """Whether weights differ; those that do not are put into the table."""
    return bool((weights != weights[:1]).any())


def _by_row(rows: Indices) -> Times:
    """Return the order by row, then by time; a sort of packed keys is many times as fast as a stable argsort."""
    keys = rows.astype(np.uint64) << np.uint64(32) | np.arange(len(rows), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _longest(baskets: Indices, window: int, limit: int) -> int:
    """Return how many events the window of any event holds on one side, or a limit."""
    if (baskets[limit:] - baskets[:-limit] <= window).any():
        return limit
    ends = np.searchsorted(baskets, baskets + np.int32(window), "right")
    return int((ends - np.arange(len(baskets))).max(initial=0))


def _records(values: NDArray[Any], reach: int, filling: int) -> NDArray[np.void]:
    """Return a view of values (events,) as overlapping records of 2 reach + 1, the one at an event centred on it."""
    frame = np.pad(values, (reach, reach + 1), constant_values=filling)
    record, size = np.dtype((np.void, frame.itemsize * (2 * reach + 1))), len(values) + 1
    return np.ndarray((size,), record, frame, strides=(frame.itemsize,))


def ranges(begins: Times, lengths: Times) -> Times:
    """Return begin, begin + 1, ... for every range, one after the other."""
    ends = np.cumsum(lengths)
    return np.asarray(np.arange(lengths.sum()) + np.repeat(begins - (ends - lengths), lengths), np.int64)
