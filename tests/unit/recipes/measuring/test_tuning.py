"""The search of performHPO: inside the ranges, bounded, repeatable, and no worse than the defaults."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.recipes import contract, registry
from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.measuring import forecast, tuning
from tastemaker.recipes.metadata import continuous
from tests.unit.recipes.worlds import groceries

SIMS, V1, SIMILAR = (registry.get(f"aws-{name}") for name in ("sims", "user-personalization", "similar-items"))


def ranges(**lists):
    return {"algorithmHyperParameterRanges": {f"{kind}HyperParameterRanges": each for kind, each in lists.items()}}


def jobs(number):
    return {"hpoResourceConfig": {"maxNumberOfTrainingJobs": str(number)}}


DISCOUNT = {"name": "popularity_discount_factor", "minValue": 0.2, "maxValue": 0.4}
LEAST = {"name": "min_cointeraction_count", "minValue": 5, "maxValue": 6}
COUNTS = Counts(1_000, 100, 100)


def planned(recipe, wanted, fixed=None, counts=COUNTS):
    return tuning.planned(recipe, counts, fixed or {}, wanted, seed=0)


def tune(recipe, data, wanted, fixed=None):
    return tuning.tune(recipe, data, fixed or {}, wanted, seed=0, progress=contract.silent)


def test_values_lie_inside_the_callers_ranges_and_are_as_many_as_asked_for():
    wanted = ranges(continuous=[DISCOUNT], integer=[LEAST]) | jobs(30)

    found = planned(SIMS, wanted)

    assert len(found) == 30
    assert {values["min_cointeraction_count"] for values in found} == {"5", "6"}
    assert all(0.2 <= float(values["popularity_discount_factor"]) <= 0.4 for values in found)
    assert found[0] == {"popularity_discount_factor": "0.4", "min_cointeraction_count": "5"}


def test_without_ranges_all_that_is_tunable_is_searched_from_the_defaults_on():
    found = planned(SIMS, {})

    assert len(found) == tuning.USUAL_JOBS
    assert found[0] == {"popularity_discount_factor": "0.5", "min_cointeraction_count": "3"}


def test_no_value_is_tried_twice():
    found = planned(SIMS, ranges(integer=[LEAST]) | jobs(40))

    assert sorted(values["min_cointeraction_count"] for values in found) == ["5", "6"]


@pytest.mark.parametrize(
    ("recipe", "wanted", "fixed"),
    [
        (SIMS, ranges(continuous=[{**DISCOUNT, "maxValue": 0.2}]), {}),
        (SIMS, jobs(1), {}),
        (SIMS, {}, {"popularity_discount_factor": "0.1", "min_cointeraction_count": "2"}),
        (SIMILAR, {}, {}),
        (V1, ranges(integer=[{"name": "bptt", "minValue": 2, "maxValue": 30}]), {}),
    ],
)
def test_nothing_is_tried_where_there_is_no_choice_or_no_effect(recipe, wanted, fixed):
    assert planned(recipe, wanted, fixed) == []


def test_a_search_that_would_take_too_long_tries_less():
    counts = Counts(20_000_000, 138_000, 20_000)

    few = planned(SIMS, jobs(40), counts=counts)

    assert len(few) * forecast.evaluation_seconds(SIMS, counts) <= tuning.LONGEST
    assert len(few) < 40


def test_all_hyperparameters_are_told_those_without_effect_inside_their_ranges():
    wanted = ranges(
        integer=[{"name": "hidden_dimension", "minValue": 32, "maxValue": 64}],
        categorical=[{"name": "recency_mask", "values": ["false"]}],
    )

    found = tune(V1, groceries(n_users=40), wanted, {"bptt": "7"})

    assert found == {"hidden_dimension": "64", "bptt": "7", "recency_mask": "false"}


def test_a_value_that_answers_better_beyond_doubt_wins_and_the_search_can_be_repeated():
    popular = registry.get("aws-popularity-count")

    def learn(data, parameters, *, seed, progress):
        """Know the popular items only where `knowledge` is high, and the rare ones elsewhere."""
        counts = np.bincount(data.interactions.items, minlength=data.interactions.n_items)
        rare = counts[data.interactions.items] < np.median(counts)
        known = data if float(parameters["knowledge"]) > 0.5 else data.where(rare)
        return popular.learn(known, {}, seed=seed, progress=progress)

    knowledge = continuous("knowledge", 0.0, 0.0, 1.0, tunable=True)
    recipe = Recipe(replace(popular.metadata, hyperparameters=(knowledge,)), learn, popular.model)

    found = [tune(recipe, groceries(n_users=120), jobs(8)) for _ in range(2)]

    assert found[0] == found[1]
    assert float(found[0]["knowledge"]) > 0.5


def test_values_that_answer_alike_leave_the_default():
    wanted = ranges(integer=[{"name": "min_cointeraction_count", "minValue": 0, "maxValue": 1}])

    found = tune(SIMS, groceries(n_users=60), wanted | jobs(2), {"popularity_discount_factor": "0.5"})

    assert found == {"popularity_discount_factor": "0.5", "min_cointeraction_count": "1"}
