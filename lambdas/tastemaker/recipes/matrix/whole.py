"""The item-item matrix of a small catalogue, of which nothing is cut: 16 bits an entry, rows looked up by a product."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Indices, extended
from tastemaker.recipes.matrix.neighbours import Neighbours, Reached, Rows

_LARGEST = np.iinfo(np.int16).max
_BLOCK, _LISTED = 256, 300


@dataclass(frozen=True, slots=True)
class Whole:
    """B is `values` (rows, rows), each row times its step; `steps` (items,) is 0 for items that have no row."""

    # Whole rows are so quick to add that more are looked up than of those that are cut.
    LOOKED_UP: ClassVar[int] = 300

    values: NDArray[np.int16]
    steps: Floats

    @classmethod
    def of(cls, matrix: Floats) -> Self:
        """Round B (items, items) to 16 bits: to a 65,534th of each row's range."""
        steps, values = np.empty(len(matrix), np.float32), np.empty(matrix.shape, np.int16)
        for begin in range(0, len(matrix), _BLOCK):
            block = slice(begin, begin + _BLOCK)
            steps[block] = np.abs(matrix[block]).max(axis=1, initial=0.0) / _LARGEST
            scaled = matrix[block] / np.where(steps[block] > 0, steps[block], 1)[:, None]
            values[block] = np.rint(scaled, out=scaled)
        return cls(values, steps)

    @property
    def n_items(self) -> int:
        """Return the size of the catalogue."""
        return len(self.steps)

    def grown(self, more: int) -> Self:
        """Return the same with more items that lead nowhere."""
        return replace(self, steps=extended(self.steps, more, 0))

    def among(self, items: Indices) -> Floats:
        """Return B of some items that have rows: (items, items)."""
        return np.asarray(self.values[np.ix_(items, items)] * self.steps[items, None], np.float32)

    def row(self, item: int) -> tuple[Indices, Floats]:
        """Return the columns and the values of a row."""
        if item >= len(self.values):
            return np.empty(0, np.int32), np.empty(0, np.float32)
        return np.arange(len(self.values), dtype=np.int32), self.values[item] * self.steps[item]

    def listed(self) -> Neighbours:
        """Return the strongest entries of each row."""
        begins = range(0, len(self.values), _BLOCK)
        blocks = (slice(begin, begin + _BLOCK) for begin in begins)
        rows = (Rows.cut(self.values[block] * self.steps[: len(self.values)][block, None], _LISTED) for block in blocks)
        return Rows.join(rows).of_items(np.arange(len(self.values), dtype=np.int32), self.n_items)

    def reach(self, items: Indices, weights: Floats) -> Reached:
        """Return what histories given as item weights (tempos, items) reach: all items."""
        more = self.n_items - len(self.values)
        if more:
            there = items < len(self.values)
            items, weights = items[there], weights[:, there]
        sums = (weights * self.steps[items]) @ self.values[items].astype(np.float32)
        if more:
            sums = np.pad(sums, ((0, 0), (0, more)))
        every = np.arange(self.n_items, dtype=np.int32)
        return Reached(every, sums, every)
