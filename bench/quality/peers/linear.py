"""Peers that are one matrix of items by items, in closed form: item-kNN, EASE, SLIST, a ridge with time, SeqRidge."""

from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import spotrf, spotri
from scipy.sparse import csr_matrix

from bench.quality.peers.scored import (
    Weigh,
    alike,
    fading,
    head_of,
    linear,
    places_of,
    together,
    users_by_items,
)
from bench.quality.peers.tuning import Maker
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import Floats, Indices, Interactions, Query, TrainingData
from tastemaker.recipes.histories.baskets import ages, last_events, number_baskets

PAST, FUTURE, WINDOW, MIXTURE = 3.0, 8.0, 20, 0.5
TAUGHT_EVENTS = 1000
# How many events before an event are looked at by the ridge with time.
BEFORE = 10
DAY = 86400.0
Gaps = Callable[[NDArray[np.floating], NDArray[np.floating]], Floats]


def _faded(decay: float) -> Weigh:
    return alike if np.isinf(decay) else fading(decay)


def item_knn(data: TrainingData, seed: int) -> Maker:
    """Cosine of the users of two items, the strongest neighbours of each kept (Sarwar et al. 2001, section 3.1)."""
    del seed
    events = data.interactions
    head = head_of(events)
    counts = together(users_by_items(events, head))

    @lru_cache(maxsize=1)
    def cosines(shrink: float) -> Floats:
        sizes = np.sqrt(np.maximum(np.diag(counts), 1))
        matrix = np.asarray(counts / (np.outer(sizes, sizes) + np.float32(shrink)), np.float32)
        np.fill_diagonal(matrix, 0)
        return matrix

    def model(shrink: float, neighbours: int, history: float) -> Model:
        matrix = cosines(shrink)
        if len(head) > neighbours:
            least = np.partition(matrix, len(head) - neighbours, axis=1)[:, [len(head) - neighbours]]
            matrix = np.where(matrix < least, np.float32(0), matrix)
        return linear(events, head, matrix, _faded(history))

    return model


def ease(data: TrainingData, seed: int) -> Maker:
    """Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (WWW 2019), eq. 8: B = I - P / diag(P).

    P = (X'X + lam I)^-1; a ridge is in means of the diagonal; the history is weighed by recency when it is asked.
    """
    del seed
    events = data.interactions
    head = head_of(events)
    gram = together(users_by_items(events, head))

    @lru_cache(maxsize=2)
    def solved(ridge: float) -> Floats:
        lam = max(1.0, ridge * float(np.diag(gram).mean()))
        inverse = _inverse(gram + np.float32(lam) * np.eye(len(head), dtype=np.float32))
        matrix = np.asarray(inverse / -np.diag(inverse), np.float32)
        np.fill_diagonal(matrix, 0)
        return matrix

    def model(ridge: float, history: float) -> Model:
        return linear(events, head, solved(ridge), _faded(history))

    return model


def _inverse(matrix: Floats) -> Floats:
    factor, _ = spotrf(matrix.T, lower=1, overwrite_a=1)
    half, _ = spotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(half)
    return np.asarray(lower + np.tril(lower, -1).T, np.float32)


def _ridge(left: Floats, right: Floats, ridge: float) -> Floats:
    """Return (left + lam I)^-1 right without its diagonal; lam is in means of left's diagonal."""
    left = left.copy()
    np.einsum("ii->i", left)[:] += max(1e-6, ridge * float(np.diag(left).mean()))
    matrix = cho_solve(cho_factor(left, lower=True, overwrite_a=True), right.copy(), overwrite_b=True)
    np.fill_diagonal(matrix, 0)
    return np.asarray(matrix, np.float32)


def slist(data: TrainingData, seed: int) -> Maker:
    """Choi et al., "Session-aware Linear Item-Item Models" (WWW 2021), SLIST, eq. 11: users as sets and as sequences.

    B = (share X'X + (1 - share) S'S + lam I)^-1 (share X'X + (1 - share) S'T), past S and future T fading by `decay`
    baskets; each user weighs 1 over the events.
    """
    del seed
    events = last_events(data.interactions, TAUGHT_EVENTS)
    head = head_of(events)
    baskets, owners = _sequences(events, head)
    whole = _whole(events, head)

    @lru_cache(maxsize=1)
    def lagged(decay: float) -> tuple[Floats, Floats]:
        return _products(baskets, owners, decay, decay)

    @lru_cache(maxsize=1)
    def solved(decay: float, share: float, ridge: float) -> Floats:
        past, future = lagged(decay)
        return _ridge(share * whole + (1 - share) * past, share * whole + (1 - share) * future, ridge)

    def model(decay: float, share: float, ridge: float, history: float) -> Model:
        return linear(events, head, solved(decay, np.float32(share), ridge), _faded(history))

    return model


def seqridge(data: TrainingData, seed: int) -> Model:
    """SeqRidge alone: from the fading past to the fading future, one ridge, no learned weights, no search."""
    del seed
    events = last_events(data.interactions, TAUGHT_EVENTS)
    head = head_of(events)
    past, future = _products(*_sequences(events, head), PAST, FUTURE)
    left, right = ((1 - MIXTURE) * each + MIXTURE * _whole(events, head) for each in (past, future))
    return linear(events, head, _ridge(left, right, 1.0), fading(10.0))


def _whole(events: Interactions, head: Indices) -> Floats:
    """Return X'WX of users as sets, each weighing 1 over the events."""
    users = users_by_items(events, head)
    shape = (range(events.n_users),) * 2
    scale = csr_matrix((1 / np.maximum(np.diff(events.starts()), 1), shape), dtype=np.float32)
    return np.asarray((users.T @ (scale @ users)).toarray(), np.float32)


def _products(baskets: csr_matrix, owners: NDArray[np.int64], past: float, future: float) -> tuple[Floats, Floats]:
    """Return S'S and S'T for fading pasts and futures, from the geometric sums over lags."""
    common, onward = _bands(owners, past, future)
    covariance = np.asarray((baskets.T @ (common @ baskets)).toarray(), np.float32)
    target = np.asarray((baskets.T @ (onward @ baskets)).toarray(), np.float32)
    return np.float32(1 / (1 - np.exp(-2 / past))) * (covariance + covariance.T), target


def _sequences(events: Interactions, head: Indices) -> tuple[csr_matrix, NDArray[np.int64]]:
    """Return (baskets, head), each event as heavy as the root of 1 / its user's events, and each basket's user."""
    numbers = number_baskets(events)
    fresh = np.ones(len(events), bool)
    fresh[1:] = (events.users[1:] != events.users[:-1]) | (numbers[1:] != numbers[:-1])
    basket = np.cumsum(fresh) - 1
    place = places_of(head, events.n_items)
    in_head = place[events.items] >= 0
    heavy = np.sqrt(1 / np.maximum(np.diff(events.starts()), 1))[events.users].astype(np.float32)
    shape = (int(basket[-1]) + 1, len(head))
    matrix = csr_matrix((heavy[in_head], (basket[in_head], place[events.items[in_head]])), shape)
    return matrix, events.users[fresh].astype(np.int64)


def _bands(users: NDArray[np.int64], past: float, future: float) -> tuple[csr_matrix, csr_matrix]:
    """Return by which weight each basket meets the later ones of its user: as a common past, and as past and future."""
    fade, fade_out = np.exp(-1 / past), np.exp(-1 / future)
    rows, columns, common, onward = [], [], [], []
    for lag in range(WINDOW + 1):
        begins = np.flatnonzero(users[: len(users) - lag] == users[lag:])
        rows.append(begins)
        columns.append(begins + lag)
        common.append(np.full(len(begins), fade**lag if lag else 0.5))
        sums = sum(fade**step * fade_out ** (lag - 1 - step) for step in range(lag))
        onward.append(np.full(len(begins), float(sums)))
    places, shape = (np.concatenate(rows), np.concatenate(columns)), (len(users), len(users))
    both = [csr_matrix((np.concatenate(each).astype(np.float32), places), shape) for each in (common, onward)]
    for each in both:
        each.eliminate_zeros()
    return both[0], both[1]


def time_ridge(data: TrainingData, seed: int) -> Maker:
    """Park et al., "Temporal Linear Item-Item Model for Sequential Recommendation" (WSDM 2025), after TALE.

    Each event is a target of its own, its sources the BEFORE events before it, weighed by lag and by the time between,
    w = exp(-lag / decay) max(exp(-gap / (tau x median gap)), least): B = (S'S + lam I)^-1 S'T. Not its normalisation
    by trend: that is what popularity lately has in other peers.
    """
    del seed
    events = last_events(data.interactions, TAUGHT_EVENTS)
    head = head_of(events)
    place, usual = places_of(head, events.n_items), _median_gap(events)

    def weigh(lags: NDArray[np.floating], gaps: NDArray[np.floating], decay: float, tau: float) -> Floats:
        return np.asarray(np.exp(-lags / decay) * np.maximum(np.exp(-gaps / (tau * usual)), 0.1), np.float32)

    @cache
    def counted(decay: float, tau: float) -> tuple[Floats, Floats]:
        return _sources_and_targets(events, place, len(head), lambda lags, gaps: weigh(lags, gaps, decay, tau))

    @lru_cache(maxsize=1)
    def solved(decay: float, tau: float, ridge: float) -> Floats:
        return _ridge(*counted(decay, tau), ridge)

    def model(decay: float, tau: float, ridge: float, history: float) -> Model:
        def recent(query: Query) -> Floats:
            gaps = (query.now - query.history_times).astype(np.float64)
            return weigh(ages(query.history_times).astype(np.float64), gaps, history, tau) + np.float32(1e-3)

        return linear(events, head, solved(decay, tau, ridge), recent)

    return model


def _median_gap(events: Interactions) -> float:
    same = events.users[1:] == events.users[:-1]
    gaps = np.diff(events.timestamps)[same]
    gaps = gaps[gaps > 0]
    return float(np.median(gaps)) if len(gaps) else DAY


def _sources_and_targets(
    events: Interactions, place: NDArray[np.int64], size: int, weigh: Gaps
) -> tuple[Floats, Floats]:
    """Return S'S and S'T (head, head): a row of S for every event, what came before it in an earlier basket."""
    numbers, rows, columns, weights = number_baskets(events), [], [], []
    for step in range(1, BEFORE + 1):
        later = np.arange(step, len(events))
        before = later - step
        lags = numbers[later] - numbers[before]
        good = (events.users[later] == events.users[before]) & (lags > 0) & (place[events.items[before]] >= 0)
        later, before, lags = later[good], before[good], lags[good]
        rows.append(later)
        columns.append(place[events.items[before]])
        gaps = (events.timestamps[later] - events.timestamps[before]).astype(np.float64)
        weights.append(weigh(lags - 1.0, gaps))
    cells = np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))
    sources = csr_matrix(cells, (len(events), size), dtype=np.float32)
    there = place[events.items] >= 0
    taken = np.flatnonzero(there)
    targets = csr_matrix((np.ones(len(taken), np.float32), (taken, place[events.items[taken]])), (len(events), size))
    covariance, target = (sources.T @ each for each in (sources, targets))
    return np.asarray(covariance.toarray(), np.float32), np.asarray(target.toarray(), np.float32)
