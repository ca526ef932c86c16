"""How popular and how new items are, from 0 to 1: what `rankingInfluence` lets count beside likeness."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.descriptions import CREATED
from tastemaker.recipes.data import Floats, Newcomers, TrainingData, Value, extended
from tastemaker.recipes.histories.popularity import distinct_users

POPULARITY: Final = "POPULARITY"
FRESHNESS: Final = "FRESHNESS"
# Quantiles of the moments since when items are there.
_STEPS: Final = 1024


@dataclass(frozen=True, slots=True)
class Standing:
    """`popularity` (items,): log users over that of the most popular; `freshness` (items,): share of older items.

    `moments` (steps,) are quantiles of when items came: by them an item of later is told how new it is.
    """

    popularity: Floats
    freshness: Floats
    moments: NDArray[np.float64]

    @classmethod
    def of(cls, data: TrainingData) -> Self:
        """Look at who met what, and since when it is there."""
        users = np.log1p(distinct_users(data.interactions))
        begun = _beginnings(data)
        moments = np.quantile(begun, np.arange(_STEPS) / _STEPS, method="lower") if len(begun) else np.empty(0)
        return cls((users / max(1e-9, users.max(initial=0))).astype(np.float32), _age(begun, moments), moments)

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same with more items: nobody knows them, and one without a date is as new as can be."""
        begun = np.array([_moment(row.get(CREATED, "")) for row in newcomers.rows], np.float64)
        freshness = np.concatenate([self.freshness, _age(begun, self.moments)])
        return replace(self, popularity=extended(self.popularity, len(newcomers), 0), freshness=freshness)

    def order(self) -> NDArray[np.int32]:
        """Return all items, the most popular first, of equal ones the newest."""
        return np.lexsort((-self.freshness, -self.popularity)).astype(np.int32)

    def boosts(self, influence: Mapping[str, float]) -> dict[str, Floats]:
        """Return what is added to 1 for what counts (items,), by its name."""
        values = {POPULARITY: self.popularity, FRESHNESS: self.freshness}
        return {name: values[name] * np.float32(weight) for name, weight in influence.items() if weight}

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by their names."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Read the arrays, among others."""
        return cls(*(arrays[name] for name in cls.__slots__))


def _beginnings(data: TrainingData) -> NDArray[np.float64]:
    """Return since when each item is there: by its date, or its first event; one with neither is new."""
    events, size = data.interactions, len(data.item_ids)
    none = np.full(size, np.nan)
    dates = next((c.astype(np.float64) for name, c in data.item_columns.items() if name.upper() == CREATED), none)
    first = np.full(size, np.inf)
    np.minimum.at(first, events.items, events.timestamps.astype(np.float64))
    newest = max(np.nanmax(dates, initial=0.0), float(events.timestamps.max(initial=0)))
    return np.where(np.isfinite(dates), dates, np.where(np.isfinite(first), first, newest))


def _moment(cell: Value) -> float:
    return np.inf if cell == "" else float(cell)


def _age(begun: NDArray[np.float64], moments: NDArray[np.float64]) -> Floats:
    return (np.searchsorted(moments, begun, "left") / max(1, len(moments))).astype(np.float32)
