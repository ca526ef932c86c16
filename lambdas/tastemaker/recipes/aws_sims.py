"""SIMS: items that the same users chose, from co-occurrence in their histories, discounted by popularity.

score(i, j) = c_ij / n_j^p for c_ij >= m: c_ij users chose both, n_j users chose j, p is `popularity_discount_factor`,
m is `min_cointeraction_count` (Amazon Personalize developer guide, "SIMS recipe"; p = 0.5 orders as the cosine does).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.baskets import typical_users
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Query, Ranking, Times, TrainingData
from tastemaker.recipes.metadata import Metadata, continuous, integer
from tastemaker.recipes.popularity import best_first, distinct_users, first_allowed
from tastemaker.recipes.registry import Arrays, Progress, recipe

# Neighbours kept per item: as many as numResults may ask for.
KEPT = 500
BLOCK = 2_000


class Sims:
    """`neighbours` (kept pairs,), strongest first, those of item i between `starts[i]` and `starts[i + 1]`."""

    def __init__(self, starts: Times, neighbours: Indices, order: Indices) -> None:
        self.starts, self.neighbours, self.order = starts, neighbours, order

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
        """Return the rows and the order by popularity."""
        return {"starts": self.starts, "neighbours": self.neighbours, "order": self.order}

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Build the model again."""
        del settings
        return cls(arrays["starts"], arrays["neighbours"], arrays["order"])

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
    low, high = (float(parameters[f"{side}_user_history_length_percentile"]) for side in ("min", "max"))
    events = typical_users(data.interactions, low, high)
    lengths, neighbours = np.zeros(events.n_items, np.int64), [np.empty(0, np.int32)]
    for item, chosen in _blocks(events, discount, least, progress):
        lengths[item] = len(chosen)
        neighbours.append(chosen)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return Sims(starts, np.concatenate(neighbours), best_first(distinct_users(data.interactions)))


def _blocks(events: Interactions, discount: float, least: int, progress: Progress) -> Iterator[tuple[int, Indices]]:
    """Yield items in order, each with its neighbours, strongest first."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    pairs = np.unique(events.users.astype(np.int64) * events.n_items + events.items)
    users, items = np.divmod(pairs, max(1, events.n_items))
    counts = np.bincount(items, minlength=events.n_items)
    # An item with fewer users than a pair must share has no neighbours, and is nobody's.
    able = np.flatnonzero(counts >= least).astype(np.int32)
    kept = counts[items] >= least
    place = np.searchsorted(able, items[kept])
    chosen = csr_matrix((np.ones(len(place), np.float32), (users[kept], place)), (events.n_users, len(able)))
    by_item = chosen.T.tocsr()
    weight = (counts[able].astype(np.float64) ** -discount).astype(np.float32)
    for begin in range(0, len(able), BLOCK):
        progress(begin / len(able), "counting what was chosen together")
        together = by_item[begin : begin + BLOCK] @ chosen
        for row, own in enumerate(range(begin, begin + together.shape[0])):
            span = slice(together.indptr[row], together.indptr[row + 1])
            yield int(able[own]), able[_strongest(together.indices[span], together.data[span], own, least, weight)]


def _strongest(columns: Indices, counts: Floats, own: int, least: int, weight: Floats) -> Indices:
    columns, counts = columns[counts >= least], counts[counts >= least]
    scores = counts * weight[columns]
    scores[columns == own] = -1.0
    found = max(len(columns) - 1, 0)
    if found > KEPT:
        best = np.argpartition(-scores, KEPT)[:KEPT]
        columns, scores, found = columns[best], scores[best], KEPT
    return columns[np.lexsort((columns, -scores))[:found]]
