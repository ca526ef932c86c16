"""Peers of the quality bench: known models at one sensible setting each, fitted and asked as recipes are.

Where a model is a matrix of items by items, it covers the CAP items with the most events.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from tastemaker.recipes import registry
from tastemaker.recipes.contract import Arrays, Model
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Query, Ranking, TrainingData
from tastemaker.recipes.histories.baskets import ages, last_events, number_baskets
from tastemaker.recipes.histories.popularity import best_first, distinct_users
from tastemaker.recipes.popular.own_items import own_items

CAP = 5000
# EASE and item-kNN: how a history fades, in baskets, and what of it never does.
HISTORY_DECAY, HISTORY_FLOOR = 10.0, 0.02
NEIGHBOURS = 100
FACTORS, ROUNDS, CONFIDENCE, REGULARIZATION = 64, 12, 10.0, 0.05
PAST, FUTURE, WINDOW, MIXTURE = 3.0, 8.0, 20, 0.5
TAUGHT_EVENTS = 1000
Fit = Callable[[TrainingData, int], Model]
Weigh = Callable[[Query], Floats]


class Missing(Exception):
    """A peer needs a package that is not installed."""


class Scored:
    """Scores a history by `score` over the items of `head`; popular items fill the list."""

    def __init__(self, head: Indices, order: Indices, score: Callable[[Indices, Floats], Floats], weigh: Weigh) -> None:
        self.head, self.order, self.score, self.weigh = head, order, score, weigh
        self.place = np.full(len(order), -1, np.int64)
        self.asked: tuple[Query, Floats] | None = None
        self.place[head] = np.arange(len(head))

    @property
    def settings(self) -> dict[str, Any]:
        """Return nothing: peers are not stored."""
        return {}

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return the items with the highest scores above zero, popular ones after them."""
        scores = self._scores(query)
        if allowed is not None:
            scores = np.where(allowed[self.head], scores, -np.inf)
        best = np.argpartition(-scores, min(k, len(scores)) - 1)[:k]
        best = best[np.argsort(-scores[best], kind="stable")]
        items = self.head[best[scores[best] > 0]]
        popular = self.order if allowed is None else self.order[allowed[self.order]]
        popular = popular[: 2 * k]
        return Ranking(np.concatenate([items, popular[~np.isin(popular, items)]])[:k].astype(np.int32))

    def _scores(self, query: Query) -> Floats:
        """Return the scores (head,); the bench asks everything twice, so the last ones are kept."""
        if self.asked is None or self.asked[0] is not query:
            places = self.place[query.history_items]
            in_head = places >= 0
            self.asked = query, self.score(places[in_head].astype(np.int32), self.weigh(query)[in_head])
        return self.asked[1]

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given items, best first."""
        allowed = np.zeros(len(self.order), bool)
        allowed[items] = True
        return self.recommend(query, len(items), allowed)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return nothing: peers are not stored."""
        return {}

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Refuse: peers are not stored."""
        raise NotImplementedError


def _linear(matrix: Floats) -> Callable[[Indices, Floats], Floats]:
    """Return the score 'weighted sum of rows'."""

    def score(places: Indices, weights: Floats) -> Floats:
        if not len(places):
            return np.zeros(matrix.shape[1], np.float32)
        rows, inverse = np.unique(places, return_inverse=True)
        return np.asarray(np.bincount(inverse, weights).astype(np.float32) @ matrix[rows], np.float32)

    return score


def fading(query: Query) -> Floats:
    """Weigh a history by how many baskets came since."""
    since = ages(query.history_times).astype(np.float32)
    return np.asarray(np.exp(-since / HISTORY_DECAY) + HISTORY_FLOOR, np.float32)


def alike(query: Query) -> Floats:
    """Weigh all of a history alike."""
    return np.ones(len(query.history_items), np.float32)


def head_of(events: Interactions, limit: int = CAP) -> Indices:
    """Return the items with the most events, at most `limit`, ordered by index."""
    counts = np.bincount(events.items, minlength=events.n_items)
    order = np.argsort(-counts, kind="stable")[:limit]
    return np.sort(order[counts[order] > 0]).astype(np.int32)


def _users_by_items(events: Interactions, head: Indices) -> csr_matrix:
    """Return the binary matrix (users, head)."""
    place = np.full(events.n_items, -1, np.int64)
    place[head] = np.arange(len(head))
    in_head = place[events.items] >= 0
    shape = (events.n_users, len(head))
    matrix = csr_matrix(
        (np.ones(int(in_head.sum()), np.float32), (events.users[in_head], place[events.items[in_head]])), shape
    )
    matrix.data[:] = 1.0
    return matrix


def _together(matrix: csr_matrix) -> Floats:
    """Return how many users each two items share."""
    if matrix.nnz * matrix.nnz / max(1, matrix.shape[0]) > 3e7:
        dense = matrix.toarray()
        return np.asarray(dense.T @ dense, np.float32)
    return np.asarray((matrix.T @ matrix).toarray(), np.float32)


def _scored(events: Interactions, head: Indices, matrix: Floats, weigh: Weigh) -> Scored:
    return Scored(head, best_first(distinct_users(events)), _linear(matrix), weigh)


def item_knn(data: TrainingData, seed: int) -> Model:
    """Cosine of the users of two items, the strongest neighbours of each kept (Sarwar et al. 2001)."""
    del seed
    events = data.interactions
    head = head_of(events)
    together = _together(_users_by_items(events, head))
    sizes = np.sqrt(np.maximum(np.diag(together), 1))
    together /= np.outer(sizes, sizes)
    np.fill_diagonal(together, 0)
    if len(head) > NEIGHBOURS:
        least = np.partition(together, len(head) - NEIGHBOURS, axis=1)[:, [len(head) - NEIGHBOURS]]
        together[together < least] = 0
    return _scored(events, head, together, alike)


def ease(data: TrainingData, seed: int) -> Model:
    """Steck 2019: B = I - P / diag(P), P = (X'X + lam I)^-1; the history is weighed by recency when it is asked."""
    del seed
    events = data.interactions
    head = head_of(events)
    gram = _together(_users_by_items(events, head))
    np.einsum("ii->i", gram)[:] += max(1.0, 2.0 * float(np.diag(gram).mean()))
    inverse = cho_solve(cho_factor(gram, lower=True, overwrite_a=True), np.eye(len(head), dtype=np.float32))
    matrix = np.asarray(inverse / -np.diag(inverse), np.float32)
    np.fill_diagonal(matrix, 0)
    return _scored(events, head, matrix, fading)


def seqridge(data: TrainingData, seed: int) -> Model:
    """SeqRidge alone: from the fading past to the fading future, one ridge, no learned weights."""
    del seed
    events = last_events(data.interactions, TAUGHT_EVENTS)
    head = head_of(events)
    baskets, owners = _sequences(events, head)
    past, future = _bands(owners)
    target = (baskets.T @ (future @ baskets)).toarray().astype(np.float32)
    covariance = (baskets.T @ (past @ baskets)).toarray().astype(np.float32)
    users = _users_by_items(events, head)
    scale = csr_matrix((1 / np.maximum(np.diff(events.starts()), 1), (range(events.n_users),) * 2), dtype=np.float32)
    whole = (users.T @ (scale @ users)).toarray().astype(np.float32)
    left_side = (
        np.float32((1 - MIXTURE) / (1 - np.exp(-2 / PAST))) * (covariance + covariance.T) + np.float32(MIXTURE) * whole
    )
    np.einsum("ii->i", left_side)[:] += max(1e-6, float(np.diag(left_side).mean()))
    right_side = (1 - MIXTURE) * target + MIXTURE * whole
    matrix = np.asarray(
        cho_solve(cho_factor(left_side, lower=True, overwrite_a=True), right_side, overwrite_b=True), np.float32
    )
    np.fill_diagonal(matrix, 0)
    return _scored(events, head, matrix, fading)


def _sequences(events: Interactions, head: Indices) -> tuple[csr_matrix, NDArray[np.int64]]:
    """Return (baskets, head), each event as heavy as the root of 1 / its user's events, and each basket's user."""
    numbers = number_baskets(events)
    fresh = np.ones(len(events), bool)
    fresh[1:] = (events.users[1:] != events.users[:-1]) | (numbers[1:] != numbers[:-1])
    basket = np.cumsum(fresh) - 1
    place = np.full(events.n_items, -1, np.int64)
    place[head] = np.arange(len(head))
    in_head = place[events.items] >= 0
    heavy = np.sqrt(1 / np.maximum(np.diff(events.starts()), 1))[events.users].astype(np.float32)
    shape = (int(basket[-1]) + 1, len(head))
    matrix = csr_matrix((heavy[in_head], (basket[in_head], place[events.items[in_head]])), shape)
    return matrix, events.users[fresh].astype(np.int64)


def _bands(users: NDArray[np.int64]) -> tuple[csr_matrix, csr_matrix]:
    """Return by which weight each basket meets the later ones of its user: as a common past, and as past and future."""
    fade, fade_out = np.exp(-1 / PAST), np.exp(-1 / FUTURE)
    rows, columns, past, future = [], [], [], []
    for lag in range(WINDOW + 1):
        begins = np.flatnonzero(users[: len(users) - lag] == users[lag:])
        rows.append(begins)
        columns.append(begins + lag)
        past.append(np.full(len(begins), fade**lag if lag else 0.5))
        future.append(np.full(len(begins), (fade**lag - fade_out**lag) / (fade - fade_out)))
    places, shape = (np.concatenate(rows), np.concatenate(columns)), (len(users), len(users))
    both = [csr_matrix((np.concatenate(each).astype(np.float32), places), shape) for each in (past, future)]
    for each in both:
        each.eliminate_zeros()
    return both[0], both[1]


def implicit_als(data: TrainingData, seed: int) -> Model:
    """Hu, Koren and Volinsky 2008, by the package `implicit`; a history is folded in when it is asked."""
    try:
        from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415  an extra of its own
    except ImportError as missing:
        raise Missing("the package implicit is not installed (the extra `bench`)") from missing
    events = data.interactions
    head = head_of(events, events.n_items)
    matrix = _users_by_items(events, head)
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            FACTORS,
            regularization=REGULARIZATION,
            alpha=CONFIDENCE,
            iterations=ROUNDS,
            random_state=seed,
            num_threads=1,
        )
        model.fit(matrix, show_progress=False)
    factors = np.asarray(model.item_factors, np.float32)
    square = factors.T @ factors + np.float32(REGULARIZATION) * np.eye(FACTORS, dtype=np.float32)

    def score(places: Indices, weights: Floats) -> Floats:
        del weights
        mine = factors[np.unique(places)]
        user = np.linalg.solve(square + (CONFIDENCE - 1) * mine.T @ mine, CONFIDENCE * mine.sum(axis=0))
        return np.asarray(factors @ user.astype(np.float32), np.float32)

    return Scored(head, best_first(distinct_users(events)), score, alike)


@dataclass(frozen=True)
class Peer:
    """A model by name; `related` ones are asked about the last item alone."""

    name: str
    fit: Fit
    related: bool = False


def _by_recipe(name: str) -> Peer:
    recipe = own_items if name == own_items.name else registry.get(name)

    def fit(data: TrainingData, seed: int) -> Model:
        return recipe.fit(data, seed=seed)

    return Peer(name, fit, recipe.metadata.needs_item)


OURS = _by_recipe("aws-user-personalization-v2")
SEQRIDGE, EASE = Peer("seqridge", seqridge), Peer("ease-recency", ease)
OWN, POPULARITY = _by_recipe("own-items-decayed"), _by_recipe("aws-popularity-count")
PARTS = (SEQRIDGE, EASE, OWN, POPULARITY)
RIVALS = (*PARTS, Peer("item-knn", item_knn), Peer("implicit-als", implicit_als))
PEERS = (*PARTS, _by_recipe("aws-sims"), Peer("item-knn", item_knn), Peer("implicit-als", implicit_als), OURS)
