"""Context: what is chosen in it comes first when it is told, and nothing changes when it is not."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.attributes import contexts
from tastemaker.recipes.data import ContextEvents, Query, TrainingData
from tastemaker.serving import artifacts
from tests.unit.recipes.worlds import PARTS, cafe

V2 = registry.get("aws-user-personalization-v2")


@pytest.fixture(scope="module")
def model():
    return V2.fit(cafe())


def breakfast_share(model, context, k=10):
    """Return how much of lists for strangers and for people with a history is for mornings."""
    asked = [Query.of(), Query.of([3, 25], [1_000_000, 1_086_400])]
    answers = [model.recommend(replace(query, context=context), k).items for query in asked]
    return np.mean([np.mean(items < 20) for items in answers])


def test_a_planted_effect_is_found_and_turns_answers(model):
    assert model.sources.contexts.factor[0] > 0
    assert breakfast_share(model, {"PART": "morning"}) > 0.9
    assert breakfast_share(model, {"PART": "evening"}) < 0.1
    assert 0.2 < breakfast_share(model, None) < 0.8


def test_a_list_is_ranked_in_its_context(model):
    items = np.array([1, 2, 21, 22], np.int32)

    morning, evening = (model.rank(Query.of(), items) for _ in range(2))
    morning, evening = (
        model.rank(replace(Query.of(), context={"PART": part}), items).items for part in ("morning", "evening")
    )

    assert set(morning[:2].tolist()) == {1, 2}
    assert set(evening[:2].tolist()) == {21, 22}


@pytest.mark.parametrize("context", [None, {}, {"PART": "noon"}, {"DEVICE": "morning"}])
def test_an_unknown_value_or_none_changes_nothing(model, context):
    plain = Query.of([3, 25], [1_000_000, 1_086_400])
    without = replace(model.sources, contexts=None)

    answer = model.recommend(replace(plain, context=context), 15)
    expected = type(model)(without, model.weights, model.choice).recommend(plain, 15)

    assert answer.items.tolist() == expected.items.tolist()
    assert np.allclose(answer.scores, expected.scores)


def test_a_context_without_effect_is_not_heeded_and_leaves_the_model_as_it_is():
    data = cafe(planted=False)

    told, silent = V2.fit(data), V2.fit(replace(data, contexts=None))

    assert told.sources.contexts is None
    ours, theirs = told.to_arrays(), silent.to_arrays()
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_a_stored_model_knows_its_contexts(model, tmp_path):
    data = cafe()
    artifacts.save(tmp_path, recipe=V2, model=model, data=data)

    read = artifacts.load(tmp_path).model

    for part in PARTS:
        query = replace(Query.of(), context={"PART": part})
        assert read.recommend(query, 10).items.tolist() == model.recommend(query, 10).items.tolist()


def test_what_was_chosen_like_another_model_heeds_as_much(model):
    data = cafe(seed=1)

    like = V2.fit(replace(data, like=model))

    assert like.sources.contexts.factor[0] == model.sources.contexts.factor[0]
    assert breakfast_share(like, {"PART": "morning"}) > 0.9


def test_lifts_are_the_smoothed_log_odds_and_a_cell_may_have_several_values():
    events = ContextEvents(
        np.zeros(4, np.int32),
        np.array([0, 0, 1, 1], np.int32),
        np.arange(4),
        np.array([[0], [0], [1], [-1]], np.int32),
        ("TAGS",),
        (np.array(["a|b", "b"]),),
    )
    data = TrainingData.from_ids(["u"] * 4, ["x", "x", "y", "y"], range(4))

    found = contexts.learn(replace(data, contexts=events))

    expected = {
        "a": [np.log((2 + 5) / (2 * 2 / 3 + 5)), np.log((0 + 5) / (2 * 1 / 3 + 5))],
        "b": [np.log((2 + 5) / (3 * 2 / 3 + 5)), np.log((1 + 5) / (3 * 1 / 3 + 5))],
    }
    for value, lifts in expected.items():
        items, told = found.of({"TAGS": value})
        assert items.tolist() == [0, 1]
        assert np.allclose(told, lifts)
    assert np.allclose(found.of({"TAGS": "a|b"})[1], np.add(expected["a"], expected["b"]))


def test_the_context_of_a_moment_is_that_of_the_users_event():
    told = cafe().contexts

    assert told.at(int(told.users[5]), int(told.timestamps[5])) == {"PART": PARTS[told.codes[5, 0]]}
    assert told.at(int(told.users[5]), 7) == {}
    assert told.at(10_000, 7) == {}
