"""SIMS: items that the same users chose, from co-occurrence in their histories, discounted by popularity.

score(i, j) = c_ij / n_j^p for c_ij >= m: c_ij users chose both, n_j users chose j, p is `popularity_discount_factor`,
m is `min_cointeraction_count` (Amazon Personalize developer guide, "SIMS recipe"; p = 0.5 orders as the cosine does).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Query, Ranking, TrainingData
from tastemaker.recipes.metadata import Metadata, continuous, integer
from tastemaker.recipes.popularity import best_first, distinct_users, first_allowed
from tastemaker.recipes.registry import Arrays, Progress, recipe

# Neighbours kept per item: numResults is at most 500, and filters need some more to choose from.
KEPT = 600
BLOCK = 2_000


class Sims:
    """`neighbours` (kept pairs,) and `scores`, the rows of item i between `starts[i]` and `starts[i + 1]`."""

    def __init__(self, starts: NDArray[np.int64], neighbours: Indices, scores: Floats, order: Indices) -> None:
        self.starts, self.neighbours, self.scores, self.order = starts, neighbours, scores, order

    @property
    def settings(self) -> dict[str, Any]:
        """Return nothing: the arrays say it all."""
        return {}

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return the strongest neighbours of the query's item; popular items where there are none."""
        found = self._row(query.item)
        if allowed is not None:
            found = found[allowed[found]]
        if not len(found):
            popular = first_allowed(self.order, k + 1, allowed)
            found = popular[popular != query.item] if query.item is not None else popular
        return Ranking(found[:k].astype(np.int32))

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given items, neighbours of the query's item first."""
        row = self._row(query.item)
        place = {int(item): number for number, item in enumerate(row)}
        keys = np.array([place.get(int(item), len(row)) for item in items])
        return Ranking(items[np.argsort(keys, kind="stable")])

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return rows, scores and the order by popularity."""
        names = ("starts", "neighbours", "scores", "order")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Build the model again."""
        del settings
        return cls(arrays["starts"], arrays["neighbours"], arrays["scores"], arrays["order"])

    def _row(self, item: int | None) -> Indices:
        if item is None:
            return np.empty(0, np.int32)
        return self.neighbours[self.starts[item] : self.starts[item + 1]]


METADATA = Metadata(
    "aws-sims",
    "RELATED_ITEMS",
    "Items that the same users chose, found by co-occurrence.",
    hyperparameters=(
        continuous("popularity_discount_factor", 0.5, 0.0, 1.0, tunable=True),
        integer("min_cointeraction_count", 3, 0, 10, tunable=True),
    ),
    featurization=(
        continuous("min_user_history_length_percentile", 0.005, 0.0, 1.0),
        continuous("max_user_history_length_percentile", 0.995, 0.0, 1.0),
        continuous("min_item_interaction_count_percentile", 0.01, 0.0, 1.0),
        continuous("max_item_interaction_count_percentile", 0.9, 0.0, 1.0),
    ),
    feature_transformation="sims",
    needs_user=False,
    needs_item=True,
)


@recipe(METADATA, Sims)
def sims(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Sims:
    """Count co-occurrence block by block and keep the strongest neighbours of every item."""
    del seed
    discount = float(parameters["popularity_discount_factor"])
    least = max(1, int(parameters["min_cointeraction_count"]))
    events = _typical_users(data.interactions, parameters)
    rows = list(_neighbours(events, discount, least, progress))
    starts = np.concatenate([[0], np.cumsum([len(items) for items, _ in rows])]).astype(np.int64)
    neighbours = np.concatenate([items for items, _ in rows]) if rows else np.empty(0, np.int32)
    scores = np.concatenate([values for _, values in rows]) if rows else np.empty(0, np.float32)
    return Sims(starts, neighbours, scores, best_first(distinct_users(data.interactions)))


def _typical_users(events: Interactions, parameters: Mapping[str, str]) -> Interactions:
    """Leave out users whose history is unusually short or long."""
    lengths = np.bincount(events.users, minlength=events.n_users)
    if not len(events):
        return events
    low, high = (float(parameters[f"{side}_user_history_length_percentile"]) for side in ("min", "max"))
    bounds = np.quantile(lengths[lengths > 0], [low, high], method="nearest")
    typical = (lengths >= bounds[0]) & (lengths <= bounds[1])
    return events.where(typical[events.users])


def _neighbours(
    events: Interactions, discount: float, least: int, progress: Progress
) -> Iterator[tuple[Indices, Floats]]:
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - scipy is for fitting only

    pairs = np.unique(events.users.astype(np.int64) * events.n_items + events.items)
    users, items = np.divmod(pairs, max(1, events.n_items))
    chosen = csr_matrix((np.ones(len(pairs), np.float32), (users, items)), (events.n_users, events.n_items))
    counts = np.maximum(np.bincount(items, minlength=events.n_items), 1)
    weight = (counts.astype(np.float64) ** -discount).astype(np.float32)
    columns = chosen.T.tocsr()
    for begin in range(0, events.n_items, BLOCK):
        progress(begin / events.n_items, "counting what was chosen together")
        together = (columns[begin : begin + BLOCK] @ chosen).tocsr()
        for row in range(together.shape[0]):
            span = slice(together.indptr[row], together.indptr[row + 1])
            yield _strongest(together.indices[span], together.data[span], begin + row, least, weight)


def _strongest(items: Indices, counts: Floats, own: int, least: int, weight: Floats) -> tuple[Indices, Floats]:
    keep = (counts >= least) & (items != own)
    items, scores = items[keep], counts[keep] * weight[items[keep]]
    if len(items) > KEPT:
        best = np.argpartition(-scores, KEPT)[:KEPT]
        items, scores = items[best], scores[best]
    order = np.lexsort((items, -scores))
    return items[order].astype(np.int32), scores[order].astype(np.float32)
