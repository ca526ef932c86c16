"""How good are the propensities of aws-next-best-action, and how fast are its answers?

Generated worlds whose users take an action with a probability that is known: a taste for items, a value of USERS and an
eagerness that nothing tells but what was taken before. Trained on nine users of ten; every contact of the others is
predicted from what was known just before it: by the recipe, by each action's share of takings, by an insider who knows
how the world was made but of a user only plan and items so far, and by the truth, which knows every user. The truth is
that of one showing: where an action is shown to the same user again within the period, a taking counts for both.

    make bench-actions
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from bench.reports import RESULTS, machine
from tastemaker.recipes import registry
from tastemaker.recipes.actions import evaluation as action_evaluation
from tastemaker.recipes.actions.contacts import DAY, Contacts, contacts_of, ripe
from tastemaker.recipes.data import Interactions, TrainingData
from tastemaker.recipes.measuring import evaluation
from tastemaker.serving import artifacts
from tastemaker.serving.asking import Asking
from tastemaker.serving.model import ServedModel, open_model
from tests.unit.recipes.actions.worlds import CIRCLES, OWN, START, World, offers

RECIPE, PERIOD = registry.get("aws-next-best-action"), 14
WORLDS = {
    "10 actions, 600 users, 6 shown to each": {"n_users": 600, "n_actions": 10, "shown": 6},
    "60 actions, 6,000 users, 10 shown to each": {"n_users": 6_000, "n_actions": 60, "shown": 10, "n_items": 400},
    "1,000 actions, 20,000 users, 20 shown to each": {
        "n_users": 20_000,
        "n_actions": 1_000,
        "shown": 20,
        "n_items": 2_000,
    },
}
SEEDS = (0, 1, 2)
ASKED, FRESH = 1_000, 20
Chances = NDArray[np.floating]


def main() -> None:
    """Measure, print and keep the results."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    lines = ["$ make bench-actions", machine()]
    for name, size in WORLDS.items():
        seeds = SEEDS if size["n_actions"] < 1_000 else SEEDS[:1]
        lines += [f"{name}, seed {seed}: {told(offers(seed, **size))}" for seed in seeds]
    lines += answers(offers(SEEDS[0], **size).data)
    print("\n".join(lines))
    (RESULTS / "actions.txt").write_text("\n".join(lines) + "\n")


def told(world: World) -> str:
    """Return AUC and log loss of the recipe, of shares of takings, and of the truth."""
    data, users = world.data, evaluation.held_out(world.data.user_ids, world.data.interactions, seed=0)
    part = action_evaluation.without(data, users)
    began = time.perf_counter()
    model = RECIPE.fit(part, {}, seed=0)
    took = time.perf_counter() - began
    contacts, chances = action_evaluation.predicted(model, data, users, PERIOD)
    rows = {
        "recipe": chances,
        "share of takings": share_of_takings(part.interactions)[contacts.actions],
        "insider": insider(world, contacts),
        "truth": world.truth[contacts.users, contacts.actions],
    }
    parts = [
        f"{name} {action_evaluation.auc(each, contacts.taken):.3f} / {log_loss(each, contacts.taken):.4f}"
        for name, each in rows.items()
    ]
    return (
        f"{len(contacts):,} contacts, AUC / log loss: {', '.join(parts)}; "
        f"{model.scored.sum()} actions scored, fitted in {took:.1f} s"
    )


def share_of_takings(events: Interactions) -> Chances:
    """Return how often each action was taken of all contacts: what a list for everybody would tell."""
    contacts = contacts_of(events, PERIOD * DAY)
    contacts = contacts.where(ripe(contacts, events, PERIOD * DAY))
    counts = np.bincount(contacts.actions, minlength=events.n_items)
    return (np.bincount(contacts.actions, contacts.taken, events.n_items) + 1) / (counts + 2)


def insider(world: World, contacts: Contacts) -> Chances:
    """Return what somebody would say who knows how the world was made, and of a user only the plan and past items."""
    signals, plans = world.data.signals, world.groups % 2
    groups = np.stack([world.truth[world.groups == group].mean(axis=0) for group in range(2 * CIRCLES)])
    own, other = np.log(OWN + (1 - OWN) / CIRCLES), np.log((1 - OWN) / CIRCLES)
    starts, chances = signals.starts(), []
    for user, action, moment in zip(contacts.users, contacts.actions, contacts.times, strict=True):
        past = slice(starts[user], starts[user + 1])
        circles = signals.items[past][signals.timestamps[past] < moment] % CIRCLES
        odds = np.exp(np.bincount(circles, minlength=CIRCLES) * (own - other))
        chances.append(odds @ groups[plans[user] :: 2, action] / odds.sum())
    return np.array(chances)


def log_loss(chances: Chances, taken: NDArray[np.bool_]) -> float:
    """Return the mean log loss in nats."""
    return float(-np.log(np.where(taken, chances, 1 - chances)).mean())


def answers(data: TrainingData) -> list[str]:
    """Return how long answers take, of a stored model and for users with new events."""
    with TemporaryDirectory() as folder:
        artifacts.save(Path(folder), recipe=RECIPE, model=RECIPE.fit(data, {}, seed=0), data=data)
        model = open_model(Path(folder))
        took = np.array([_seconds(model, data, user) for user in range(ASKED)]) * 1_000
    p50, p99 = np.percentile(took, [50, 99])
    about = (
        f"{data.interactions.n_items:,} actions, {ASKED:,} users with {FRESH} new events with items and with actions"
    )
    return [f"the best 100 of {about}, in the process that has the model: p50 {p50:.1f} ms, p99 {p99:.1f} ms"]


def _seconds(model: ServedModel, data: TrainingData, user: int) -> float:
    now = START + 61 * DAY
    signals = [{"item_id": data.signal_ids[n], "event_type": "buy", "timestamp": now - n} for n in range(FRESH)]
    dealings = [{"action_id": data.item_ids[n], "event_type": "VIEWED", "timestamp": now - n} for n in range(FRESH)]
    began = time.perf_counter()
    asking = Asking(data.user_ids[user], [*signals, *dealings])
    model.recommend_actions(asking, 100, now=now, chance=0.045, seed=str(user))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
