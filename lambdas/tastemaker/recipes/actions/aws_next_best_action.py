"""Next-Best-Action: how likely a user is to take each action within some days of being shown it.

A ridge logistic regression (`weights`) on what is known of a user and of the user's dealings with the action
(`features`), learned from contacts and what came of them (`contacts`). Actions are independent of each other:
propensities do not sum to 1. An action that was not taken and refused often enough lately has none, and 0.0 stands for
it; of equals the one of higher VALUE is first (guide: "Next-Best-Action recipe").

Items of `data.interactions` are actions here, and its weights the types of events (`contacts.CODES`).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from tastemaker.recipes.actions import evaluation
from tastemaker.recipes.actions import weights as action_weights
from tastemaker.recipes.actions.contacts import DAY, contacts_of, well_known
from tastemaker.recipes.actions.costs import CONTACTS, MOST
from tastemaker.recipes.actions.features import (
    People,
    Tastes,
    features_before,
    newest,
    signals_before,
)
from tastemaker.recipes.actions.model import NextBestAction, Scales, Terms
from tastemaker.recipes.actions.weights import Examples
from tastemaker.recipes.contract import Progress, recipe
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.metadata import Metadata, integer

PERIOD: Final = "action_optimization_period"
# The newest contacts choose how strongly weights are held.
MOST_CHOOSING = 100_000
JUDGES = 0.2


# Amazon's pages name no feature transformation of this recipe, whose parameter needs a place to be described: it is
# called as the recipe is.
@recipe(
    Metadata(
        "aws-next-best-action",
        "PERSONALIZED_ACTIONS",
        "Actions that a user is likely to take.",
        created="2023-08-11",
        featurization=(integer(PERIOD, 14, 7, 28),),
        feature_transformation="aws-next-best-action",
        requires=("ACTIONS", "INTERACTIONS"),
        scores=True,
        batch=False,
    ),
    model=NextBestAction,
    costs=CONTACTS,
    measure=evaluation.evaluate,
)
def next_best_action(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
) -> NextBestAction:
    """Learn from the newest contacts, with ridges that predict held-out users best."""
    progress(0.0, "learning tastes")
    tastes = _tastes(data)
    people = People.learn(data.user_columns, data.interactions.n_users)
    progress(0.2, "looking at contacts")
    contacts = contacts_of(data.interactions, int(parameters[PERIOD]) * DAY)
    contacts = contacts.where(np.sort(np.argsort(contacts.times, kind="stable")[-MOST:]))
    signals, states = signals_before(data, contacts, tastes)
    features = features_before(data, contacts, signals, people)
    scales = Scales.learn(features)
    examples = Examples.of(contacts, scales.users(features), features.pairs * scales.pairs, data.interactions.n_items)
    progress(0.4, "choosing how strongly weights are held")
    ridges = data.like.settings["ridges"] if isinstance(data.like, NextBestAction) else _ridges(examples, seed)
    progress(0.8, "learning weights")
    settings = {"at": newest(data.signals), "ridges": list(ridges), "marks": people.n_marks}
    return NextBestAction(
        action_weights.learn(examples, tuple(ridges)),
        scales,
        Terms.of(data),
        tastes,
        people,
        states,
        np.bincount(data.interactions.items, minlength=data.interactions.n_items).astype(np.int32),
        well_known(data.interactions),
        settings,
    )


def _tastes(data: TrainingData) -> Tastes:
    if data.signals is None or data.signal_ids is None:
        return Tastes(np.empty(0, np.str_), np.zeros((0, 0), np.float32))
    return Tastes.learn(data.signals, data.signal_ids)


def _ridges(examples: Examples, seed: int) -> tuple[float, float]:
    """Return the strengths that are best for users who were not learned from."""
    newest_first = np.argsort(-examples.contacts.times, kind="stable")[:MOST_CHOOSING]
    latest = examples.where(np.sort(newest_first))
    users = np.unique(latest.contacts.users)
    judges = users[np.random.default_rng(seed).random(len(users)) < JUDGES]
    return action_weights.choose(latest, np.isin(latest.contacts.users, judges))
