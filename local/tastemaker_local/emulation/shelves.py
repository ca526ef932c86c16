"""Sorted copies of a moto table's keys, so that a Query reads its page and not the whole table."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import RESULT_SIZE_LIMIT, Table

# A place on a shelf: range key of the index (if any), then the table's own keys, which make it unique.
Place = tuple[Any, ...]
Bounds = tuple[int, int]
_LAST_CHARACTER = "\U0010ffff"


class Shelf:
    """One index of one table (the table itself is its first index): for every hash value its items in order."""

    def __init__(self, hash_name: str, range_names: Sequence[str]) -> None:
        self.hash_name = hash_name
        self.range_names = range_names
        self._places: dict[Any, list[Place]] = {}
        self._items: dict[tuple[Any, Place], Item] = {}
        self._of_item: dict[int, tuple[Any, Place]] = {}

    def add(self, item: Item) -> None:
        """Put an item into its place; an item without the index's keys is not in the index."""
        names = (self.hash_name, *self.range_names)
        if any(name not in item.attrs for name in names):
            return
        value, *place = (item.attrs[name].cast_value for name in names)
        places = self._places.setdefault(value, [])
        where = (value, tuple(place))
        if where not in self._items:
            places.insert(bisect_left(places, where[1]), where[1])
        self._items[where] = item
        self._of_item[id(item)] = where

    def remove(self, item: Item) -> None:
        """Take an item away from where it was put, wherever its keys would put it now."""
        where = self._of_item.pop(id(item), None)
        if where is None or self._items.get(where) is not item:
            return
        value, place = where
        del self._items[where]
        places = self._places[value]
        del places[bisect_left(places, place)]
        if not places:
            del self._places[value]

    def walk(self, value: object, within: Callable[[list[Place]], Bounds], *, forward: bool) -> Iterator[Item]:
        """Walk through the items of a hash value whose places are within bounds, in order or in reverse."""
        places = self._places.get(value, [])
        first, last = within(places)
        steps = range(first, last) if forward else range(last - 1, first - 1, -1)
        return (self._items[value, places[step]] for step in steps)

    def place_of(self, key: Mapping[str, Any]) -> Place:
        """Return the place that an ExclusiveStartKey names."""
        return tuple(DynamoType(key[name]).cast_value for name in self.range_names)


class Shelves:
    """All shelves of one table, filled when first asked for and kept up to date from then on."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._shelves: dict[str | None, Shelf] = {}

    def add(self, item: Item) -> None:
        """Note a new or changed item."""
        for shelf in self._shelves.values():
            shelf.add(item)

    def remove(self, item: Item | None) -> None:
        """Note that an item goes away or is about to change."""
        if item is not None:
            for shelf in self._shelves.values():
                shelf.remove(item)

    def shelf(self, index_name: str | None) -> Shelf | None:
        """Return the shelf of an index; None for an index whose keys are more than a hash and a range."""
        if index_name not in self._shelves:
            shelf = self._new_shelf(index_name)
            if shelf is None:
                return None
            for item in _every_item(self._table):
                shelf.add(item)
            self._shelves[index_name] = shelf
        return self._shelves[index_name]

    def _new_shelf(self, index_name: str | None) -> Shelf | None:
        table = self._table
        own = [name for name in (table.hash_key_attr, table.range_key_attr) if name]
        if index_name is None:
            return Shelf(own[0], own[1:])
        schema = next((index.schema for index in table.all_indexes() if index.name == index_name), [])
        hashes, ranges = _names(schema, "HASH"), _names(schema, "RANGE")
        return Shelf(hashes[0], [*ranges, *own]) if len(hashes) == 1 and len(ranges) == 1 else None


def bounds(
    comparison: str | None, values: Sequence[Any], start: Place | None, *, forward: bool
) -> Callable[[list[Place]], Bounds]:
    """Return what narrows sorted places to a range key condition and to what follows the last page."""

    def within(places: list[Place]) -> Bounds:
        first, last = _condition(places, comparison, values)
        if start is not None and forward:
            first = max(first, bisect_right(places, start))
        elif start is not None:
            last = min(last, bisect_left(places, start))
        return first, last

    return within


def page(items: Iterator[Item], limit: int | None) -> tuple[list[Item], bool]:
    """Return items up to a page's limits of number and size, and whether more would follow."""
    answer: list[Item] = []
    size = 0
    for item in items:
        size += item.size()
        if len(answer) == limit or (answer and size > RESULT_SIZE_LIMIT):
            return answer, True
        answer.append(item)
    return answer, False


def _condition(places: list[Place], comparison: str | None, values: Sequence[Any]) -> Bounds:
    def before(value: Any) -> int:  # noqa: ANN401 - a string or a number
        return bisect_left(places, value, key=_first)

    def after(value: Any) -> int:  # noqa: ANN401 - same
        return bisect_right(places, value, key=_first)

    whole = len(places)
    cases: dict[str | None, Callable[[], Bounds]] = {
        None: lambda: (0, whole),
        "=": lambda: (before(values[0]), after(values[0])),
        "<": lambda: (0, before(values[0])),
        "<=": lambda: (0, after(values[0])),
        ">": lambda: (after(values[0]), whole),
        ">=": lambda: (before(values[0]), whole),
        "BETWEEN": lambda: (before(values[0]), after(values[1])),
        "BEGINS_WITH": lambda: (before(values[0]), after(values[0] + _LAST_CHARACTER)),
    }
    return cases[comparison]()


def _first(place: Place) -> Any:  # noqa: ANN401 - as above
    return place[0]


def _names(schema: Sequence[Mapping[str, str]], key_type: str) -> list[str]:
    return [key["AttributeName"] for key in schema if key["KeyType"] == key_type]


def _every_item(table: Table) -> Iterator[Item]:
    entries: Any = table.items.values()
    for entry in entries:
        yield from entry.values() if table.has_range_key else (entry,)
