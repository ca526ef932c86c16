"""Popularity in numbers that do not change with the user: distinct users per item, and lists cut from one order."""

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Indices, Interactions, Mask


def distinct_users(interactions: Interactions) -> NDArray[np.int64]:
    """Count how many different users each item has: shape (n_items,)."""
    pairs = distinct_pairs(interactions)
    return np.bincount(pairs[1], minlength=interactions.n_items)


def distinct_pairs(interactions: Interactions) -> tuple[Indices, Indices]:
    """Return every (user, item) that met, once, sorted; sorting packed keys is many times as fast as np.unique."""
    keys = interactions.users.astype(np.uint64) << np.uint64(32) | interactions.items.astype(np.uint64)
    keys.sort()
    keys = keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
    return (keys >> np.uint64(32)).astype(np.int32), (keys & np.uint64(0xFFFFFFFF)).astype(np.int32)


def best_first(values: NDArray[np.number]) -> Indices:
    """Return all items by falling value; equal ones in the order of their ids."""
    return np.argsort(-values, kind="stable").astype(np.int32)


def with_last(order: Indices, more: int) -> Indices:
    """Return an order of items with so many more, numbered behind these, at its end."""
    return np.concatenate([order, np.arange(len(order), len(order) + more, dtype=np.int32)])


def filled(items: Indices, order: Indices, k: int, allowed: Mask | None, asked: int | None) -> Indices:
    """Return up to k items, then those of an order that are allowed, of neither kind the one asked about, up to k."""
    if len(items) >= k:
        return items
    popular = first_allowed(order, k + len(items) + 1, allowed)
    present = items if asked is None else np.append(items, asked)
    return np.concatenate([items, popular[~np.isin(popular, present)]])[:k]


def first_allowed(order: Indices, k: int, allowed: Mask | None) -> Indices:
    """Return the first k allowed items of an order without looking at more of it than needed."""
    if allowed is None:
        return np.array(order[:k], np.int32)
    size = max(4 * k, 256)
    while size < len(order):
        head = order[:size]
        items = head[allowed[head]]
        if len(items) >= k:
            return items[:k]
        size *= 8
    return order[allowed[order]][:k]
