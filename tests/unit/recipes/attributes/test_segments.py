"""What users alike like, for users without a history."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.data import Query, TrainingData
from tastemaker.serving import artifacts

V2 = registry.get("aws-user-personalization-v2")


@cache
def shop(*, tastes=True):
    """Two hundred users of two ages who like different halves of the items, or the same ones; two never came."""
    rng = np.random.default_rng(0)
    ages = np.array(["old" if user % 2 else "young" for user in range(202)])
    rows = []
    for user in range(200):
        liked = 20 * (user % 2) * tastes + rng.permutation(20)[:8]
        rows += [(f"u{user:03d}", f"i{item:03d}", 1_000 * step + user) for step, item in enumerate(liked)]
    data = TrainingData.from_ids(*zip(*rows, strict=True))
    user_ids = np.array([*data.user_ids, "v200", "v201"])
    events = replace(data.interactions, n_users=len(user_ids))
    return replace(data, interactions=events, user_ids=user_ids, user_columns={"AGE": ages})


@pytest.fixture(scope="module")
def model():
    """Return the recipe's model of the shop."""
    return V2.fit(shop())


@pytest.mark.parametrize(("user", "liked"), [(200, range(20)), (201, range(20, 40))])
def test_a_user_without_events_gets_what_users_alike_like(model, user, liked):
    answer = model.recommend(Query.of(user=user, now=10_000), 8)

    assert set(answer.items.tolist()) <= set(liked)


def test_a_user_that_is_not_described_gets_what_all_like(model):
    unknown = model.recommend(Query.of(now=10_000), 30).items.tolist()

    assert {item < 20 for item in unknown} == {True, False}


def test_a_history_says_more_than_a_segment(model):
    items, times = np.arange(20, 28), np.arange(8) * 1_000

    answer = model.recommend(Query.of(items, times, user=200), 5)

    assert (answer.items >= 20).all()


def test_a_segment_that_says_nothing_changes_nothing():
    alike = shop(tastes=False)

    model = V2.fit(alike)

    answers = [model.recommend(Query.of(user=user, now=10_000), 10).items.tolist() for user in (200, 201)]
    assert len({*answers[0]} & {*answers[1]}) >= 8


def test_segments_are_saved_and_allowed_items_only_are_shown(model, tmp_path):
    artifacts.save(tmp_path, recipe=V2, model=model, data=shop())
    allowed = np.arange(40) % 4 == 0

    loaded = artifacts.load(tmp_path).model

    before, after = (each.recommend(Query.of(user=200, now=10_000), 5, allowed) for each in (model, loaded))
    assert before.items.tolist() == after.items.tolist()
    assert allowed[after.items].all()
