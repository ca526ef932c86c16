"""What the item-item matrix is learned from where pairs were counted elsewhere (`spark/job.py`, step `reduce`).

They come added up by the kernel, so that no event has to be there. Of the tail only the strongest pairs of each row
come. `alone` (items,) is what every event counts for its item together with itself: of the events that are paired each
user has one with each item, so that it is the whole of a diagonal.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tastemaker.recipes.data import Floats, Indices, Times
from tastemaker.recipes.matrix.grams import ROWS, Block, Parts
from tastemaker.recipes.matrix.kernels import Kernel, Table
from tastemaker.recipes.matrix.sparse import Sparse
from tastemaker.recipes.matrix.symmetric import mirror

# Of the tail's rows so many cells are counted in all, and of each row no fewer than these.
TAIL_CELLS, TAIL_KEPT = 100_000_000, 64
# Cells that are taken out at once.
AT_ONCE = 1 << 22


@dataclass(frozen=True, slots=True)
class Cells:
    """Pairs added up: row r has those from `starts[r]` to `starts[r + 1]`, by column; `sums` is (sums, cells)."""

    starts: Times
    columns: Indices
    sums: Floats

    @classmethod
    def sort(cls, n_rows: int, rows: ArrayLike, columns: ArrayLike, *sums: ArrayLike) -> Self:
        """Bring cells of any order into that of rows and columns."""
        order = np.lexsort((np.asarray(columns), np.asarray(rows)))
        starts = np.append(0, np.cumsum(np.bincount(np.asarray(rows, np.int64), minlength=n_rows)))
        return cls(starts, np.asarray(columns, np.int32)[order], np.asarray(sums, np.float32)[:, order])

    def dense(self, which: int, n_columns: int) -> Floats:
        """Return all rows of one of the sums."""
        matrix = np.zeros((len(self.starts) - 1, n_columns), np.float32)
        rows = np.repeat(np.arange(len(matrix), dtype=np.int32), np.diff(self.starts))
        matrix[rows, self.columns] = self.sums[which]
        return matrix


@dataclass(frozen=True, slots=True)
class CountedTail:
    """Rows of the tail against the places `near` of the order, a block at a time, as `grams.Counter` gives them.

    `target` is the sum that is the imaginary part, `own` (rows,) what an event counts with itself: that is in no pair.
    """

    cells: Cells
    target: int
    own: NDArray[Any]
    head: int
    near: Block

    @property
    def n_rows(self) -> int:
        """Return how many rows there are."""
        return len(self.own)

    @property
    def n_columns(self) -> int:
        """Return how many columns there are."""
        return self.near[1] - self.near[0]

    def blocks(self, rows: int = 0) -> list[Block]:
        """Cut the rows into blocks of at most so many."""
        within = 1 + AT_ONCE * self.n_rows // max(1, len(self.cells.columns))
        step = min(rows or ROWS, ROWS, within)
        return [(begin, min(begin + step, self.n_rows)) for begin in range(0, self.n_rows, step)]

    def dense(self, block: Block) -> Table:
        """Return a block of rows, (rows, columns)."""
        rows, columns, values = self._within(block)
        matrix = np.zeros((block[1] - block[0], self.n_columns), values.dtype)
        matrix[rows, columns] = values
        return matrix

    def by_table(self, block: Block) -> list[Table]:
        """Return a block of rows by the one table."""
        return [self.dense(block)]

    def sparse(self, block: Block) -> Sparse:
        """Return a block of rows without the cells that nothing was counted in."""
        rows, columns, values = self._within(block)
        return Sparse(np.searchsorted(rows, np.arange(block[1] - block[0] + 1)), columns, values)

    def _within(self, block: Block) -> tuple[Indices, Indices, Table]:
        """Return the cells of some rows in their order: rows and columns from the first of these on, and values."""
        starts = self.cells.starts[block[0] : block[1] + 1]
        some, every = slice(starts[0], starts[-1]), np.arange(*block, dtype=np.int32)
        there, own = self._there(self.cells.columns[some]), every[self._there(every + self.head)]
        rows = np.repeat(every, np.diff(starts))[there]
        columns = self.cells.columns[some][there]
        values = np.empty(len(rows), np.complex64)
        values.real, values.imag = self.cells.sums[0, some][there], self.cells.sums[self.target, some][there]
        spots = np.searchsorted(_keys(rows, columns), _keys(own, own + np.int32(self.head)))
        rows, columns = np.insert(rows, spots, own), np.insert(columns, spots, own + np.int32(self.head))
        return rows - np.int32(block[0]), columns - np.int32(self.near[0]), np.insert(values, spots, self.own[own])

    def _there(self, places: NDArray[np.integer]) -> NDArray[np.bool_]:
        return (places >= self.near[0]) & (places < self.near[1])


def _keys(rows: Indices, columns: Indices) -> NDArray[np.int64]:
    return np.asarray(rows.astype(np.int64) << 32 | columns)


@dataclass(frozen=True, slots=True)
class CountedProblem:
    """The items to learn, strongest first, with the events of each and `alone` (items,), and pairs of head and tail.

    Of the head's pairs, among which the row is the later event, come three sums: what order says of A and of R', and 1
    for each. The tail's rows begin at `head`; of them come A, R of rows that are the past, R of rows that follow.
    """

    order: Indices
    events: Times
    alone: Floats
    head: int
    head_pairs: Cells
    tail_pairs: Cells
    kernel: Kernel

    def among_head(self) -> Parts:
        """Return A and R' among the head."""
        alone = self.alone[: self.head]
        covariance, targets, both = (self.head_pairs.dense(which, self.head) for which in range(3))
        mirror(covariance, alone * self.kernel.order().real[self.kernel.window + 1])
        mirror(both, alone)
        both *= np.float32(self.kernel.mixture)
        covariance += both
        targets += both
        return covariance, targets

    def counter(self, columns: Block, *, rows_follow: bool = False) -> CountedTail:
        """Return what is counted of the tail against some places of the order."""
        own = self.alone[self.head :] * self.kernel.weights()[self.kernel.window + 1]
        return CountedTail(self.tail_pairs, 2 if rows_follow else 1, own, self.head, columns)

    def diagonal(self) -> Floats:
        """Return A_ii in places of the order."""
        return np.asarray(self.alone * self.kernel.weights().real[self.kernel.window + 1], np.float32)
