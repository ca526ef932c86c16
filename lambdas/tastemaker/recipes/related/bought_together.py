"""Frequently bought together: items that share baskets more often than chance has them meet.

With c_ij baskets that hold both, n_i and n_j that hold each, and N in all, chance expects e_ij = n_i n_j / N, and

    s_ij = log (c_ij + 1/2) / (e_ij + 1/2) - z / sqrt(c_ij + 1/2)        where c_ij is at least the support

is the lower bound of the log lift: a pair must have met often enough to be believed. Purchases arrive one by one, and
not all at one moment: a basket ends with a pause, whose length the data say (`pauses`). An item of which baskets say
LITTLE has beside it what the same customers bought in the LATER baskets after it, by the same bound with pairs of
baskets in the place of baskets, or in those before, which say BEFORE as much; then what is popular.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.contract import Progress, recipe, silent
from tastemaker.recipes.data import Indices, Interactions, Times, TrainingData
from tastemaker.recipes.histories.popularity import best_first, distinct_users
from tastemaker.recipes.metadata import Metadata
from tastemaker.recipes.related import tables
from tastemaker.recipes.related.aws_sims import Sims
from tastemaker.recipes.related.costs import COMPARING
from tastemaker.recipes.related.pauses import learned_pause

# So many baskets after one are looked at where nothing is bought together.
LATER: Final = 3
BEFORE: Final = 0.5
# A bound that chance reaches: of hundreds of pairs some do.
LITTLE: Final = 0.3
SUPPORT: Final = 3
CERTAINTY: Final = 1.645
HALF: Final = 0.5
Blocks = Iterator[tuple[int, Matrix]]


@recipe(
    Metadata("bought-together", "RELATED_ITEMS", "Items bought with a given one.", needs_user=False, needs_item=True),
    Sims,
    costs=COMPARING,
)
def bought_together(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Sims:
    """Count baskets with two items; what is bought alone has what is bought later beside it, or what is popular."""
    del parameters, seed
    events = data.interactions
    numbers = baskets(events, learned_pause(events))
    member = tables.groups(numbers, events.items, events.n_items)
    first, second = _next(member, events.users[np.unique(numbers, return_index=True)[1]])
    pairs = ((member, member, progress), (first, second, silent), (second, first, silent))
    rows = _rows(*(_bounds(*pair) for pair in pairs))
    return tables.model(rows, best_first(distinct_users(events)))


def baskets(events: Interactions, pause: float) -> Times:
    """Return each event's basket (events,), numbered over all users, each ended by more than a pause in seconds."""
    new = np.ones(len(events), np.int64)
    same = events.users[1:] == events.users[:-1]
    new[1:] = ~same | (np.diff(events.timestamps) > pause)
    return np.cumsum(new)


def _next(member: Matrix, users: Indices) -> tuple[Matrix, Matrix]:
    """Return pairs of baskets of one user, the LATER next to each: two (pairs, items)."""
    from scipy.sparse import vstack  # noqa: PLC0415  scipy is for fitting only

    pairs = [(np.flatnonzero(users[lag:] == users[:-lag]), lag) for lag in range(1, LATER + 1)]
    return vstack([member[rows] for rows, _ in pairs]).tocsr(), vstack(
        [member[rows + lag] for rows, lag in pairs]
    ).tocsr()


def _rows(together: Blocks, later: Blocks, earlier: Blocks) -> Iterator[Indices]:
    """Yield each item's neighbours by baskets, and where those say LITTLE by the baskets after and before as well."""
    for (begin, block), (_, after), (_, before) in zip(together, later, earlier, strict=True):
        beside = block.maximum(after).maximum(before * BEFORE).tocsr()
        is_sure = block.max(axis=1).toarray().ravel() > LITTLE
        rows = zip(is_sure.tolist(), tables.strongest(block, begin), tables.strongest(beside, begin), strict=True)
        yield from (by_baskets if sure else by_all for sure, by_baskets, by_all in rows)


def _bounds(member: Matrix, other: Matrix, progress: Progress) -> Blocks:
    """Yield blocks of lower bounds of log lifts (items, items): of `member` and of `other` (groups, items)."""
    half = max(1.0, float(member.shape[0])) ** HALF
    ours, theirs = (each.getnnz(axis=0) / half for each in (member, other))
    for begin, block in tables.together(member, progress, other):
        rows, columns = tables.cells(block, begin)
        block.data = np.where(rows == columns, 0.0, _scores(block.data, ours[rows] * theirs[columns]))
        yield begin, block


def _scores(both: NDArray[np.floating], expected: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return lower bounds of log lifts, 0 for pairs that met too rarely."""
    bounds = np.log((both + HALF) / (expected + HALF)) - CERTAINTY / np.sqrt(both + HALF)
    return np.where(both >= SUPPORT, bounds, 0.0)
