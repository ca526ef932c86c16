"""What peers of the quality bench are made of: a score of items for a history, behind the door that recipes have."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tastemaker.recipes.contract import Arrays, Model
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Query, Ranking
from tastemaker.recipes.histories.baskets import ages
from tastemaker.recipes.histories.popularity import best_first, distinct_users

# Peers that are a matrix of items by items cover the items with the most events.
CAP = 4000
Score = Callable[[Query], Floats]
Weigh = Callable[[Query], Floats]


class Missing(Exception):
    """A peer needs a package that is not installed."""


class Peerless:
    """What a recipe's model can and a peer need not."""

    @property
    def settings(self) -> dict[str, Any]:
        """Return nothing: peers are not stored."""
        return {}

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return nothing: peers are not stored."""
        return {}

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Refuse: peers are not stored."""
        raise NotImplementedError


class Scored(Peerless):
    """Scores the items of `head` for a query; items without a score above zero are filled up by popularity."""

    def __init__(self, head: Indices, order: Indices, score: Score) -> None:
        self.head, self.order, self.score = head, order, score
        self.asked: tuple[Query, Floats] | None = None

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return the items with the highest scores above zero, popular ones after them."""
        scores = self._scores(query)
        if allowed is not None:
            scores = np.where(allowed[self.head], scores, -np.inf)
        best = np.argpartition(-scores, min(k, len(scores)) - 1)[:k]
        best = best[np.argsort(-scores[best], kind="stable")]
        items = self.head[best[scores[best] > 0]]
        if len(items) >= k:
            return Ranking(items.astype(np.int32))
        popular = self.order if allowed is None else self.order[allowed[self.order]]
        popular = popular[: 2 * k]
        return Ranking(np.concatenate([items, popular[~np.isin(popular, items)]])[:k].astype(np.int32))

    def _scores(self, query: Query) -> Floats:
        """Return the scores (head,); the bench asks everything twice, so the last ones are kept."""
        if self.asked is None or self.asked[0] is not query:
            self.asked = query, self.score(query)
        return self.asked[1]

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given items, best first."""
        allowed = np.zeros(len(self.order), bool)
        allowed[items] = True
        return self.recommend(query, len(items), allowed)


class ByView(Peerless):
    """Two models: one for all items, one for where some are left out."""

    def __init__(self, everything: Model, some: Model, chosen: str) -> None:
        self.everything, self.some, self.chosen = everything, some, chosen

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Ask the one that it is for."""
        return (self.everything if allowed is None else self.some).recommend(query, k, allowed)

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Ask the one for some of the items."""
        return self.some.rank(query, items)


@cache
def fading(decay: float, floor: float = 0.02) -> Weigh:
    """Weigh a history by how many baskets came since, and a little whatever came since."""

    def weigh(query: Query) -> Floats:
        since = ages(query.history_times).astype(np.float32)
        return np.asarray(np.exp(-since / decay) + floor, np.float32)

    return weigh


def alike(query: Query) -> Floats:
    """Weigh all of a history alike."""
    return np.ones(len(query.history_items), np.float32)


def places_of(head: Indices, n_items: int) -> NDArray[np.int64]:
    """Return where each item is in the head (n_items,), -1 where it is not."""
    place = np.full(n_items, -1, np.int64)
    place[head] = np.arange(len(head))
    return place


def linear(events: Interactions, head: Indices, matrix: Floats, weigh: Weigh) -> Scored:
    """Score by the weighted sum of a history's rows of a matrix (head, head)."""
    place = places_of(head, events.n_items)

    def score(query: Query) -> Floats:
        places = place[query.history_items]
        mine = places >= 0
        weights = np.bincount(places[mine], weigh(query)[mine], len(head)).astype(np.float32)
        rows = np.flatnonzero(weights)
        return np.asarray(weights[rows] @ matrix[rows], np.float32)

    return scored(events, head, score)


def scored(events: Interactions, head: Indices, score: Score) -> Scored:
    """Score by anything, and fill up by the users of each item."""
    return Scored(head, best_first(distinct_users(events)), score)


def head_of(events: Interactions, limit: int = CAP) -> Indices:
    """Return the items with the most events, at most `limit`, ordered by index."""
    counts = np.bincount(events.items, minlength=events.n_items)
    order = np.argsort(-counts, kind="stable")[:limit]
    return np.sort(order[counts[order] > 0]).astype(np.int32)


def users_by_items(events: Interactions, head: Indices) -> csr_matrix:
    """Return the binary matrix (users, head)."""
    place = places_of(head, events.n_items)
    in_head = place[events.items] >= 0
    cells = np.ones(int(in_head.sum()), np.float32), (events.users[in_head], place[events.items[in_head]])
    matrix = csr_matrix(cells, (events.n_users, len(head)))
    matrix.data[:] = 1.0
    return matrix


def together(matrix: csr_matrix) -> Floats:
    """Return how many users each two items share."""
    if matrix.nnz * matrix.nnz / max(1, matrix.shape[0]) > 3e7:
        dense = matrix.toarray()
        return np.asarray(dense.T @ dense, np.float32)
    return np.asarray((matrix.T @ matrix).toarray(), np.float32)
