"""A trending model's list as it is by now: what rises first, what falls last, the rest by popularity as of training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from tastemaker.recipes.data import Indices, Mask
from tastemaker.recipes.histories.popularity import first_allowed
from tastemaker.recipes.popular.aws_trending_now import TrendingNow
from tastemaker.serving.artifacts import Artifact


@dataclass(frozen=True, slots=True)
class Order:
    """All items of a model and those unknown to it that rise, `strangers`, whose indices begin where its own end."""

    artifact: Artifact
    strangers: Sequence[str]
    order: Indices
    rising: frozenset[str]

    @classmethod
    def of(cls, artifact: Artifact, rising: Sequence[str], falling: Sequence[str]) -> Self:
        """Order the items of a trending model; `rising` are ids, best first, `falling` ids in any order."""
        model = artifact.model
        if not isinstance(model, TrendingNow):
            raise TypeError(f"{artifact.recipe.name} does not order items by trends")
        indices = [artifact.item_index(item_id) for item_id in rising]
        strangers = [item_id for item_id, index in zip(rising, indices, strict=True) if index is None]
        fresh = iter(range(artifact.n_items, artifact.n_items + len(strangers)))
        first = np.array([next(fresh) if index is None else index for index in indices], np.int32)
        rises, falls = np.isin(model.popular, first), np.isin(model.popular, artifact.item_indices(falling))
        order = np.concatenate([first, model.popular[~rises & ~falls], model.popular[falls]])
        return cls(artifact, strangers, order, frozenset(rising))

    def rises(self, item_id: str) -> bool:
        """Whether an item is where it is because it rises."""
        return item_id in self.rising

    def answer(self, k: int, items: Mask | None, strangers: Mask | None) -> list[tuple[str, float | None]]:
        """Return the first k ids that may be shown; the masks are (items,) and (strangers,), None allows all."""
        masks = [
            np.ones(size, np.bool_) if mask is None else mask
            for mask, size in ((items, self.artifact.n_items), (strangers, len(self.strangers)))
        ]
        allowed = None if items is None and strangers is None else np.concatenate(masks)
        return [(self._id(int(index)), None) for index in first_allowed(self.order, k, allowed)]

    def _id(self, index: int) -> str:
        n_items = self.artifact.n_items
        return self.artifact.name(index) if index < n_items else self.strangers[index - n_items]
