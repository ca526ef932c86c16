"""Users whose taste for items tells which actions they take: generated, seeded, with the truth at hand."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.actions.contacts import DAY, NOT_TAKEN, TAKEN, VIEWED
from tastemaker.recipes.data import Interactions, TrainingData

START = 1_700_000_000
DAYS = 60
# Days that it takes to take an action, on average, and the share of the failures that are told.
DELAY, REFUSED = 2, 0.5
# The share of events that are with the circle's own items, item % 4; the others are with any.
CIRCLES, OWN = 4, 0.7


@dataclass(frozen=True)
class World:
    """Training data, the `truth` (users, actions): how likely each action is to be taken when it is shown.

    `groups` (users,): 2 * circle + plan.
    """

    data: TrainingData
    truth: NDArray[np.float64]
    groups: NDArray[np.int64]


@cache
def offers(seed=0, n_users=400, n_items=60, n_actions=8, shown=12):
    """Each action suits one circle of taste and one plan; some users take more than others, whatever they are shown."""
    rng = np.random.default_rng(seed)
    circles, plans = rng.integers(CIRCLES, size=n_users), rng.integers(2, size=n_users)
    eager = rng.normal(0, 0.7, n_users)
    base = rng.normal(-1.2, 0.4, n_actions)
    truth = 1 / (1 + np.exp(-(base + eager[:, None] + _suits(circles[:, None], plans[:, None], np.arange(n_actions)))))
    data = TrainingData(
        _dealings(rng, truth, shown),
        np.array([f"u{user:0{len(str(n_users))}d}" for user in range(n_users)]),
        np.array([f"a{action:03d}" for action in range(n_actions)]),
        item_columns={"VALUE": np.arange(n_actions, dtype=float) % 10 + 1},
        user_columns={"PLAN": np.array(["gold", "basic"])[plans]},
        signals=_signals(rng, circles, n_items),
        signal_ids=np.array([f"i{item:03d}" for item in range(n_items)]),
    )
    return World(data, truth, 2 * circles + plans)


def _suits(circles, plans, actions):
    return 1.6 * (actions % CIRCLES == circles) - 0.8 * (actions % CIRCLES != circles) + 1.0 * (actions % 2 == plans)


def _dealings(rng, truth, shown):
    """Show every user some actions at any time: each is viewed, and then taken, refused, or neither."""
    n_users, n_actions = truth.shape
    users = np.repeat(np.arange(n_users), shown)
    actions = rng.integers(n_actions, size=len(users))
    times = START + rng.integers(DAYS * DAY, size=len(users))
    taken = rng.random(len(users)) < truth[users, actions]
    later = times + np.where(taken, rng.exponential(DELAY * DAY, len(users)).astype(int), 60)
    kept = (later < START + DAYS * DAY) & (taken | (rng.random(len(users)) < REFUSED))
    return Interactions.sort(
        np.concatenate([users, users[kept]]),
        np.concatenate([actions, actions[kept]]),
        np.concatenate([times, later[kept]]),
        np.concatenate([np.full(len(users), VIEWED), np.where(taken, TAKEN, NOT_TAKEN)[kept]]),
        n_users=n_users,
        n_items=n_actions,
    )


def _signals(rng, circles, n_items):
    lengths = rng.integers(0, 25, len(circles))
    users = np.repeat(np.arange(len(circles)), lengths)
    own = circles[users] + CIRCLES * rng.integers(n_items // CIRCLES, size=len(users))
    items = np.where(rng.random(len(users)) < OWN, own, rng.integers(n_items, size=len(users)))
    times = START + rng.integers(DAYS * DAY, size=len(users))
    return Interactions.sort(users, items, times, n_users=len(circles), n_items=n_items)
