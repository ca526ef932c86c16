"""Items that were put since a model was trained: some are its own with other cells, the rest are new to it."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from tastemaker.recipes.data import Ids, Indices, Value, find_all

Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Additions:
    """`ids` (items,), sorted, have the `rows`, cells by column in capitals, at the `places` (items,) of the model.

    Those of the `newcomers`, also in the order of ids, lie behind all items that the model was trained with.
    """

    ids: tuple[str, ...]
    rows: tuple[Row, ...]
    places: Indices
    newcomers: tuple[str, ...]

    @classmethod
    def of(cls, items: Mapping[str, Row], model_ids: Ids) -> Self:
        """Find out which items a model was trained with."""
        ids = tuple(sorted(items))
        places = find_all(model_ids, ids)
        new = places < 0
        places[new] = len(model_ids) + np.arange(np.count_nonzero(new))
        newcomers = tuple(id_ for id_, is_new in zip(ids, new.tolist(), strict=True) if is_new)
        return cls(ids, tuple(items[id_] for id_ in ids), places, newcomers)

    def row(self, item_id: str) -> Row | None:
        """Return the cells of an item, or None if it was not put."""
        place = bisect_left(self.ids, item_id)
        return self.rows[place] if place < len(self.ids) and self.ids[place] == item_id else None

    def place(self, item: int) -> int | None:
        """Return where among these a model's item is, or None if it was not put."""
        places = np.flatnonzero(self.places == item)
        return int(places[0]) if len(places) else None
