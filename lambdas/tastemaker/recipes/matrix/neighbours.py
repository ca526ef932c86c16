"""The item-item matrix as it is served: the strongest entries of every row, and what a history reaches through them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Indices, Times, extended, pieces
from tastemaker.recipes.matrix.grams import ranges

# Up to this many items a sum over all of them costs less than finding out which ones were reached.
SMALL = 50_000


@dataclass(frozen=True, slots=True)
class Reached:
    """Items with their scores (tempos, items) by some histories' rows; the other items have the score 0.

    `slots` (n_items,) says where among `items` an item may be found; what it says of the others means nothing.
    """

    items: Indices
    values: Floats
    slots: Indices

    def places(self, items: Indices) -> tuple[Times, NDArray[np.bool_]]:
        """Return where items are, and which of them are there at all."""
        if not len(self.items):
            return np.zeros(len(items), np.int64), np.zeros(len(items), bool)
        places = np.clip(self.slots[items], 0, len(self.items) - 1).astype(np.int64)
        return places, self.items[places] == items

    def at(self, items: Indices) -> Floats:
        """Return the scores of items, (tempos, items)."""
        places, there = self.places(items)
        scores = np.zeros((len(self.values), len(items)), np.float32)
        scores[:, there] = self.values[:, places[there]]
        return scores

    def scaled(self, scale: Floats) -> "Reached":
        """Return the scores in units of each tempo's scale (tempos,)."""
        return Reached(self.items, self.values / scale[:, None], self.slots)


class ItemMatrix(Protocol):
    """The item-item matrix B as it is served, whatever was cut of its rows."""

    LOOKED_UP: ClassVar[int]

    @property
    def n_items(self) -> int:
        """Return the size of the catalogue."""

    def grown(self, more: int) -> Self:
        """Return the same with more items that lead nowhere."""

    def row(self, item: int) -> tuple[Indices, Floats]:
        """Return the columns and the values of a row."""

    def listed(self) -> "Neighbours":
        """Return the strongest entries of each row."""

    def reach(self, items: Indices, weights: Floats) -> Reached:
        """Return what histories given as item weights (tempos, items) reach."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Rows of B: those of item i lie between `starts[i]` and `starts[i + 1]` of `columns` and `values`."""

    # Of the weightiest items of a history this many are looked up: the rest adds time and next to nothing else.
    LOOKED_UP: ClassVar[int] = 60

    starts: Times
    columns: Indices
    values: Floats

    @property
    def n_items(self) -> int:
        """Return the size of the catalogue."""
        return len(self.starts) - 1

    def row(self, item: int) -> tuple[Indices, Floats]:
        """Return the columns and the values of a row."""
        row = slice(int(self.starts[item]), int(self.starts[item + 1]))
        return self.columns[row], self.values[row]

    def listed(self) -> Self:
        """Return the strongest entries of each row: these."""
        return self

    def grown(self, more: int) -> Self:
        """Return the same with more items that lead nowhere."""
        return replace(self, starts=extended(self.starts, more, self.starts[-1]))

    def reach(self, items: Indices, weights: Floats) -> Reached:
        """Return what histories given as item weights (tempos, items) reach."""
        begins, ends = self.starts[items], self.starts[items + 1]
        if not len(items):
            return Reached(np.empty(0, np.int32), np.empty((len(weights), 0), np.float32), np.empty(0, np.int32))
        columns, values = pieces(self.columns, begins, ends), pieces(self.values, begins, ends)
        entries = values * np.repeat(weights, ends - begins, axis=1)
        return (
            _add_all(columns, entries, self.n_items) if self.n_items <= SMALL else _add(columns, entries, self.n_items)
        )


def _add_all(columns: Indices, entries: Floats, n_items: int) -> Reached:
    """Add up entries (tempos, entries) by column, all columns being reached."""
    every, wide = np.arange(n_items, dtype=np.int32), columns.astype(np.intp)
    sums = np.array([np.bincount(wide, entry, n_items) for entry in entries], np.float32)
    return Reached(every, sums, every)


def _add(columns: Indices, entries: Floats, n_items: int) -> Reached:
    """Add up entries by column without touching anything else of the catalogue.

    `slots` is not cleared first, which would cost as much as all the rest: what a column wrote itself is all that is
    read, and `Reached.places` looks whether the item found is the one asked for.
    """
    slots, numbers = np.empty(n_items, np.int32), np.arange(len(columns), dtype=np.int32)
    slots[columns] = numbers
    items = columns[slots[columns] == numbers]
    slots[items] = numbers[: len(items)]
    places = slots[columns].astype(np.intp)
    sums = np.array([np.bincount(places, entry, len(items)) for entry in entries], np.float32)
    return Reached(items, sums, slots)


@dataclass(frozen=True, slots=True)
class Rows:
    """Consecutive rows cut to their strongest entries: how many each has, and the entries one row after the other."""

    lengths: Times
    columns: Indices
    values: Floats

    @classmethod
    def cut(cls, weights: Floats, most: int) -> "Rows":
        """Keep the largest magnitudes: a strong 'never together' says as much as a strong 'together'."""
        size = weights.shape[1]
        if most < size:
            columns = np.argpartition(np.abs(weights), size - most, axis=1)[:, size - most :]
            columns.sort(axis=1)
            values = np.take_along_axis(weights, columns, axis=1)
        else:
            columns, values = np.broadcast_to(np.arange(size), weights.shape), weights
        there = values != 0
        return cls(there.sum(axis=1), columns[there].astype(np.int32), values[there])

    @classmethod
    def join(cls, parts: Iterable["Rows"]) -> "Rows":
        """Put rows after one another."""
        whole = [cls(np.zeros(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32)), *parts]
        return cls(*(np.concatenate([getattr(part, name) for part in whole]) for name in cls.__slots__))

    def beside(self, others: "Rows", most: int) -> "Rows":
        """Merge with the same rows of other columns, and cut what is too long again."""
        lengths = self.lengths + others.lengths
        columns, values = np.empty(lengths.sum(), np.int32), np.empty(lengths.sum(), np.float32)
        begins = np.cumsum(lengths) - lengths
        for rows, first in ((self, begins), (others, begins + self.lengths)):
            places = ranges(first, rows.lengths)
            columns[places], values[places] = rows.columns, rows.values
        there = np.ones(len(columns), bool)
        for row in np.flatnonzero(lengths > most).tolist():
            entries = np.abs(values[begins[row] : begins[row] + lengths[row]])
            there[begins[row] + np.argpartition(entries, len(entries) - most)[: len(entries) - most]] = False
        return Rows(np.minimum(lengths, most), columns[there], values[there])

    def of_items(self, items: Indices, n_items: int) -> Neighbours:
        """Name rows and columns by item; `items` (rows,) says which item each place stands for."""
        lengths = np.zeros(n_items, np.int64)
        lengths[items] = self.lengths
        begins = np.cumsum(self.lengths) - self.lengths
        by_item = np.argsort(items)
        order = ranges(begins[by_item], self.lengths[by_item])
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return Neighbours(starts, items[self.columns[order]], self.values[order])
