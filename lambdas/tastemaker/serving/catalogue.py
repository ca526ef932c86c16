"""What is known of items and users beside the model, in arrays that answer a filter without a loop over rows."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.cells import _CELLS, Arrays, Cells
from tastemaker.recipes.data import Ids, Indices, Mask, Times, Value, find

_BAR, _BEHIND_BAR = b"|", b"}"  # what separates values, and the next letter in the order of bytes
_ORDERS: Mapping[str, Callable[..., Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


class Column(Protocol):
    """One field of all rows; every mask has shape (rows,)."""

    def present(self) -> Mask:
        """Return where there is a value."""

    def equal(self, terms: Collection[str]) -> Mask:
        """Return where any of a row's values is one of the terms."""

    def ordered(self, operator: str, term: str) -> Mask:
        """Return where the value is below or above a number."""

    def values_of(self, row: int) -> tuple[str, ...]:
        """Return the values of one row."""

    def like(self, cells: Iterable[Value | None]) -> "Column":
        """Return a column of other rows that are read as this one's are; None is an empty cell."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A numeric field, nan where it has no value; `values` keeps the width of its schema: 0.1 is equal to 0.1."""

    values: NDArray[Any]

    def present(self) -> Mask:
        """Return where there is a value."""
        mask: Mask = ~np.isnan(self.values)
        return mask

    def equal(self, terms: Collection[str]) -> Mask:
        """Return where the value is one of the terms; text that is no number equals nothing."""
        mask = np.zeros(len(self.values), np.bool_)
        for term in terms:
            mask |= self.values == self._number(term)
        return mask

    def ordered(self, operator: str, term: str) -> Mask:
        """Return where the value is below or above a number."""
        mask: Mask = _ORDERS[operator](self.values, self._number(term))
        return mask

    def values_of(self, row: int) -> tuple[str, ...]:
        """Return the one value of a row, or nothing."""
        value = self.values[row]
        # As short as its width allows: 0.1 of a float is then the 0.1 of a double.
        return () if np.isnan(value) else (str(value),)

    def like(self, cells: Iterable[Value | None]) -> Self:
        """Return other numbers of the same width."""
        return type(self)(np.array([np.nan if cell is None else float(cell) for cell in cells], self.values.dtype))

    def _number(self, text: str) -> Any:  # noqa: ANN401  a numpy scalar of the column's own width
        try:
            with np.errstate(over="ignore"):
                return self.values.dtype.type(float(text))
        except ValueError:
            return self.values.dtype.type(np.nan)


@dataclass(frozen=True, slots=True)
class Texts:
    """A text field by value: the rows that have value v are `rows[bounds[1, v] : bounds[1, v + 1]]`, ascending.

    The distinct values lie sorted in UTF-8 one behind the other in `letters`, value v between `bounds[0, v]` and
    `bounds[0, v + 1]`: arrays of numpy strings would give each value the room of the longest. Cells that were not split
    are values as a whole, and have the parts between their `|` besides.
    """

    letters: NDArray[np.uint8]
    bounds: Times
    rows: Indices
    size: int
    split: bool

    @classmethod
    def of(cls, cells: Iterable[str], *, split: bool) -> Self:
        """Index the cells of all rows; an empty cell has no value, `|` separates values if they are to be split."""
        where = defaultdict[bytes, list[int]](list)
        size = 0
        for row, cell in enumerate(cells):
            size = row + 1
            for value in dict.fromkeys(cell.split("|")) if split else (cell,):
                if value:
                    where[value.encode()].append(row)
        values = sorted(where)
        ends = ([0, *accumulate(map(len, each))] for each in (values, [where[value] for value in values]))
        rows = np.array([row for value in values for row in where[value]], np.int32)
        return cls(np.frombuffer(b"".join(values), np.uint8), np.array(list(ends), np.int64), rows, size, split)

    def present(self) -> Mask:
        """Return where there is a value."""
        return self._mask([self.rows])

    def equal(self, terms: Collection[str]) -> Mask:
        """Return where any of a row's values is one of the terms."""
        places = (place for term in terms for place in self._places(term.encode(errors="replace")))
        return self._mask([self._rows_of(place) for place in places])

    def ordered(self, operator: str, term: str) -> Mask:
        """Return nothing: text has no order that a filter may ask for."""
        del operator, term
        return self._mask([])

    def values_of(self, row: int) -> tuple[str, ...]:
        """Return the values of one row, sorted; those inside a cell that was not split follow it."""
        places = np.searchsorted(self.bounds[1], np.flatnonzero(self.rows == row), side="right") - 1
        values = [self._value(int(place)).decode() for place in places]
        inside = [] if self.split else [part for value in values for part in value.split("|") if part]
        return tuple(dict.fromkeys([*values, *inside]))

    def like(self, cells: Iterable[Value | None]) -> Self:
        """Index other cells, split as these were."""
        return self.of(("" if cell is None else str(cell) for cell in cells), split=self.split)

    def _mask(self, groups: list[Indices]) -> Mask:
        mask = np.zeros(self.size, np.bool_)
        for rows in groups:
            mask[rows] = True
        return mask

    def _rows_of(self, place: int) -> Indices:
        return self.rows[self.bounds[1, place] : self.bounds[1, place + 1]]

    def _value(self, place: int) -> bytes:
        return self.letters[self.bounds[0, place] : self.bounds[0, place + 1]].tobytes()

    def _places(self, value: bytes) -> Iterator[int]:
        """Walk through the places of a value, itself and inside cells that hold several."""
        place = self._lower(value)
        if place < self.bounds.shape[1] - 1 and self._value(place) == value:
            yield place
        if not self.split and value and _BAR not in value:
            # Those that begin with it lie together.
            yield from range(self._lower(value + _BAR), self._lower(value + _BEHIND_BAR))
            yield from self._further_places(value).tolist()

    def _further_places(self, value: bytes) -> NDArray[np.int64]:
        """Return the places of cells that have a value behind a `|`."""
        starts = np.flatnonzero(self.letters == _BAR[0]) + 1
        places = np.searchsorted(self.bounds[0], starts - 1, side="right") - 1
        ends, limits = starts + len(value), self.bounds[0, places + 1]
        fitting = ends <= limits
        starts, places, ends, limits = (each[fitting] for each in (starts, places, ends, limits))
        for offset, letter in enumerate(value):
            alike = self.letters[starts + offset] == letter
            starts, places, ends, limits = (each[alike] for each in (starts, places, ends, limits))
        whole = ends == limits
        whole[~whole] = self.letters[ends[~whole]] == _BAR[0]
        further: NDArray[np.int64] = places[whole]
        return further

    def _lower(self, value: bytes) -> int:
        """Return the place of the first value that is not smaller."""
        low, high = 0, self.bounds.shape[1] - 1
        while low < high:
            middle = (low + high) // 2
            if self._value(middle) < value:
                low = middle + 1
            else:
                high = middle
        return low


@dataclass(frozen=True, slots=True)
class Touched:
    """Which items users had events with, of any type and age: each (user, type, item) once, rows of `starts`.

    `sessions`: those of the users whose id is an anonymous session's as well, whose events are not among these.
    """

    users: Ids
    starts: Times
    items: Indices
    types: Indices
    names: Ids
    # Models of old do not say which these are.
    sessions: Ids = field(default_factory=lambda: np.empty(0, np.str_))

    def misses(self, user_id: str) -> bool:
        """Whether events without a user, of a session of this id, may have been recorded that are not among these."""
        return find(self.users, user_id) is None or find(self.sessions, user_id) is not None

    def items_of(self, user_id: str, is_type: Callable[[str], bool]) -> Indices:
        """Return the items a user had events of some types with; no type is the empty one."""
        place = find(self.users, user_id)
        if place is None:
            return self.items[:0]
        row = slice(int(self.starts[place]), int(self.starts[place + 1]))
        counts = np.array([is_type(name) for name in self.names.tolist()], np.bool_)
        return self.items[row][counts[self.types[row]]]

    def having(self, is_type: Callable[[str], bool]) -> Mask:
        """Return which of the `users` had an event of some types."""
        matches = np.array([is_type(name) for name in self.names.tolist()], np.bool_)[self.types]
        before = np.concatenate([[0], np.cumsum(matches)])[self.starts]
        mask: Mask = np.diff(before) > 0
        return mask

    def types_of(self, user_id: str, item: int) -> list[str]:
        """Return the types of a user's events with an item."""
        place = find(self.users, user_id)
        if place is None:
            return []
        row = slice(int(self.starts[place]), int(self.starts[place + 1]))
        return [str(self.names[code]) for code in self.types[row][self.items[row] == item].tolist()]


def arrays_of(dataset: str, field: str, column: Numbers | Texts) -> Arrays:
    """Return a column as arrays by its names in storage."""
    stem = f"{dataset}.{field.upper()}"
    if isinstance(column, Numbers):
        return {f"{stem}.numbers": column.values}
    arrays: Arrays = {f"{stem}.letters": column.letters, f"{stem}.bounds": column.bounds, f"{stem}.rows": column.rows}
    return arrays | {f"{stem}.split": np.array([column.split])}


def arrays_of_touched(touched: Touched) -> Arrays:
    """Return what users touched as arrays by their names in storage."""
    return {f"touched.{name}": getattr(touched, name) for name in Touched.__slots__}


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Catalogue:
    """The stored columns of a model, each read when it is first asked for; models of old have none."""

    names: frozenset[str]
    read: Callable[[str], NDArray[Any]]

    def column(self, dataset: str, field: str, size: int) -> Numbers | Texts | None:
        """Return a field of ITEMS or USERS, or None if the model was trained without it."""
        stem = f"{dataset}.{field}"
        if f"{stem}.numbers" in self.names:
            return Numbers(self.read(f"{stem}.numbers"))
        if f"{stem}.rows" not in self.names:
            return None
        letters, bounds, rows, split = (self.read(f"{stem}.{name}") for name in ("letters", "bounds", "rows", "split"))
        return Texts(letters, bounds, rows, size, bool(split[0]))

    def fields(self, dataset: str) -> frozenset[str]:
        """Name the fields whose text is here."""
        stem = f"{dataset}."
        names = (name for name in self.names if name.startswith(stem) and name.endswith(_CELLS))
        return frozenset(name.removeprefix(stem).removesuffix(_CELLS) for name in names)

    def cells(self, dataset: str, field: str) -> Cells:
        """Return one of `fields` as text."""
        stem = f"{dataset}.{field}"
        return Cells(self.read(f"{stem}{_CELLS}"), self.read(f"{stem}.ends"))

    def touched(self) -> Touched | None:
        """Return what users touched, or None if the model was trained without it."""
        if "touched.items" not in self.names:
            return None
        names = [name for name in Touched.__slots__ if f"touched.{name}" in self.names]
        return Touched(**{name: self.read(f"touched.{name}") for name in names})
