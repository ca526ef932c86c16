"""How good propensities are, on users who were not learned from: do they tell takers apart, and are takings on top.

Each contact of a held-out user is predicted from what was known just before it (AUC); and each held-out user is asked
for after the oldest 90 % of action interactions, where the actions taken in the newest 10 % are right.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import metrics, workers
from tastemaker.recipes.action_features import seen_before, signals_before
from tastemaker.recipes.actions import DAY, TAKEN, Contacts, contacts_of
from tastemaker.recipes.data import Indices, Interactions, Query, TrainingData
from tastemaker.recipes.evaluation import DECIMALS, HELD_OUT, MAX_CASES, Evaluation, held_out
from tastemaker.recipes.registry import Progress, Recipe, share, silent

if TYPE_CHECKING:
    from tastemaker.recipes.aws_next_best_action import NextBestAction

AUC = "auc"
RECALL = "recall_at_"


@dataclass(frozen=True, slots=True)
class Predicted:
    """Contacts with their whole period behind them, how likely they were to succeed, and which action each was."""

    propensities: NDArray[np.floating]
    taken: NDArray[np.bool_]
    actions: Indices


def evaluate(
    recipe: Recipe, data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress = silent
) -> Evaluation:
    """Train on nine users of ten and judge the answers to the tenth."""
    users = held_out(data.user_ids, data.interactions, seed=seed)
    fitted = recipe.fit(without(data, users), parameters, seed=seed, progress=share(progress, 0.0, 0.9))
    model = cast("NextBestAction", fitted)  # the one recipe that is measured so
    progress(0.9, "measuring the recommendations")
    with workers.one_blas_thread():
        told = predicted(model, data, users, int(recipe.metadata.resolve(parameters)["action_optimization_period"]))
        asked, rows, coverage = _lists(model, data, users)
    keys = sorted(rows[0] if rows else _score(np.empty(0, np.int32), np.zeros(1, np.int32)))
    table = np.array([[row[key] for key in keys] for row in rows], np.float32).reshape(len(rows), len(keys))
    means = table.mean(axis=0).tolist() if rows else [0.0] * len(keys)
    found = {"coverage": coverage, AUC: auc(told.propensities, told.taken)} | dict(zip(keys, means, strict=True))
    bounds = np.round(metrics.intervals(table, seed), DECIMALS).tolist() if rows else []
    return Evaluation(
        {key: round(float(value), DECIMALS) for key, value in found.items()},
        dict(zip(keys, bounds, strict=bool(rows))),
        np.array(asked, np.int32),
        {key: table[:, place] for place, key in enumerate(keys)},
        model,
    )


def without(data: TrainingData, users: Indices) -> TrainingData:
    """Return the data of all other users."""
    outside = np.ones(data.interactions.n_users, bool)
    outside[users] = False
    signals = data.signals and data.signals.where(outside[data.signals.users])
    return replace(data.where(outside[data.interactions.users]), signals=signals)


def predicted(model: "NextBestAction", data: TrainingData, users: Indices, days: int) -> Predicted:
    """Predict the contacts of some users, each from what was known just before it."""
    contacts = contacts_of(data.interactions, days * DAY)
    chosen = np.isin(contacts.users, users) & (contacts.late == 0) & model.scored[contacts.actions]
    contacts = contacts.where(chosen)
    signals, _ = signals_before(data, contacts, model.tastes)
    seen = seen_before(data, contacts, signals, model.people)
    return Predicted(model.predict(contacts, seen), contacts.taken, contacts.actions)


def auc(scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    """Return how often a success has a higher score than a failure, ties counting half; 0.5 where one is missing."""
    hits, count = int(truth.sum()), len(truth)
    if not 0 < hits < count:
        return 0.5
    _, places, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[places]
    return float((ranks[truth].sum() - hits * (hits + 1) / 2) / (hits * (count - hits)))


def _lists(
    model: "NextBestAction", data: TrainingData, users: Indices
) -> tuple[list[int], list[dict[str, float]], float]:
    """Ask for each user; return who was asked, the lists' metrics, and the share of actions that were shown."""
    events, starts = data.interactions, data.interactions.starts()
    cut = [(user, *_cut(events, user, starts)) for user in users[:: 1 + len(users) // MAX_CASES].tolist()]
    asked = [(user, query, right) for user, query, right in cut if len(right)]
    moments = Contacts(
        np.array([user for user, *_ in asked], np.int32),
        np.zeros(len(asked), np.int32),
        np.array([query.now for _, query, _ in asked], np.int64),
        np.zeros(len(asked), bool),
        np.zeros(len(asked)),
    )
    signals, _ = signals_before(data, moments, model.tastes)
    shown, rows = np.zeros(events.n_items, bool), []
    for (_, query, right), state in zip(asked, signals, strict=True):
        answer = model.best(model.propensities(query, state), metrics.LENGTH).items
        shown[answer] = True
        rows.append(_score(answer, right))
    return [user for user, *_ in asked], rows, float(shown.mean()) if events.n_items else 0.0


def _cut(events: Interactions, user: int, starts: NDArray[np.int64]) -> tuple[Query, Indices]:
    begin, end = int(starts[user]), int(starts[user + 1])
    cut = end - max(1, int((end - begin) * HELD_OUT))
    past, later = slice(begin, cut), slice(cut, end)
    taken = events.weights[later] == TAKEN
    query = Query.of(
        events.items[past], events.timestamps[past], events.weights[past], user=user, now=int(events.timestamps[cut])
    )
    return query, np.unique(events.items[later][taken])


def _score(answer: Indices, right: Indices) -> dict[str, float]:
    found = metrics.score_list(answer, right)
    recalls = {f"{RECALL}{k}": float(np.isin(right, answer[:k]).mean()) for k in metrics.CUTOFFS}
    return found | recalls
