"""How often, and since when, each item occurs: what is learned of items one by one, whoever has counted it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Interactions, Times
from tastemaker.recipes.histories.popularity import distinct_users


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Events and users of each item, and the moment of its first event (items,): the newest of all where it has none.

    `moments` are those at which anything happened, in order, and `until` how many events there were by each; `n_users`
    is how many users there are.
    """

    events: Times
    users: Times
    first: Times
    moments: Times
    until: Times
    n_users: int

    @classmethod
    def of(cls, interactions: Interactions) -> Self:
        """Count events that are at hand."""
        events = np.bincount(interactions.items, minlength=interactions.n_items)
        moments, counts = np.unique(interactions.timestamps, return_counts=True)
        users, first = distinct_users(interactions), first_moments(interactions)
        return cls(events, users, first, moments, np.cumsum(counts), interactions.n_users)

    @property
    def total(self) -> int:
        """Return how many events there are."""
        return int(self.until[-1]) if len(self.until) else 0

    @property
    def newest(self) -> int:
        """Return the moment of the newest event, 0 where there is none."""
        return int(self.moments[-1]) if len(self.moments) else 0

    def since(self, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what part of all events came from some moments on."""
        before = np.append(0, self.until)[np.searchsorted(self.moments, moments)]
        return np.asarray(1 - before / max(1, self.total))

    def at(self, places: Times) -> Times:
        """Return the moments of some events by their places in the order of time."""
        return self.moments[np.searchsorted(self.until, places, "right")]


def first_moments(interactions: Interactions) -> Times:
    """Return the moment of each item's first event (items,); the newest of all where it has none."""
    first = np.full(interactions.n_items, interactions.timestamps.max(initial=0))
    np.minimum.at(first, interactions.items, interactions.timestamps)
    return first
