"""A history as a sequence of baskets: events of one user at one moment belong together."""

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Interactions, Times


def number_baskets(interactions: Interactions) -> Times:
    """Return each event's basket, counted from 0 for every user: shape (events,)."""
    fresh = np.ones(len(interactions), np.int64)
    same_user = interactions.users[1:] == interactions.users[:-1]
    fresh[1:] = ~same_user | (interactions.timestamps[1:] != interactions.timestamps[:-1])
    numbers = np.cumsum(fresh) - 1
    first = numbers[np.minimum(interactions.starts()[:-1], len(interactions) - 1)] if len(interactions) else numbers
    return numbers - first[interactions.users]


def ages(times: Times) -> NDArray[np.int64]:
    """Return how many baskets came after each event of one history: 0 for the newest basket."""
    if not len(times):
        return np.empty(0, np.int64)
    steps = np.empty(len(times), np.int64)
    steps[0] = 0
    np.cumsum(times[1:] != times[:-1], out=steps[1:])
    return np.asarray(steps[-1] - steps, np.int64)


def last_events(interactions: Interactions, limit: int) -> Interactions:
    """Keep the newest events of every user."""
    if not len(interactions):
        return interactions
    from_end = interactions.starts()[interactions.users + 1] - np.arange(len(interactions))
    return interactions if from_end.max() <= limit else interactions.where(from_end <= limit)


def typical_users(interactions: Interactions, low: float, high: float) -> Interactions:
    """Leave out users whose history is shorter or longer than these quantiles of all lengths."""
    if not len(interactions):
        return interactions
    lengths = np.bincount(interactions.users, minlength=interactions.n_users)
    least, most = np.quantile(lengths[lengths > 0], [low, high], method="nearest")
    return interactions.where(((lengths >= least) & (lengths <= most))[interactions.users])


def first_times(interactions: Interactions) -> Interactions:
    """Keep a user's first event with each item: what was new to the user, in the order in which it was met."""
    keys = interactions.users.astype(np.uint64) << np.uint64(32) | interactions.items.astype(np.uint64)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = order[np.append(True, keys[1:] != keys[:-1])] if len(order) else order
    keep = np.zeros(len(interactions), bool)
    keep[first] = True
    return interactions.where(keep)
