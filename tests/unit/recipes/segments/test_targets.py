"""What counts as taking an item, and what may speak against a user."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.recipes import logistic, registry
from tastemaker.recipes.contract import silent
from tastemaker.recipes.data import Newcomers, TrainingData
from tastemaker.recipes.logistic import Rows
from tastemaker.recipes.segments.features import RISING, Block
from tastemaker.recipes.segments.model import Affinity

USERS, ITEMS, KINDS = 60, 12, 2


@pytest.fixture(scope="module")
def data() -> TrainingData:
    """Users take items of one of two kinds, some of them again and again."""
    rng = np.random.default_rng(3)
    users = np.repeat(np.arange(USERS), 20)
    favourites = rng.integers(0, ITEMS // KINDS, (USERS, 3)) * KINDS + np.arange(USERS)[:, None] % KINDS
    items = favourites[users, rng.integers(0, 3, len(users))]
    times = 1_700_000_000 + rng.integers(0, 90 * 86_400, len(users))
    made = TrainingData.from_ids(np.char.add("u", users.astype(str)), np.char.add("i", items.astype(str)), times)
    kinds = [f"kind {int(item[1:]) % KINDS}" for item in made.item_ids.tolist()]
    return replace(made, item_columns={"KIND": np.array(kinds)})


@pytest.fixture(scope="module")
def model(data: TrainingData) -> Affinity:
    """The recipe for single items."""
    return registry.get("aws-item-affinity").fit(data, {}, seed=0, progress=silent)


def one(item: int) -> tuple[np.ndarray, np.ndarray]:
    return np.array([item], np.int32), np.ones(1, np.float32)


def test_who_took_what_is_like_an_item_has_not_taken_the_item(model):
    items = model.targets([one(4)]).items.toarray()[:, 0]

    assert np.flatnonzero(items).tolist() == [4]
    assert items[4] == 1


def test_an_item_that_nobody_has_stands_for_those_that_are_like_it(data, model):
    grown = model.grown(Newcomers([{"KIND": "kind 1"}], USERS))

    items = grown.targets([one(grown.n_items - 1)]).items.toarray()[:, 0]

    kinds = {data.item_columns["KIND"][item] for item in np.flatnonzero(items)}
    assert kinds == {"kind 1"}
    assert items.sum() == pytest.approx(1)


def test_who_took_an_item_most_and_last_is_ahead_of_who_never_did(data, model):
    now = np.full(USERS, data.interactions.timestamps.max())
    odds = model.odds(Block(data.interactions, now, model.members(0, USERS)), model.targets([one(4)]))[:, 0]

    taken = np.bincount(data.interactions.users[data.interactions.items == 4], minlength=USERS)
    assert taken[np.argsort(-odds)[:5]].min() > 0


def test_nothing_that_was_taken_speaks_against_its_user(model):
    assert model.own[sorted(RISING)].min() >= 0


def test_nobody_is_judged_as_a_stranger_than_was_learned_from(data, model):
    target, later = model.targets([one(4)]), 10 * 365 * 86_400
    now = np.full(USERS, data.interactions.timestamps.max())
    soon, late = (model.odds(Block(data.interactions, now + wait), target)[:, 0] for wait in (later, 9 * later))

    assert soon == pytest.approx(late)


def test_a_rising_weight_is_not_below_nothing_where_hits_fall():
    values = np.linspace(-1, 1, 400, dtype=np.float32)
    rows = Rows(np.stack([values, -(values**3)], axis=1), values < 0, np.ones(400, np.float32))

    free, held = logistic.learn(rows, [0, 1]), logistic.learn(rows, [0, 1], rising=[0])

    assert free[0] < 0
    assert held[0] == 0
    assert held[1] > 0
