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

    `times` (events,) are the moments of all events, in order; `n_users` is how many users there are.
    """

    events: Times
    users: Times
    first: Times
    times: Times
    n_users: int

    @classmethod
    def of(cls, interactions: Interactions) -> Self:
        """Count events that are at hand."""
        items, moments = interactions.items, interactions.timestamps
        first = np.full(interactions.n_items, moments.max(initial=0))
        np.minimum.at(first, items, moments)
        events = np.bincount(items, minlength=interactions.n_items)
        return cls(events, distinct_users(interactions), first, np.sort(moments), interactions.n_users)

    @property
    def newest(self) -> int:
        """Return the moment of the newest event, 0 where there is none."""
        return int(self.times[-1]) if len(self.times) else 0

    def since(self, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what part of all events came from some moments on."""
        return np.asarray(1 - np.searchsorted(self.times, moments) / max(1, len(self.times)))
