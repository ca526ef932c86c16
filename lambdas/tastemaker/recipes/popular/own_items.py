"""'Own items, decayed': the peer that every model must beat where people repeat; for the bench, no recipe of AWS."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.contract import Arrays, Impersonal, Progress, recipe
from tastemaker.recipes.data import Cause, Indices, Mask, Newcomers, Query, Ranking, TrainingData
from tastemaker.recipes.histories.popularity import best_first, distinct_users, first_allowed, with_last
from tastemaker.recipes.histories.repeats import BASKET_DECAYS, STEADY, Own
from tastemaker.recipes.metadata import Metadata

DECAY = BASKET_DECAYS[STEADY]


class OwnItems(Impersonal):
    """What the user had, by how often and how recently; popular items after that."""

    def __init__(self, order: Indices) -> None:
        self.order = order

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same with more items, at the end."""
        return type(self)(with_last(self.order, len(newcomers)))

    @property
    def describes(self) -> bool:
        """Say no: only users count."""
        return False

    @property
    def settings(self) -> dict[str, Any]:
        """Return nothing: the order says it all."""
        return {}

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return own items first, popular ones after them."""
        own = _own_first(query)
        own = own if allowed is None else own[allowed[own]]
        popular = first_allowed(self.order, k + len(own), allowed)
        return Ranking(np.concatenate([own, popular[~np.isin(popular, own)]])[:k])

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given items, own ones first."""
        own = _own_first(query)
        order = np.concatenate([own, self.order[~np.isin(self.order, own)]])
        return Ranking(order[np.isin(order, items)])

    def causes(
        self, query: Query, items: Indices, allowed: Mask | None = None, *, listed: bool = False
    ) -> list[list[Cause]]:
        """Return own items as their own causes; others are there for their popularity."""
        del allowed, listed
        own, popular = set(query.history_items.tolist()), [Cause("Popularity", 1.0)]
        return [[Cause("History", 1.0, item)] if item in own else popular for item in items.tolist()]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the order by popularity."""
        return {"order": self.order}

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Read the order back."""
        del settings
        return cls(arrays["order"])


def _own_first(query: Query) -> Indices:
    own = Own.of(query)
    return own.items[np.argsort(-own.faded(DECAY), kind="stable")]


@recipe(
    Metadata("own-items-decayed", "USER_PERSONALIZATION", "A user's own items, newer ones weighing more."),
    model=OwnItems,
)
def own_items(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> OwnItems:
    """Learn nothing but what is popular."""
    del parameters, seed
    progress(0.0, "counting users per item")
    return OwnItems(best_first(distinct_users(data.interactions)))
