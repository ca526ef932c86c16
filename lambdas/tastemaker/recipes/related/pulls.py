"""How far popularity pulls what is shown beside an item: as far as held-out users are answered better by it.

What is chosen together is divided by the root of how often the other item is chosen (a cosine), or by less. How much
less differs: films are like each other, songs follow fashion. Held-out users are asked as Amazon's protocol asks, for
their newest tenth beside the item before it, but only for what is new to them: what somebody buys again and again is
popular and yet not like everything.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.data import Floats, Indices, TrainingData
from tastemaker.recipes.measuring import evaluation, metrics
from tastemaker.recipes.measuring.evaluation import Case

# 0 is the cosine, 1 counts alone. With fewer than ENOUGH users none are asked; more than MOST say little more.
PULLS: Final = (0.0, 0.5, 1.0)
SHARE, ENOUGH, MOST = 0.1, 20, 500


def choose(data: TrainingData, member: Matrix, users: Floats, *, seed: int) -> float:
    """Return one of PULLS: each next one only if it is better beyond doubt.

    `member` (users with events, items) is 1 where a user has an item; `users` (items,) are how many have each, and
    more, so that few users do not make a rare item strong.
    """
    sample = _held_out(data, seed)
    if len(sample) < ENOUGH:
        return PULLS[0]
    cases = evaluation.cases(data.interactions, sample)
    others = np.ones(member.shape[0], bool)
    others[np.searchsorted(np.unique(data.interactions.users), sample)] = False
    counts = _together(member[others], cases)
    quality = {pull: _quality(counts, cases, users ** ((pull - 1) / 2)) for pull in PULLS}
    best = PULLS[0]
    for pull in PULLS[1:]:
        if metrics.beyond_doubt(quality[pull] - quality[best]) > 0:
            best = pull
    return best


def _held_out(data: TrainingData, seed: int) -> NDArray[np.int32]:
    """Draw users by another seed than the evaluation's: those judge, these choose."""
    active = int((np.diff(data.interactions.starts()) > 0).sum())
    share = min(SHARE, MOST / max(1, active))
    return evaluation.held_out(data.user_ids, data.interactions, seed=seed + 1, share=share)


def _together(member: Matrix, cases: Sequence[Case]) -> Matrix:
    """Return (cases, items): how many users have both the item that is asked about and each other."""
    items = np.array([case.query.item for case in cases])
    return (member[:, items].T @ member).tocsr()


def _quality(counts: Matrix, cases: Sequence[Case], weights: Floats) -> NDArray[np.float64]:
    return np.array([_ndcg(*_row(counts, place), case, weights) for place, case in enumerate(cases)])


def _row(counts: Matrix, place: int) -> tuple[Indices, Floats]:
    row = slice(counts.indptr[place], counts.indptr[place + 1])
    return counts.indices[row], counts.data[row]


def _ndcg(items: Indices, together: Floats, case: Case, weights: Floats) -> float:
    """Return the NDCG of what is new to a user; nan where nothing is."""
    own = case.query.history_items
    relevant = np.setdiff1d(case.relevant, own)
    if not len(relevant):
        return math.nan
    scores = np.where(np.isin(items, own), 0, together * weights[items])
    best = items[np.argsort(-scores, kind="stable")[: metrics.LENGTH]]
    return metrics.ndcg(np.isin(best, relevant), len(relevant), metrics.LENGTH)
