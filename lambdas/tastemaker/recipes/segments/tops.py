"""The best few of very many users for several targets at once, kept in bounded memory."""

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from tastemaker.recipes.data import Floats, Indices, Mask

# Users and their odds.
Best = tuple[Indices, Floats]


class Tops:
    """Of each target the `count` users with the highest odds so far; of equals the first.

    What comes is put behind what is kept, and cut when that has grown to twice as many.
    """

    def __init__(self, targets: int, count: int) -> None:
        self._count = count
        self._kept: list[list[Best]] = [[] for _ in range(targets)]
        # What anyone must have more than to be kept, once enough are.
        self._least = np.full(targets, -np.inf, np.float32)

    def add(self, first: int, odds: Floats, allowed: Sequence[Mask | None] = ()) -> None:
        """Look at users from a `first` number on, with odds (users, targets); of each target at those `allowed`."""
        for target, (kept, mask) in enumerate(zip_longest(self._kept, allowed)):
            column = odds[:, target]
            better = column > self._least[target]
            users = np.flatnonzero(better if mask is None else better & mask)
            if len(users):
                kept.append(((first + users).astype(np.int32), column[users]))
            if sum(len(users) for users, _ in kept) > 2 * self._count:
                kept[:] = [self._cut(target)]

    def best(self) -> list[Best]:
        """Return the users of each target with their odds, highest first."""
        return [self._ordered(target) for target in range(len(self._kept))]

    def _cut(self, target: int) -> Best:
        users, odds = self._together(target)
        least = -np.partition(-odds, self._count - 1)[self._count - 1]
        # Equals of the last one come in the order of their numbers.
        above, equal = np.flatnonzero(odds > least), np.flatnonzero(odds == least)
        keep = np.sort(np.concatenate([above, equal[: self._count - len(above)]]))
        self._least[target] = least
        return users[keep], odds[keep]

    def _ordered(self, target: int) -> Best:
        users, odds = self._together(target)
        if len(odds) > self._count:
            users, odds = self._cut(target)
        order = np.lexsort((users, -odds))
        return users[order], odds[order]

    def _together(self, target: int) -> Best:
        nothing = np.empty(0, np.int32), np.empty(0, np.float32)
        users, odds = zip(nothing, *self._kept[target], strict=True)
        return np.concatenate(users), np.concatenate(odds)
