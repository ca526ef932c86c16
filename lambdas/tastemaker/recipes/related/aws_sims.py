"""SIMS: items that the same users chose, from co-occurrence in their histories, discounted by popularity.

score(i, j) = c_ij / n_j^p for c_ij >= m: c_ij users chose both, n_j users chose j, p is `popularity_discount_factor`,
m is `min_cointeraction_count` (Amazon Personalize developer guide, "SIMS recipe"; p = 0.5 orders as the cosine does).
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.contract import Arrays, Impersonal, Progress, recipe
from tastemaker.recipes.data import (
    Cause,
    Floats,
    Indices,
    Interactions,
    Mask,
    Newcomers,
    Query,
    Ranking,
    Times,
    TrainingData,
    extended,
)
from tastemaker.recipes.histories.baskets import last_events, typical_users
from tastemaker.recipes.histories.popularity import best_first, distinct_pairs, distinct_users, filled, with_last
from tastemaker.recipes.matrix.grams import ranges
from tastemaker.recipes.metadata import Metadata, continuous, integer
from tastemaker.recipes.related.costs import COMPARING, DENSE, MOST_KEPT, PAIRS

# Neighbours kept per item: as many as numResults may ask for.
KEPT = MOST_KEPT
BLOCK = 128


class Sims(Impersonal):
    """`neighbours` (kept pairs,), strongest first, those of item i between `starts[i]` and `starts[i + 1]`."""

    def __init__(self, starts: Times, neighbours: Indices, order: Indices) -> None:
        self.starts, self.neighbours, self.order = starts, neighbours, order

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same with more items, at the end: nobody has chosen them together with another."""
        starts = extended(self.starts, len(newcomers), self.starts[-1])
        return type(self)(starts, self.neighbours, with_last(self.order, len(newcomers)))

    @property
    def describes(self) -> bool:
        """Say no: what leads to an item is counted only."""
        return False

    @property
    def settings(self) -> dict[str, Any]:
        """Return nothing: the arrays say it all."""
        return {}

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return the strongest neighbours of the query's item, and popular items where these are too few."""
        items = self._row(query.item)
        items = items[:k] if allowed is None else items[allowed[items]][:k]
        return Ranking(filled(items, self.order, k, allowed, query.item).astype(np.int32))

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given items, neighbours of the query's item first."""
        row = self._row(query.item)
        order = np.concatenate([row, self.order[~np.isin(self.order, row)]])
        return Ranking(order[np.isin(order, items)].astype(np.int32))

    def causes(
        self, query: Query, items: Indices, allowed: Mask | None = None, *, listed: bool = False
    ) -> list[list[Cause]]:
        """Return the query's item as the cause of its neighbours; others are there for their popularity."""
        del allowed, listed
        near, popular = [Cause("Item", 1.0, query.item)], [Cause("Popularity", 1.0)]
        return [near if there else popular for there in np.isin(items, self._row(query.item)).tolist()]

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
        continuous("min_item_interaction_count_percentile", 0.01, 0.0, 1.0, inert=True),
        continuous("max_item_interaction_count_percentile", 0.9, 0.0, 1.0, inert=True),
    ),
    feature_transformation="sims",
    needs_user=False,
    needs_item=True,
)


@recipe(METADATA, Sims, costs=COMPARING)
def sims(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Sims:
    """Count co-occurrence block by block and keep the strongest neighbours of every item."""
    del seed
    discount = float(parameters["popularity_discount_factor"])
    least = max(1, int(parameters["min_cointeraction_count"]))
    low, high = (float(parameters[f"{side}_user_history_length_percentile"]) for side in ("min", "max"))
    events = typical_users(data.interactions, low, high)
    lengths, neighbours = np.zeros(events.n_items, np.int64), [np.empty(0, np.int32)]
    for item, row in _rows(events, discount, least, progress):
        lengths[item] = len(row)
        neighbours.append(row)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return Sims(starts, np.concatenate(neighbours), best_first(distinct_users(data.interactions)))


def _rows(events: Interactions, discount: float, least: int, progress: Progress) -> Iterator[tuple[int, Indices]]:
    """Yield items in order, each with its neighbours, strongest first."""
    users, items = distinct_pairs(_bounded(events))
    counts = np.bincount(items, minlength=events.n_items)
    # An item with fewer users than a pair must share has no neighbours, and is nobody's.
    able = np.flatnonzero(counts >= least).astype(np.int32)
    mask = counts[items] >= least
    users, places = users[mask], np.searchsorted(able, items[mask]).astype(np.int32)
    weight = (counts[able].astype(np.float64) ** -discount).astype(np.float32)
    for own, (columns, together) in enumerate(_counts(users, places, len(able), progress)):
        yield int(able[own]), able[_strongest(columns, together, own, least, weight)]


def _bounded(events: Interactions) -> Interactions:
    """Cut the longest histories to their newest events until the pairs inside all of them fit a budget."""
    lengths = np.diff(events.starts())
    limit = int(lengths.max(initial=1))
    while limit > 1 and float((np.minimum(lengths, limit).astype(np.float64) ** 2).sum()) > PAIRS:
        limit = limit * 3 // 4
    return last_events(events, limit)


def _counts(users: Indices, places: Indices, size: int, progress: Progress) -> Iterator[tuple[Indices, Floats]]:
    """Yield every row of the co-occurrence matrix in order, as its columns and counts."""
    order = np.argsort(places, kind="stable")
    by_item, item_starts = users[order], np.searchsorted(places[order], np.arange(size + 1))
    user_starts = np.searchsorted(users, np.arange(users[-1] + 2)) if len(users) else item_starts
    add_up = _dense if size <= DENSE else _sparse
    # Of a small catalogue the dense rows, of a large one the pairs are what memory must hold.
    for begin in range(0, size, BLOCK):
        progress(begin / size, "counting what was chosen together")
        end = min(begin + BLOCK, size)
        owners = by_item[item_starts[begin] : item_starts[end]]
        lengths = user_starts[owners + 1] - user_starts[owners]
        columns = places[ranges(user_starts[owners], lengths)]
        starts = np.concatenate([[0], np.cumsum(lengths)])[item_starts[begin : end + 1] - item_starts[begin]]
        yield from add_up(columns, starts, size)


def _dense(columns: Indices, starts: Times, size: int) -> Iterator[tuple[Indices, Floats]]:
    """Add up a block of rows densely: several times as fast as sparse products."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    shape = len(starts) - 1, size
    rows = csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape).toarray()
    for row in rows:
        there = np.flatnonzero(row).astype(np.int32)
        yield there, row[there]


def _sparse(columns: Indices, starts: Times, size: int) -> Iterator[tuple[Indices, Floats]]:
    """Add up rows one by one by sorting, without touching the rest of a large catalogue."""
    del size
    for begin, end in pairwise(starts.tolist()):
        there, counts = np.unique(columns[begin:end], return_counts=True)
        yield there, counts.astype(np.float32)


def _strongest(columns: Indices, together: Floats, own: int, least: int, weight: Floats) -> Indices:
    """Return the columns of one row with the highest scores, highest first."""
    able = (together >= least) & (columns != own)
    columns, scores = columns[able], together[able] * weight[columns[able]]
    if len(columns) > KEPT:
        best = np.argpartition(-scores, KEPT)[:KEPT]
        columns, scores = columns[best], scores[best]
    return np.asarray(columns[np.lexsort((columns, -scores))], np.int32)
