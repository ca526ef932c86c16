"""How good segments are ("Evaluating a solution version", USER_SEGMENTATION): of every user the newest fifth is hidden.

For each item or kind of item, the segment is the likeliest one in a hundred of all users; who really took it in the
hidden events is right. `hits_at_1_percent` is how many are, `recall_at_1_percent` which part of all who did;
`coverage` is the share of all users that any segment has.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, cast

import numpy as np

from tastemaker.recipes import workers
from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.contract import Progress, Recipe, share, silent
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, TrainingData
from tastemaker.recipes.measuring import evaluation
from tastemaker.recipes.measuring.evaluation import Evaluation
from tastemaker.recipes.segments.features import Block
from tastemaker.recipes.segments.learning import Draw, renumbered
from tastemaker.recipes.segments.model import Affinity
from tastemaker.recipes.segments.tops import Tops

HITS, RECALL = "hits_at_1_percent", "recall_at_1_percent"
HIDDEN: Final = 0.2
TARGETS: Final = 200
# Users that are looked at at once.
BLOCK: Final = 4000
Measure = Callable[..., Evaluation]


def of(draw: Draw) -> Measure:
    """Return how a recipe is measured that is asked for what `draw` draws."""

    def evaluate(
        recipe: Recipe, data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress = silent
    ) -> Evaluation:
        hidden = newest(data.interactions)
        training = data.where(~hidden)
        # The one kind of model that is measured so.
        model = cast("Affinity", recipe.fit(training, parameters, seed=seed, progress=share(progress, 0.0, 0.9)))
        progress(0.9, "measuring the segments")
        items = draw(data, model.users, np.random.default_rng(seed + 1), TARGETS)
        with workers.one_blas_thread():
            measured = judge(model, training.interactions, data.interactions.where(hidden), items, seed=seed)
        return replace(measured, model=model)

    return evaluate


def newest(events: Interactions) -> Mask:
    """Return which events are hidden: the newest fifth of each user's, none of a user with one."""
    lengths = np.diff(events.starts())
    hidden = np.maximum((lengths * HIDDEN).astype(np.int64), lengths > 1)
    from_end = events.starts()[events.users + 1] - np.arange(len(events))
    mask: Mask = from_end <= hidden[events.users]
    return mask


def judge(model: Affinity, past: Interactions, later: Interactions, items: Matrix, *, seed: int) -> Evaluation:
    """Ask for the targets (items, targets) that anybody took later, and count who is right."""
    truth = _takers(later, items)
    asked = np.flatnonzero(np.asarray(truth.sum(axis=0)).ravel())
    count = max(1, past.n_users // 100)
    segments = _segments(model, past, later, items[:, asked], count)
    covered, rows = np.zeros(past.n_users, bool), []
    takers = truth.tocsc()
    for place, users in zip(asked.tolist(), segments, strict=True):
        covered[users] = True
        right = takers.indices[takers.indptr[place] : takers.indptr[place + 1]]
        hits = int(np.isin(users, right).sum())
        rows.append({HITS: float(hits), RECALL: hits / len(right)})
    if not rows:
        return Evaluation({HITS: 0.0, RECALL: 0.0, "coverage": 0.0}, {}, np.empty(0, np.int32), {})
    whole = evaluation.summary(rows, [None] * 0, covered, seed)
    return replace(whole, per_user={})


def _segments(model: Affinity, past: Interactions, later: Interactions, items: Matrix, count: int) -> list[Indices]:
    """Return the users of each target's segment, likeliest first."""
    targets, tops = model.of(items, model.alike(items)), Tops(items.shape[1], count)
    now = _moments(past, later)
    for begin in range(0, past.n_users, BLOCK):
        users = np.arange(begin, min(begin + BLOCK, past.n_users), dtype=np.int32)
        block = Block(renumbered(past, users), now[users], model.members(begin, begin + len(users)))
        tops.add(begin, model.odds(block, targets))
    return [users for users, _ in tops.best()]


def _moments(past: Interactions, later: Interactions) -> np.ndarray:
    """Return when each user is asked: at the first hidden event, or after all others."""
    now = np.full(past.n_users, int(past.timestamps.max(initial=0)), np.int64)
    starts = later.starts()
    there = np.diff(starts) > 0
    now[there] = later.timestamps[starts[:-1][there]]
    return now


def _takers(events: Interactions, items: Matrix) -> Matrix:
    """Return (users, targets): who takes what."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting and segments

    ones: Floats = np.ones(len(events), np.float32)
    takers = csr_matrix((ones, events.items, events.starts()), (events.n_users, events.n_items)) @ (items > 0)
    takers.data[:] = 1
    return takers
