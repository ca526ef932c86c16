"""Lagged co-occurrence: how often item j is met near item i, weighed by how many baskets lie between them.

With a = exp(-1/d_in) and b = exp(-1/d_out), all pairs of events of a user that lie |g| <= window baskets apart fill two
matrices at once, the real and the imaginary part of complex numbers (the matrices A and R of `seqridge`; `kernels`):

    A_ij: (1 - m) a^|g| / (1 - a^2) + m            R_ij: (1 - m) (a^g - b^g)/(a - b) for g > 0, + m for any g

Any block of rows can be counted by itself, so nothing of the size (items, items) has to exist. Histories lie one after
the other; the neighbourhood of an event is cut into pieces of some events each, records that overlap in memory, so one
gather copies whole pieces. What belongs to another user or lies too far away gets the weight 0.

Items among themselves need but half of the pairs (`symmetric`).
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import workers
from tastemaker.recipes.data import Floats, Indices, Interactions, Times
from tastemaker.recipes.histories.baskets import number_baskets
from tastemaker.recipes.matrix.kernels import Kernel, Table
from tastemaker.recipes.matrix.sparse import Counting, Sparse

Block = tuple[int, int]
Task = TypeVar("Task")
# Pairs handled at once: enough to keep numpy busy, small enough for the caches.
CHUNK = 1 << 16
# Rows of a sparse block: their numbers must fit into 12 bits of a sort key.
ROWS = 1 << 12
# Cells of a dense block of rows that is filled at once.
CELLS = 1 << 18
# Partners of one piece; reading a piece costs as much as so many pairs.
WIDTHS, BY_PIECE = range(4, 65), 8
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

    `rows` and `columns` (n_items,) are places, or -1 for items that take no part. Pairs are weighed by each of some
    `tables` of one window. With `before` only those of the partners count that stand before an event.
    """

    def __init__(
        self,
        histories: Histories,
        rows: Indices,
        columns: Indices,
        tables: Sequence[Table],
        *,
        before: bool = False,
        pairs: int = PAIR_BUDGET,
        reach: int = REACH,
    ) -> None:
        self.n_rows, self.n_columns = int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1
        window = np.int32(len(tables[0]) // 2 - 1)
        columns, rows = columns[histories.items], rows[histories.items]
        partners, mine = columns >= 0, rows >= 0
        places: Times = (np.cumsum(partners) - partners)[mine]
        limit = reach_within(len(places), pairs, reach)
        near = _near(histories.baskets[partners], histories.baskets[mine], places, window, limit, before=before)
        self._width = _best_width(near[1] - near[0])
        self._step = max(1, CHUNK // self._width)
        order = _by_row(rows[mine])
        pieces, self._ends = _pieces(near[0][order], near[1][order], self._width)
        events = np.repeat(np.flatnonzero(mine)[order].astype(np.int32), pieces)
        row_ends = np.cumsum(np.bincount(rows[mine], minlength=self.n_rows))
        self._starts = np.append(0, np.cumsum(pieces))[np.append(0, row_ends)]
        # Both events are one user's, so it is all the same which of them has the user's weight.
        past, future = histories.sources, histories.targets
        self._weights = past[events] if _uneven(past) else None
        # So that a lag is an index into the table, which begins with a 0 for all that is too early.
        self._baskets = histories.baskets[events] - (window + np.int32(1))
        self._columns = _records(columns[partners], self._width, 0)
        self._lags = _records(histories.baskets[partners], self._width, np.iinfo(np.int32).min // 2)
        self._partner_weights = _records(future[partners], self._width, 0) if _uneven(future) else None
        even = [weights[0] for weights in (future, past) if len(weights) and not _uneven(weights)]
        self._scale = np.prod(even, dtype=np.float32)
        self.tables = [table * self._scale for table in tables]

    def weighing(self, table: Table) -> Self:
        """Return the same pairs weighed by another table of the same window."""
        other = copy(self)
        other.tables = [table * self._scale]
        return other

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

    def dense(self, block: Block) -> Table:
        """Return a block of rows by the first table, (rows, columns)."""
        return self.by_table(block)[0]

    def by_table(self, block: Block) -> list[Table]:
        """Return a block of rows by each table, (rows, columns)."""
        matrices = [np.empty((block[1] - block[0], self.n_columns), table.dtype) for table in self.tables]
        for begin, end in self.blocks(within=block):
            self._fill([rows[begin - block[0] : end - block[0]] for rows in matrices], (begin, end))
        return matrices

    def sparse(self, block: Block) -> Sparse:
        """Return a block of at most ROWS rows, as `blocks` cuts them, without the cells that nothing was counted in."""
        first, last = int(self._starts[block[0]]), int(self._starts[block[1]])
        if last - first > self._step:
            return Sparse.of(self.dense(block))
        rows = np.repeat(np.arange(block[1] - block[0]), np.diff(self._starts[block[0] : block[1] + 1]))
        (weights, *_), columns = self._pairs(first, last)
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

    def _fill(self, matrices: Sequence[Table], block: Block) -> None:
        """Fill a block of rows of each table, some pairs at a time."""
        first, last = int(self._starts[block[0]]), int(self._starts[block[1]])
        for begin in range(first, max(last, first + 1), self._step):
            weights, columns = self._pairs(begin, min(begin + self._step, last))
            starts = np.clip(self._starts[block[0] : block[1] + 1] - begin, 0, len(columns)) * self._width
            for matrix, each in zip(matrices, weights, strict=True):
                part = _csr(each, columns, starts, self.n_columns)
                if begin == first:
                    part.toarray(out=matrix)
                else:
                    np.add(matrix, part.toarray(), out=matrix)

    def _pairs(self, begin: int, end: int) -> tuple[list[Table], Indices]:
        """Return the weights by each table and the columns of the pairs of some pieces, (pieces, width)."""
        ends = self._ends[begin:end]
        shape = (end - begin, self._width)
        lags = self._lags[ends].view(np.int32).reshape(shape)
        lags -= self._baskets[begin:end, None]
        weights = [table.take(lags, mode="clip") for table in self.tables]
        for each in weights:
            self._weigh(each, begin, end)
        return weights, self._columns[ends].view(np.int32).reshape(shape)

    def _weigh(self, weights: Table, begin: int, end: int) -> None:
        """Put the weights of the events into those of the pairs."""
        if self._weights is not None:
            # As pairs of floats: numpy multiplies complex numbers by real ones as if these were complex too.
            parts = weights.view(np.float32)
            parts *= self._weights[begin:end, None]
        if self._partner_weights is not None:
            weights *= self._partner_weights[self._ends[begin:end]].view(np.float32).reshape(weights.shape)


Parts = tuple[Floats, Floats]


def covariance_and_target(counter: Counting) -> Parts:
    """Return the real and the imaginary parts of all rows, two dense matrices (rows, columns)."""
    real, imaginary = filled(counter, 2)
    return real, imaginary


def filled(counter: Counting, count: int) -> list[Floats]:
    """Return all rows by each table: the real and the imaginary parts by the first, and those by the real others."""
    matrices = [np.empty((counter.n_rows, counter.n_columns), np.float32) for _ in range(count)]

    def fill(block: Block) -> None:
        first, *others = counter.by_table(block)
        for matrix, rows in zip(matrices, (first.real, first.imag, *others), strict=True):
            matrix[slice(*block)] = rows

    each(fill, counter.blocks())
    return matrices


def each(work: Callable[[Task], None], tasks: Sequence[Task]) -> None:
    """Do all of some work."""
    for _ in workers.spread(work, tasks):
        pass


def _csr(weights: Table, columns: Indices, starts: Times, n_columns: int) -> Any:  # noqa: ANN401  scipy fits only
    """Return rows of pairs as a matrix in which a cell may be there more than once."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    # Filled by hand: what is given at once is looked through for mistakes, which takes a tenth of the counting.
    part = csr_matrix((len(starts) - 1, n_columns), dtype=weights.dtype)
    part.data, part.indices, part.indptr = weights.ravel(), columns.ravel(), starts.astype(np.int32)
    return part


def _uneven(weights: Floats) -> bool:
    """Whether weights differ; those that do not are put into the table."""
    return bool((weights != weights[:1]).any())


def _by_row(rows: Indices) -> Times:
    """Return the order by row, then by time; a sort of packed keys is many times as fast as a stable argsort."""
    keys = rows.astype(np.uint64) << np.uint64(32) | np.arange(len(rows), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _near(
    partners: Indices, baskets: Indices, places: Times, window: np.int32, reach: int, *, before: bool
) -> tuple[Times, Times]:
    """Return where the partners of each event begin and end; `places` says how many partners stand before an event."""
    first = np.maximum(np.searchsorted(partners, baskets - window), places - reach)
    if before:
        return first, places
    return first, np.minimum(np.searchsorted(partners, baskets + window, "right"), places + reach + 1)


def _best_width(lengths: Times) -> int:
    """Return how wide pieces are handled quickest: wide ones hold more that does not count, of narrow ones are more."""
    counts = np.bincount(lengths)
    sizes = np.arange(len(counts))
    return min(WIDTHS, key=lambda width: int(counts @ -(-sizes // width)) * (width + BY_PIECE))


def _pieces(first: Times, last: Times, width: int) -> tuple[Times, Indices]:
    """Cut ranges into pieces of one width, the last one first: how many each has, and the end of every piece."""
    pieces = -(-(last - first) // width)
    begins = (np.cumsum(pieces) - pieces).astype(np.int32)
    numbers = np.arange(pieces.sum(), dtype=np.int32) - np.repeat(begins, pieces)
    return pieces, np.repeat(last.astype(np.int32), pieces) - numbers * np.int32(width)


def _records(values: NDArray[Any], width: int, filling: int) -> NDArray[np.void]:
    """Return a view of values (events,) as overlapping records of some width, each named by its end."""
    frame = np.pad(values, (width, 0), constant_values=filling)
    record = np.dtype((np.void, frame.itemsize * width))
    return np.ndarray((len(values) + 1,), record, frame, strides=(frame.itemsize,))


def ranges(begins: Times, lengths: Times) -> Times:
    """Return begin, begin + 1, ... for every range, one after the other."""
    ends = np.cumsum(lengths)
    return np.asarray(np.arange(lengths.sum()) + np.repeat(begins - (ends - lengths), lengths), np.int64)
