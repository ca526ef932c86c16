"""A second aim beside relevance."""

import numpy as np
import pytest

from tastemaker.recipes.measuring.metrics import reward
from tastemaker.recipes.objectives import Objective

VALUES = np.array([10.0, 20.0, 30.0, np.nan])


def test_values_are_scaled_and_an_item_without_one_has_the_least():
    assert Objective.of(VALUES, "LOW").rewards.tolist() == [0.0, 0.5, 1.0, 0.0]


@pytest.mark.parametrize(("sensitivity", "weight"), [("OFF", 0), ("LOW", 0.5), ("MEDIUM", 1), ("HIGH", 2)])
def test_leanings_are_standardised_values_times_the_sensitivity(sensitivity, weight):
    leanings = Objective.of(VALUES, sensitivity).leanings()

    assert leanings.mean() == pytest.approx(0, abs=1e-6)
    assert leanings.std() == pytest.approx(weight)


def test_nothing_is_aimed_at_where_all_items_are_alike():
    assert not Objective.of(np.ones(5), "HIGH").leanings().any()
    assert len(Objective.of(np.empty(0), "HIGH").leanings()) == 0


def test_one_value_far_out_does_not_decide_alone():
    values = np.append(np.zeros(9_999), 1e9)

    assert Objective.of(values, "HIGH").leanings().max() == 6


def test_the_reward_is_a_share_of_what_the_best_list_would_have_brought():
    rewards = np.array([0.0, 0.5, 1.0, 0.25], np.float32)

    assert reward(np.array([0, 2, 3]), np.array([1, 2]), rewards) == pytest.approx(1 / 1.5)
    assert reward(np.array([1, 2]), np.array([1, 2]), rewards) == 1
    assert reward(np.array([3]), np.array([0]), rewards) == 0


@pytest.mark.parametrize(
    "values",
    [[7.0] * 4, [7.0, 7.0, 7.0, 8.0], [7.0, 8.0, 7.0, 8.0], [0.0] * 4, [-3.0, -3.0, 0.0, 5.0], [np.nan] * 4],
    ids=str,
)
def test_a_list_with_every_hit_is_worth_all_there_is(values):
    worth = Objective.of(np.array(values), "LOW").worth

    for relevant in ([0], [0, 1], [2, 3], [0, 1, 2, 3]):
        assert reward(np.arange(4), np.array(relevant), worth) == 1
    assert reward(np.array([2]), np.array([0]), worth) == 0


def test_hits_are_worth_what_they_bring_and_not_what_they_bring_more_than_the_cheapest():
    worth = Objective.of(np.array([10.0, 20.0, 30.0, np.nan]), "LOW").worth

    assert worth.tolist() == pytest.approx([1 / 3, 2 / 3, 1, 1 / 3])
    assert reward(np.array([0, 3]), np.array([0, 2]), worth) == pytest.approx(1 / 4)
