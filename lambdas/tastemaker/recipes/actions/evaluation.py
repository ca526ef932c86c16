"""How good propensities are, on users who were not learned from: do they tell takers apart, and are takings on top.

Each contact of a held-out user is predicted from what was known just before it (AUC); and each held-out user is asked
for after the oldest 90 % of action interactions, where the actions taken in the newest 10 % are right.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import workers
from tastemaker.recipes.actions.contacts import DAY, TAKEN, Contacts, contacts_of, ripe
from tastemaker.recipes.actions.features import features_before, signals_before
from tastemaker.recipes.actions.model import NextBestAction
from tastemaker.recipes.contract import Progress, Recipe, share, silent
from tastemaker.recipes.data import Indices, Interactions, TrainingData
from tastemaker.recipes.measuring import metrics
from tastemaker.recipes.measuring.evaluation import DECIMALS, Case, Evaluation, cases, held_out, summary

AUC = "auc"
RECALL = "recall_at_"


def evaluate(
    recipe: Recipe, data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress = silent
) -> Evaluation:
    """Train on nine users of ten and judge the answers to the tenth."""
    users = held_out(data.user_ids, data.interactions, seed=seed)
    others, part = without(data, users), share(progress, 0.0, 0.9)
    # The one recipe that is measured so.
    model = cast("NextBestAction", recipe.fit(others, parameters, seed=seed, progress=part))
    progress(0.9, "measuring the recommendations")
    with workers.one_blas_thread():
        days = int(recipe.metadata.resolve(parameters)["action_optimization_period"])
        contacts, propensities = predicted(model, data, users, days)
        evaluation = _lists(model, data, users, seed=seed)
    scores = evaluation.metrics | {AUC: round(auc(propensities, contacts.taken), DECIMALS)}
    return replace(evaluation, metrics=scores, model=model)


def without(data: TrainingData, users: Indices) -> TrainingData:
    """Return the data of all other users."""
    outside = np.ones(data.interactions.n_users, bool)
    outside[users] = False
    signals = data.signals and data.signals.where(outside[data.signals.users])
    return replace(data.where(outside[data.interactions.users]), signals=signals)


def predicted(
    model: NextBestAction, data: TrainingData, users: Indices, days: int
) -> tuple[Contacts, NDArray[np.floating]]:
    """Return some users' contacts with their whole period behind them, and how likely each was, as known before it."""
    contacts = contacts_of(data.interactions, days * DAY)
    whole = ripe(contacts, data.interactions, days * DAY)
    contacts = contacts.where(np.isin(contacts.users, users) & whole & model.scored[contacts.actions])
    signals, _ = signals_before(data, contacts, model.tastes)
    return contacts, model.predict(contacts, features_before(data, contacts, signals, model.people))


def auc(scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    """Return how often a success has a higher score than a failure, ties counting half; 0.5 where one is missing."""
    hits, count = int(truth.sum()), len(truth)
    if not 0 < hits < count:
        return 0.5
    _, places, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[places]
    return float((ranks[truth].sum() - hits * (hits + 1) / 2) / (hits * (count - hits)))


def _lists(model: NextBestAction, data: TrainingData, users: Indices, *, seed: int) -> Evaluation:
    """Ask for each user and judge the lists."""
    questions = _questions(data.interactions, users, seed=seed)
    moments = Contacts(
        np.array([case.query.user for case in questions], np.int32),
        np.zeros(len(questions), np.int32),
        np.array([case.query.now for case in questions], np.int64),
        np.zeros(len(questions), bool),
        np.zeros(len(questions)),
    )
    signals, _ = signals_before(data, moments, model.tastes)
    coverage, rows = np.zeros(model.n_items, bool), []
    for case, state in zip(questions, signals, strict=True):
        answer = model.best(model.propensities(case.query, state), metrics.LENGTH).items
        coverage[answer] = True
        recalls = {f"{RECALL}{k}": float(np.isin(case.relevant, answer[:k]).mean()) for k in metrics.CUTOFFS}
        rows.append(metrics.score_list(answer, case.relevant) | recalls)
    return summary(rows, [case.query.user for case in questions], coverage, seed)


def _questions(events: Interactions, users: Indices, *, seed: int) -> list[Case]:
    """Ask users for what they take in the newest 10 % of their events, those who take nothing left out."""
    takings = events.weights == TAKEN
    pairs = ((case, case.later) for case in cases(events, users, seed=seed))
    questions = [replace(case, relevant=np.unique(events.items[later][takings[later]])) for case, later in pairs]
    return [case for case in questions if len(case.relevant)]
