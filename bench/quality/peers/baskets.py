"""Peers that come from the next basket: users alike, and how they repeat."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from bench.quality.peers.scored import scored
from bench.quality.peers.tuning import Maker
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import Floats, Indices, Interactions, Query, TrainingData
from tastemaker.recipes.histories.baskets import ages, number_baskets

GROUP_FADE, BASKET_FADE = 0.7, 0.9
# How far the cosine looks at the other user's items rather than at one's own: the root of both, 1/2, would be even.
LEAN = 0.25


def _everything(events: Interactions) -> Indices:
    return np.arange(events.n_items, dtype=np.int32)


def _ages(events: Interactions) -> NDArray[np.int64]:
    """Return how many baskets of its user came after each event (events,)."""
    numbers = number_baskets(events)
    last = np.zeros(events.n_users, np.int64)
    np.maximum.at(last, events.users, numbers)
    return last[events.users] - numbers


def _by_user(events: Interactions, weights: Floats) -> csr_matrix:
    matrix = csr_matrix((weights, (events.users, events.items)), (events.n_users, events.n_items))
    matrix.sum_duplicates()
    return matrix


def _in_groups(ages: NDArray[np.int64], baskets: NDArray[np.int64], size: int) -> Floats:
    """Weigh by a basket's place in its group of baskets, and by that of the group: means of means (eq. 1 and 2)."""
    groups = -(-baskets // size)
    newest, group = ages % size, ages // size
    inside = np.minimum(size, baskets - group * size)
    return np.asarray(BASKET_FADE**newest * GROUP_FADE**group / (inside * groups), np.float32)


def tifu_knn(data: TrainingData, seed: int) -> Maker:
    """Hu et al., "Modeling Personalized Item Frequency Information for Next-basket Recommendation" (SIGIR 2020).

    A user is a vector of how often each item was in recent groups of baskets; asked is alpha of it, and of the mean of
    the nearest users' vectors the rest (eq. 3).
    """
    del seed
    events = data.interactions
    since = _ages(events)
    count = np.zeros(events.n_users, np.int64)
    np.maximum.at(count, events.users, since + 1)

    def model(own: float, group: int, nearest: int) -> Model:
        vectors = _by_user(events, _in_groups(since, count[events.users], group))
        lengths = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
        lengths[count == 0] = np.inf

        def score(query: Query) -> Floats:
            mine = ages(query.history_times)
            weights = _in_groups(mine, np.full(len(mine), mine.max(initial=0) + 1), group)
            vector = np.bincount(query.history_items, weights, events.n_items)
            distance = lengths - 2 * (vectors @ vector)
            if query.user is not None:
                distance[query.user] = np.inf
            near = np.argpartition(distance, min(nearest, len(distance)) - 1)[:nearest]
            others = np.asarray(vectors[near].mean(axis=0)).ravel()
            return np.asarray(own * vector + (1 - own) * others, np.float32)

        return scored(events, _everything(events), score)

    return model


def up_cf(data: TrainingData, seed: int) -> Maker:
    """Faggioli et al., "Recency Aware Collaborative Filtering for Next Basket Recommendation" (UMAP 2020), UP-CF@r.

    What share of a user's last `window` baskets has an item, summed over all users by their asymmetric cosine (the user
    asked for has 1) to the power of `locality` (eq. 5 to 7).
    """
    del seed
    events = data.interactions
    since, had = _ages(events), _by_user(events, np.ones(len(events), np.float32))
    had.data[:] = 1
    sizes = np.maximum(np.diff(had.indptr), 1)
    count = np.zeros(events.n_users, np.int64)
    np.maximum.at(count, events.users, since + 1)

    def model(window: int, locality: float) -> Model:
        recent = events.where(since < window)
        shares = diags(1 / np.clip(count, 1, window)) @ _by_user(recent, np.ones(len(recent), np.float32))
        columns = shares.T.tocsr()

        def score(query: Query) -> Floats:
            vector = np.zeros(events.n_items, np.float32)
            vector[query.history_items] = 1
            alike = (had @ vector) / (sizes**LEAN * max(1.0, float(vector.sum())) ** (1 - LEAN))
            if query.user is not None:
                alike[query.user] = 0
            mine = ages(query.history_times)
            items, baskets = query.history_items[mine < window], min(window, int(mine.max(initial=0)) + 1)
            own = np.bincount(items, minlength=events.n_items) / baskets
            return np.asarray(own + columns @ alike**locality, np.float32)

        return scored(events, _everything(events), score)

    return model
