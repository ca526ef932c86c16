"""The choice among recipes: by whom it is won, what is left out before, and what is shared."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring import contests
from tastemaker.recipes.measuring.contests import Contest, Judged, Rules
from tastemaker.recipes.measuring.evaluation import Evaluation, evaluate
from tastemaker.recipes.measuring.metrics import paired_difference
from tastemaker.recipes.registry import get
from tests.unit.recipes import worlds

METRIC = "normalized_discounted_cumulative_gain_at_25"
POPULARITY, V2, V1 = "aws-popularity-count", "aws-user-personalization-v2", "aws-user-personalization"
BARE, WITH_METADATA, COLD_START = "aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart"
FAMILY = (COLD_START, WITH_METADATA, BARE, V1, V2, POPULARITY)


def popularity_alone():
    """Everybody draws from the same items, whatever was drawn before."""
    rng = np.random.default_rng(3)
    odds = 1 / np.arange(1, 121)
    users = np.repeat(np.arange(400), 12)
    return TrainingData.from_ids(users, rng.choice(120, len(users), p=odds / odds.sum()), rng.permutation(len(users)))


def metadata_alone():
    """Every item is chosen once, by one of the five who like its kind."""
    rng = np.random.default_rng(4)
    users = np.repeat(np.arange(150), 8)
    items = rng.permutation(len(users))
    data = TrainingData.from_ids(users, np.char.zfill(items.astype(np.str_), 5), rng.permutation(len(users)))
    kinds = np.empty(len(items), np.int64)
    kinds[items] = users % 30
    return replace(data, item_columns={"KIND": np.char.add("kind", kinds.astype(np.str_))})


def unequal(data):
    """The same, with two users who have done everything ten times."""
    events = data.interactions
    many = [np.repeat(values, np.where(events.users % 150 == 7, 10, 1)) for values in (events.users, events.items)]
    rng = np.random.default_rng(5)
    times = rng.permutation(len(many[0])) * 60
    again = TrainingData.from_ids(data.user_ids[many[0]], data.item_ids[many[1]], times)
    return replace(data, interactions=again.interactions)


WORLDS = {
    "popularity": popularity_alone,
    "metadata": metadata_alone,
    "films": worlds.films,
    "described films": worlds.described_films,
    "groceries": worlds.groceries,
    "unequal": lambda: unequal(worlds.described_films()),
}


def looked_at(data, names=FAMILY, *, searched=False):
    recipes = contests.by_simplicity(map(get, names), Counts.of(data.interactions))
    return contests.look(recipes, data, searched=searched)


def held(data, names=FAMILY, search=None):
    return Contest.of(data, Rules(METRIC, search), lambda: 0.0).hold(looked_at(data, names)[0])


@cache
def held_in(world):
    """Return what a contest of all in a world gives; nobody changes it."""
    return held(WORLDS[world]())


@cache
def learned(name, world):
    """Return the arrays that a recipe learns in a world."""
    return get(name).fit(WORLDS[world]()).to_arrays()


def judged(values, name=POPULARITY, like=""):
    values = np.asarray(values, np.float32)
    evaluation = Evaluation({}, {}, np.arange(len(values), dtype=np.int32), {METRIC: values})
    return Judged(get(name), evaluation, 1.0, like=like)


@pytest.mark.parametrize("world", WORLDS)
def test_nothing_is_chosen_that_another_is_better_than_beyond_doubt_when_each_learns_alone(world):
    data = WORLDS[world]()

    chosen = contests.choose(held_in(world), METRIC).recipe

    alone = {name: evaluate(get(name), data, {}, seed=0).per_user[METRIC] for name in FAMILY}
    for values in alone.values():
        assert paired_difference(alone[chosen.name], values)[2] >= 0


@pytest.mark.parametrize(("world", "best"), [("popularity", POPULARITY), ("metadata", V2), ("groceries", V2)])
def test_the_world_decides(world, best):
    results = held_in(world)

    assert contests.choose(results, METRIC).recipe.name == best


def test_of_those_that_may_be_equal_the_first_is_chosen():
    noise = np.resize([0.1, -0.1], 100)
    simple, better = judged(np.full(100, 0.5)), judged(0.501 + noise, V2)

    assert contests.best([simple, better], METRIC) is better
    assert contests.choose([simple, better], METRIC) is simple
    assert contests.choose([better, simple], METRIC) is better


def test_a_small_difference_that_everybody_shows_is_one():
    simple, better = judged(np.full(100, 0.5)), judged(np.full(100, 0.51), V2)

    assert contests.choose([simple, better], METRIC) is better


def test_without_held_out_users_the_simplest_is_chosen():
    assert contests.choose([judged([]), judged([], V2)], METRIC).recipe.name == POPULARITY


def test_simpler_is_what_counts_only_then_what_is_offered_then_what_has_few_settings():
    recipes = contests.by_simplicity(map(get, FAMILY), Counts(1000, 100, 100))

    assert [recipe.name for recipe in recipes] == [POPULARITY, V2, V1, BARE, WITH_METADATA, COLD_START]


def test_what_would_learn_the_same_is_left_out():
    plain, _ = looked_at(worlds.films())
    described, out = looked_at(unequal(worlds.described_films()))

    assert [recipe.name for recipe in plain] == [POPULARITY, V2]
    assert [recipe.name for recipe in described] == [POPULARITY, V2, V1, BARE]
    assert {each.recipe: each.reason for each in out} == {
        WITH_METADATA: f"It learns the same here as {V1}: what sets them apart has no counterpart in their engine.",
        COLD_START: f"It learns the same here as {V1}: no item is cold.",
    }


@pytest.mark.parametrize("world", ["films", "groceries", "described films", "unequal"])
def test_what_is_left_out_does_learn_the_same(world):
    data = WORLDS[world]()

    _, out = looked_at(data)

    assert out
    for each in out:
        same = each.reason.split(" as ")[1].split(":")[0]
        one, other = (learned(name, world) for name in (each.recipe, same))
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f") for name in one)


def test_a_recipe_that_can_be_searched_differs_from_one_that_cannot():
    data = worlds.groceries()

    plain, searched = looked_at(data, (V1, V2)), looked_at(data, (V1, V2), searched=True)

    assert [recipe.name for recipe in plain[0]] == [V2]
    assert [recipe.name for recipe in searched[0]] == [V2, V1]


def test_where_no_item_comes_twice_histories_lead_nowhere():
    data = replace(metadata_alone(), item_columns={})

    kept, out = looked_at(data)

    assert [recipe.name for recipe in kept] == [POPULARITY]
    assert {each.recipe for each in out} == {*FAMILY} - {POPULARITY}
    assert {each.reason[:24] for each in out} == {"No item was chosen twice"}
    assert [recipe.name for recipe in looked_at(data, (V1, BARE))[0]] == [V1]


def test_where_only_metadata_lead_on_what_reads_none_is_left_out():
    kept, out = looked_at(metadata_alone())

    assert BARE not in [recipe.name for recipe in kept]
    assert "No item was chosen twice" in {each.recipe: each.reason for each in out}[BARE]


def test_recipes_of_one_engine_share_a_search():
    results = {each.recipe.name: each for each in held_in("unequal")}

    assert results[V2].like == results[POPULARITY].like == ""
    assert {results[V1].like, results[BARE].like} <= {V2, ""}
    assert results[V1].evaluation.model is None or not results[V1].like


def test_the_choice_has_the_figures_of_a_training_of_its_own():
    data = worlds.groceries()

    chosen = contests.choose(held_in("groceries"), METRIC)

    assert chosen.evaluation.metrics == evaluate(chosen.recipe, data, {}, seed=0).metrics
    assert chosen.evaluation.model is not None


def test_the_same_data_give_the_same_choice():
    first, second = held_in("films"), held(worlds.films())

    assert [each.evaluation.metrics for each in first] == [each.evaluation.metrics for each in second]


def test_a_search_is_held_for_each():
    data = unequal(worlds.films())
    config = {"hpoResourceConfig": {"maxNumberOfTrainingJobs": "2"}}

    results = {each.recipe.name: each for each in held(data, (V1, POPULARITY), config)}

    assert results[POPULARITY].tuned == {}
    assert set(results[V1].tuned) == {"hidden_dimension", "bptt", "recency_mask"}
