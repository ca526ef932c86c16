"""Data of any size with a known structure, from a seed: what the scale benchmarks train on.

Items fall into planted clusters and are popular within them by Zipf's law; users have log-normal lengths, move from one
cluster to another while they live, follow some items with their successors, and take some of their own items again.
"""

import numpy as np

from tastemaker.recipes.data import Interactions, TrainingData

EVENTS_PER_USER, SPREAD = 145, 1.0
ZIPF = 0.9
ANYTHING, FOLLOWED, REPEATED, TOGETHER = 0.2, 0.3, 0.15, 0.3
SPAN, GAP = 2 * 365 * 86400, 86400


def generated(events: int, items: int, seed: int = 0) -> TrainingData:
    """Return about so many events of so many items."""
    rng = np.random.default_rng(seed)
    users, lengths = _users(rng, events)
    clusters = max(4, int(items**0.5) // 2)
    tastes = _tastes(rng, users, lengths, clusters)
    size = items // clusters
    picks = (tastes + clusters * _zipf(rng, len(users), size)).astype(np.int32)
    picks = _again(rng, _followed(rng, picks, users, clusters, size), users)
    counts = {"n_users": len(lengths), "n_items": items}
    data = Interactions.sort(users, picks, _times(rng, users, lengths), **counts)
    names = [
        np.char.add(letter, np.arange(count).astype("U9")) for letter, count in (("u", len(lengths)), ("i", items))
    ]
    return TrainingData(data, np.sort(names[0]), np.sort(names[1]))


def _users(rng: np.random.Generator, events: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the user of every event, sorted, and the length of every history."""
    lengths = rng.lognormal(0, SPREAD, max(10, events // EVENTS_PER_USER))
    lengths = np.maximum(2, lengths / lengths.sum() * events).astype(np.int64)
    return np.repeat(np.arange(len(lengths), dtype=np.int32), lengths), lengths


def _tastes(rng: np.random.Generator, users: np.ndarray, lengths: np.ndarray, clusters: int) -> np.ndarray:
    """Return the cluster of every event: the user's first taste, later the second, now and then anything."""
    first, second = (_zipf(rng, len(lengths), clusters)[users] for _ in range(2))
    starts = np.cumsum(lengths) - lengths
    age = (np.arange(len(users)) - starts[users]) / lengths[users]
    tastes = np.where(rng.random(len(users), np.float32) < age, second, first)
    anything = rng.random(len(users), np.float32) < ANYTHING
    tastes[anything] = _zipf(rng, int(anything.sum()), clusters)
    return tastes


def _zipf(rng: np.random.Generator, count: int, size: int) -> np.ndarray:
    shares = np.cumsum(1 / np.arange(1, size + 1) ** ZIPF)
    return np.searchsorted(shares / shares[-1], rng.random(count, np.float32)).astype(np.int32).clip(max=size - 1)


def _followed(rng: np.random.Generator, picks: np.ndarray, users: np.ndarray, clusters: int, size: int) -> np.ndarray:
    """Let some items be the successor, inside their cluster, of the item before them."""
    follows = (rng.random(len(picks), np.float32) < FOLLOWED) & (np.append(-1, users[:-1]) == users)
    before = picks[np.flatnonzero(follows) - 1]
    picks[follows] = before % clusters + clusters * ((before // clusters + 1) % size)
    return picks


def _again(rng: np.random.Generator, picks: np.ndarray, users: np.ndarray) -> np.ndarray:
    """Let some events repeat one of the user's, some steps back."""
    again = np.flatnonzero(rng.random(len(picks), np.float32) < REPEATED)
    back = np.maximum(again - rng.geometric(0.1, len(again)), 0)
    mine = users[back] == users[again]
    picks[again[mine]] = picks[back[mine]]
    return picks


def _times(rng: np.random.Generator, users: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return a moment for every event, in order; some events of a user happen at the same moment."""
    gaps = rng.exponential(GAP, len(users)).astype(np.int64) + 1
    gaps[rng.random(len(users), np.float32) < TOGETHER] = 0
    moments = np.cumsum(gaps)
    starts = np.cumsum(lengths) - lengths
    return moments - moments[starts][users] + rng.integers(0, SPAN, len(lengths))[users]
