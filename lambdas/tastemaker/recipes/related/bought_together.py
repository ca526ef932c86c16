"""Frequently bought together: items that share baskets more often than chance has them meet.

With c_ij baskets that hold both, n_i and n_j that hold each, and N in all, chance expects e_ij = n_i n_j / N, and

    s_ij = log (c_ij + 1/2) / (e_ij + 1/2) - z / sqrt(c_ij + 1/2)        where c_ij is at least the support

is the lower bound of the log lift: a pair must have met often enough to be believed. A basket ends where a user did
nothing for an hour: purchases arrive one by one, and not all at one moment.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.contract import Progress, recipe
from tastemaker.recipes.data import Indices, Interactions, Times, TrainingData
from tastemaker.recipes.histories.popularity import best_first, distinct_users
from tastemaker.recipes.metadata import Metadata
from tastemaker.recipes.related import tables
from tastemaker.recipes.related.aws_sims import Sims
from tastemaker.recipes.related.costs import COMPARING

PAUSE: Final = 3600
SUPPORT: Final = 3
CERTAINTY: Final = 1.645
HALF: Final = 0.5


@recipe(
    Metadata("bought-together", "RELATED_ITEMS", "Items bought with a given one.", needs_user=False, needs_item=True),
    Sims,
    costs=COMPARING,
)
def bought_together(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Sims:
    """Count baskets with two items; an item that is bought alone has popular ones beside it."""
    del parameters, seed
    events = data.interactions
    member = tables.groups(baskets(events), events.items, events.n_items)
    return tables.model(_rows(member, progress), best_first(distinct_users(events)))


def baskets(events: Interactions) -> Times:
    """Return each event's basket (events,), numbered over all users."""
    new = np.ones(len(events), np.int64)
    same = events.users[1:] == events.users[:-1]
    new[1:] = ~same | (np.diff(events.timestamps) > PAUSE)
    return np.cumsum(new)


def _rows(member: Matrix, progress: Progress) -> Iterator[Indices]:
    counts = member.getnnz(axis=0) / max(1.0, float(member.shape[0])) ** HALF
    for begin, block in tables.together(member, progress):
        rows, columns = tables.cells(block, begin)
        block.data = _scores(block.data, counts[rows] * counts[columns])
        yield from tables.strongest(block, begin)


def _scores(both: NDArray[np.floating], expected: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return lower bounds of log lifts, 0 for pairs that met too rarely."""
    bounds = np.log((both + HALF) / (expected + HALF)) - CERTAINTY / np.sqrt(both + HALF)
    return np.where(both >= SUPPORT, bounds, 0.0)
