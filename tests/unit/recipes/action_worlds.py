"""Users whose taste for items tells which actions they take: generated, seeded, with the truth at hand."""

from dataclasses import replace
from functools import cache

import numpy as np

from tastemaker.recipes.actions import NOT_TAKEN, TAKEN, VIEWED
from tastemaker.recipes.data import Interactions, TrainingData

DAY = 86_400
START = 1_700_000_000
DAYS = 60


@cache
def offers(seed=0, n_users=400, n_items=60, n_actions=8, shown=12):
    """Each action suits one circle of taste and one plan; some users take more than others, whatever they are shown."""
    rng = np.random.default_rng(seed)
    circles, plans = rng.integers(4, size=n_users), rng.integers(2, size=n_users)
    eager = rng.normal(0, 0.7, n_users)
    base = rng.normal(-1.2, 0.4, n_actions)
    rows = [
        (user, action, *_came_of(rng, base[action] + eager[user] + _suits(circles[user], plans[user], action)))
        for user in range(n_users)
        for action in rng.integers(n_actions, size=shown)
    ]
    users, actions, times, codes = zip(*(event for row in rows for event in _events(*row)), strict=True)
    ids = np.array([f"u{user:05d}" for user in range(n_users)])
    plan = np.array(["gold", "basic"])[plans]
    data = TrainingData(
        Interactions.sort(users, actions, times, codes, n_users=n_users, n_items=n_actions),
        ids,
        np.array([f"a{action:03d}" for action in range(n_actions)]),
        item_columns={"VALUE": np.arange(n_actions, dtype=float) % 10 + 1},
        user_columns={"PLAN": plan},
    )
    return replace(
        data, signals=_signals(rng, circles, n_items), signal_ids=np.array([f"i{i:03d}" for i in range(n_items)])
    )


def _suits(circle, plan, action):
    return 1.6 * (action % 4 == circle) - 0.8 * (action % 4 != circle) + 1.0 * (action % 2 == plan)


def _came_of(rng, logit):
    """Return the moment of a showing and the events that follow it."""
    moment = START + int(rng.integers(DAYS * DAY))
    if rng.random() < 1 / (1 + np.exp(-logit)):
        return ([(moment, VIEWED), (moment + int(rng.exponential(2 * DAY)), TAKEN)],)
    return ([(moment, VIEWED), (moment + 60, NOT_TAKEN)],)


def _events(user, action, told):
    return [(user, action, moment, code) for moment, code in told if moment < START + DAYS * DAY]


def _signals(rng, circles, n_items):
    lengths = rng.integers(0, 25, len(circles))
    users = np.repeat(np.arange(len(circles)), lengths)
    own = circles[users] + 4 * rng.integers(n_items // 4, size=len(users))
    items = np.where(rng.random(len(users)) < 0.7, own, rng.integers(n_items, size=len(users)))
    times = START + rng.integers(DAYS * DAY, size=len(users))
    return Interactions.sort(users, items, times, n_users=len(circles), n_items=n_items)
