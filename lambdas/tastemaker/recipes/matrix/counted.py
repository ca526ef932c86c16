"""What the item-item matrix is learned from where pairs were counted elsewhere (`spark/job.py`, step `reduce`).

They come added up by lag, so that any kernel of their window and exponent weighs them, and no event has to be there.
Of the tail only the strongest pairs of each row come. `alone` (items,) is what every event counts for its item together
with itself: of the events that are paired each user has one with each item, so that it is the whole of a diagonal.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tastemaker.recipes.data import Floats, Indices, Times
from tastemaker.recipes.matrix.grams import ROWS, Block, Parts
from tastemaker.recipes.matrix.kernels import Kernel, Table, alike
from tastemaker.recipes.matrix.sparse import Sparse
from tastemaker.recipes.matrix.symmetric import mirror


@dataclass(frozen=True, slots=True)
class Lagged:
    """Pairs added up by row, column and lag, the column's basket behind the row's: all (cells,), sorted by row."""

    rows: Indices
    columns: Indices
    lags: Indices
    weights: Floats

    @classmethod
    def sort(cls, rows: ArrayLike, columns: ArrayLike, lags: ArrayLike, weights: ArrayLike) -> Self:
        """Bring cells of any order into that of rows and columns."""
        order = np.lexsort((np.asarray(columns), np.asarray(rows)))
        places = [np.asarray(each, np.int32)[order] for each in (rows, columns, lags)]
        return cls(places[0], places[1], places[2], np.asarray(weights, np.float32)[order])

    def within(self, block: Block) -> Self:
        """Return the cells of some rows, which are numbered from the first of these on."""
        begin, end = np.searchsorted(self.rows, block)
        some = slice(int(begin), int(end))
        rows = self.rows[some] - np.int32(block[0])
        return type(self)(rows, self.columns[some], self.lags[some], self.weights[some])

    def weighed(self, table: Table) -> NDArray[Any]:
        """Return what each cell counts by a table."""
        return self.weights * table[self.lags + len(table) // 2]

    def dense(self, table: Table, shape: tuple[int, int]) -> NDArray[Any]:
        """Return all rows by a table."""
        matrix = np.zeros(shape, table.dtype)
        np.add.at(matrix, (self.rows, self.columns), self.weighed(table))
        return matrix


@dataclass(frozen=True, slots=True)
class CountedTail:
    """Rows of the tail against some places of the order, a block at a time, as `grams.Counter` gives them."""

    pairs: Lagged
    table: Table
    n_rows: int
    n_columns: int

    def blocks(self, rows: int = 0) -> list[Block]:
        """Cut the rows into blocks of at most so many."""
        step = min(rows or ROWS, ROWS)
        return [(begin, min(begin + step, self.n_rows)) for begin in range(0, self.n_rows, step)]

    def dense(self, block: Block) -> Table:
        """Return a block of rows, (rows, columns)."""
        return self.pairs.within(block).dense(self.table, (block[1] - block[0], self.n_columns))

    def by_table(self, block: Block) -> list[Table]:
        """Return a block of rows by the one table."""
        return [self.dense(block)]

    def sparse(self, block: Block) -> Sparse:
        """Return a block of rows without the cells that nothing was counted in."""
        pairs = self.pairs.within(block)
        fresh = _fresh(pairs)
        values = np.add.reduceat(pairs.weighed(self.table), fresh) if len(fresh) else np.empty(0, self.table.dtype)
        starts = np.searchsorted(pairs.rows[fresh], np.arange(block[1] - block[0] + 1))
        return Sparse(starts, pairs.columns[fresh], values)


def _fresh(pairs: Lagged) -> Times:
    """Return where another cell begins: those of several lags are one."""
    fresh = np.ones(len(pairs.rows), bool)
    fresh[1:] = (pairs.rows[1:] != pairs.rows[:-1]) | (pairs.columns[1:] != pairs.columns[:-1])
    return np.flatnonzero(fresh)


@dataclass(frozen=True, slots=True)
class CountedProblem:
    """The items to learn, strongest first, with the events of each and `alone` (items,), and pairs of head and tail.

    Of the head's pairs the row is the later event; the tail's are told with the row's place, from `head` on.
    """

    order: Indices
    events: Times
    alone: Floats
    head: int
    head_pairs: Lagged
    tail_pairs: Lagged
    kernel: Kernel

    def among_head(self) -> Parts:
        """Return A and R' among the head."""
        alone, window = self.alone[: self.head], self.kernel.window
        order = self.head_pairs.dense(self.kernel.order(), (self.head, self.head))
        both = self.head_pairs.dense(alike(window), (self.head, self.head))
        covariance, targets = np.ascontiguousarray(order.real), np.ascontiguousarray(order.imag)
        mirror(covariance, alone * self.kernel.order().real[window + 1])
        mirror(both, alone)
        both *= np.float32(self.kernel.mixture)
        return covariance + both, targets + both

    def counter(self, columns: Block, *, rows_follow: bool = False) -> CountedTail:
        """Return what is counted of the tail against some places of the order."""
        pairs, head, (begin, end) = self.tail_pairs, self.head, columns
        near = (pairs.columns >= begin) & (pairs.columns < end)
        rows, places = pairs.rows[near] - head, pairs.columns[near] - begin
        # An event beside itself is in no pair.
        own = np.arange(max(head, begin), min(len(self.order), end))
        cells = Lagged.sort(
            np.append(rows, own - head),
            np.append(places, own - begin),
            np.append(pairs.lags[near], np.zeros_like(own)),
            np.append(pairs.weights[near], self.alone[own]),
        )
        table = self.kernel.weights(rows_follow=rows_follow)
        return CountedTail(cells, table, len(self.order) - head, end - begin)

    def diagonal(self) -> Floats:
        """Return A_ii in places of the order."""
        return np.asarray(self.alone * self.kernel.weights().real[self.kernel.window + 1], np.float32)
