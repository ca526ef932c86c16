"""Rows of a matrix of which most cells are empty, one row after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Indices, Times
from tastemaker.recipes.matrix.kernels import Table


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


class Counting(Protocol):
    """What gives counts of pairs, any block of rows at a time."""

    @property
    def n_rows(self) -> int:
        """Return how many rows there are."""

    @property
    def n_columns(self) -> int:
        """Return how many columns there are."""

    def blocks(self, rows: int = 0) -> list[tuple[int, int]]:
        """Cut the rows into blocks of at most so many."""

    def dense(self, block: tuple[int, int]) -> Table:
        """Return a block of rows by the first table, (rows, columns)."""

    def by_table(self, block: tuple[int, int]) -> list[Table]:
        """Return a block of rows by each table, (rows, columns)."""

    def sparse(self, block: tuple[int, int]) -> Sparse:
        """Return a block of at most ROWS rows, without the cells that nothing was counted in."""
