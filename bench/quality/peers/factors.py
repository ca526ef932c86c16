"""Peers that are factors, learned by alternating least squares; a history is folded in when asked."""

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from bench.quality.peers.scored import Missing, Scored, head_of, places_of, scored, users_by_items
from bench.quality.peers.tuning import Maker
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import Floats, Indices, Interactions, Query, TrainingData

FACTORS, ROUNDS = 64, 12
# Of the other one, which is learned in numpy, row by row.
SCALED_FACTORS, SWEEPS = 32, 6


def implicit_als(data: TrainingData, seed: int) -> Maker:
    """Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008), by `implicit`."""
    try:
        from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415  an extra of its own
    except ImportError as missing:
        raise Missing("the package implicit is not installed (the extra `bench`)") from missing
    events = data.interactions
    head = head_of(events, events.n_items)
    matrix = users_by_items(events, head)

    def model(confidence: float, ridge: float) -> Model:
        settings = {"regularization": ridge, "alpha": confidence, "iterations": ROUNDS, "random_state": seed}
        with threadpool_limits(1, "blas"):
            factors = AlternatingLeastSquares(FACTORS, num_threads=1, **settings)
            factors.fit(matrix, show_progress=False)
        items = np.asarray(factors.item_factors, np.float32)
        return _folding(events, head, items, (1 - 1 / confidence, 1 / confidence), lambda _: ridge / confidence)

    return model


def frequency_als(data: TrainingData, seed: int) -> Maker:
    """Rendle et al., "Revisiting the Performance of iALS on Item Recommendation Benchmarks" (RecSys 2022), eq. 2 and 4.

    Everything not taken weighs `unseen`, and a user or item is held to 0 by lam (its count + unseen n)^1.
    """
    events = data.interactions
    head = head_of(events, events.n_items)
    matrix = users_by_items(events, head)
    back = matrix.T.tocsr()

    def model(unseen: float, ridge: float) -> Model:
        rng, size = np.random.default_rng(seed), (len(head), SCALED_FACTORS)
        items = rng.normal(0, 0.1 / np.sqrt(SCALED_FACTORS), size).astype(np.float32)
        for _ in range(SWEEPS):
            users = _solved(matrix, items, unseen, ridge)
            items = _solved(back, users, unseen, ridge)
        return _folding(events, head, items, (1.0, unseen), lambda count: ridge * (count + unseen * len(head)))

    return model


def _solved(matrix: csr_matrix, others: Floats, unseen: float, ridge: float) -> Floats:
    """Return the factors of all rows, given those of the columns."""
    size = others.shape[1]
    square, unit = np.float32(unseen) * others.T @ others, np.eye(size, dtype=np.float32)
    rows = np.zeros((matrix.shape[0], size), np.float32)
    counts = np.diff(matrix.indptr)
    for row in np.flatnonzero(counts):
        mine = others[matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]]
        lam = np.float32(ridge * (counts[row] + unseen * len(others)))
        rows[row] = np.linalg.solve(square + mine.T @ mine + lam * unit, mine.sum(axis=0))
    return rows


def _folding(
    events: Interactions, head: Indices, items: Floats, weights: tuple[float, float], lam: Callable[[int], float]
) -> Scored:
    """Score by the factors that a history would have; `weights` are what is taken weighs more, and what all weighs."""
    seen, unseen = np.float32(weights)
    square, unit = unseen * items.T @ items, np.eye(items.shape[1], dtype=np.float32)
    place = places_of(head, events.n_items)

    def score(query: Query) -> Floats:
        mine = np.unique(place[query.history_items])
        mine = items[mine[mine >= 0]]
        weight = np.float32(lam(len(mine)))
        user = np.linalg.solve(square + seen * mine.T @ mine + weight * unit, mine.sum(axis=0))
        return np.asarray(items @ user, np.float32)

    return scored(events, head, score)
