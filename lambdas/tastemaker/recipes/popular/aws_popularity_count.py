"""Popularity-Count: the items with the most distinct users, one list for everybody; the baseline of all others."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.contract import Arrays, Impersonal, Progress, recipe
from tastemaker.recipes.data import Cause, Indices, Mask, Newcomers, Query, Ranking, TrainingData
from tastemaker.recipes.histories.popularity import best_first, distinct_users, first_allowed, with_last
from tastemaker.recipes.metadata import Metadata


class PopularityCount(Impersonal):
    """All items by their number of distinct users; `order` has shape (n_items,)."""

    def __init__(self, order: Indices) -> None:
        self.order = order
        self.position = np.empty(len(order), np.int32)
        self.position[order] = np.arange(len(order), dtype=np.int32)

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

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:  # noqa: ARG002  the same for all
        """Return the most popular of the allowed items."""
        return Ranking(first_allowed(self.order, k, allowed))

    def rank(self, query: Query, items: Indices) -> Ranking:  # noqa: ARG002
        """Return the given items by popularity."""
        return Ranking(items[np.argsort(self.position[items], kind="stable")])

    def causes(
        self, query: Query, items: Indices, allowed: Mask | None = None, *, listed: bool = False
    ) -> list[list[Cause]]:
        """Return that all items are there for their popularity."""
        del query, allowed, listed
        return [[Cause("Popularity", 1.0)]] * len(items)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the order."""
        return {"order": self.order}

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:  # noqa: ARG003
        """Read the order back."""
        return cls(arrays["order"])


@recipe(
    Metadata(
        name="aws-popularity-count",
        type="POPULAR_ITEMS",
        description="Ranks items by how many different users interacted with them; the same list for everybody.",
        feature_transformation="sims",
        needs_user=False,
    ),
    model=PopularityCount,
)
def popularity_count(
    data: TrainingData,
    parameters: Mapping[str, str],  # noqa: ARG001  the recipe has none
    *,
    seed: int,  # noqa: ARG001  nothing is drawn
    progress: Progress,
) -> PopularityCount:
    """Count distinct users; items without any come last."""
    progress(0.0, "counting users per item")
    return PopularityCount(best_first(distinct_users(data.interactions)))
