"""Items that nobody had yet, found by what they are."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.attributes import contents, descriptions
from tastemaker.recipes.data import Newcomers, Query, TrainingData
from tastemaker.recipes.measuring import evaluation
from tastemaker.recipes.measuring.evaluation import Case, paired_difference
from tastemaker.serving import artifacts
from tests.unit.recipes.worlds import described_films, events_of, films, genres

V2 = registry.get("aws-user-personalization-v2")
LENGTH = 10


def hiding(data, seed=0, share=0.2):
    """Return training data without a share of the items, which items these are, and users who took some of them."""
    hidden = np.random.default_rng(seed).random(len(data.item_ids)) < share
    training, cases = evaluation.split(data, seed=seed)
    training = training.where(~hidden[training.interactions.items])
    return training, hidden, [asked(data, case, hidden) for case in cases]


def asked(data, case, hidden):
    """Ask with what the user took of the known items; the hidden ones that the user ever took are to be found."""
    items, times = events_of(data, data.user_ids[case.query.user])
    known = ~hidden[items]
    return Case(Query.of(items[known], times[known], user=case.query.user), np.unique(items[~known]))


def hits(model, cases, allowed=None):
    """Return how many of the hidden items that each user took are in the user's list."""
    lists = [model.recommend(case.query, LENGTH, allowed).items for case in cases]
    return np.array([np.isin(found, case.relevant).sum() for found, case in zip(lists, cases, strict=True)], np.float32)


@pytest.fixture(scope="module")
def world():
    """Return items of which a fifth is new, and the recipe's model of them."""
    training, hidden, cases = hiding(genres())
    return training, hidden, cases, V2.fit(training)


def test_new_items_reach_the_list_of_all_items_by_what_they_are(world):
    training, hidden, cases, model = world
    popular = registry.get("aws-popularity-count").fit(training)
    chance = np.array([LENGTH * len(case.relevant) / len(hidden) for case in cases], np.float32)

    ours, plain = hits(model, cases), hits(popular, cases)

    assert paired_difference(ours, plain)[1] > 0
    assert paired_difference(ours, chance)[1] > 0


def test_among_new_items_those_that_fit_the_user_come_first(world):
    _, hidden, cases, model = world

    chance = np.mean([LENGTH * len(case.relevant) / hidden.sum() for case in cases])

    assert hits(model, cases, hidden).mean() > 1.5 * chance


def test_without_columns_new_items_are_not_found(world):
    training, _, cases, _ = world

    model = V2.fit(replace(training, item_columns={}))

    assert hits(model, cases).sum() == 0


def test_known_items_are_found_as_well_as_without_metadata():
    data = described_films()

    ours, plain = (evaluation.evaluate(V2, each, {}, seed=1).per_user for each in (data, films()))

    key = "normalized_discounted_cumulative_gain_at_10"
    assert paired_difference(ours[key], plain[key])[2] >= 0


def test_a_described_model_answers_as_the_saved_one_did(world, tmp_path):
    training, _, cases, model = world
    artifacts.save(tmp_path, recipe=V2, model=model, data=training)

    loaded = artifacts.load(tmp_path).model

    for case in cases[:5]:
        before, after = (each.recommend(case.query, 25) for each in (model, loaded))
        assert (before.items.tolist(), before.scores.tolist()) == (after.items.tolist(), after.scores.tolist())


def test_a_description_has_categories_numbers_and_words():
    data = replace(
        TrainingData.from_ids(["u"] * 4, ["a", "b", "c", "d"], range(4)),
        item_columns={
            "GENRE": np.array(["x|y", "x", "y", ""]),
            "PRICE": np.array([1.0, 1.0, 9.0, np.nan]),
            "CREATION_TIMESTAMP": np.array([1.0, 1.0, 2.0, 2.0]),
        },
        item_texts={"PLOT": np.array(["A dog!", "the DOG", "cats", "cats cats"])},
    )

    described = descriptions.describe(data)

    rows = described.matrix().toarray()
    # Everybody's first; x, y; cheap (one item is dear: alone it says nothing); dog, cats.
    assert rows.shape == (4, 6)
    assert (rows > 0).tolist() == [
        [True, True, True, True, True, False],
        [True, True, False, True, True, False],
        [True, False, True, False, False, True],
        [True, False, False, False, False, True],
    ]
    np.testing.assert_allclose(np.linalg.norm(rows[:, 1:], axis=1), 1, rtol=1e-5)


def test_columns_that_say_nothing_are_no_description():
    data = TrainingData.from_ids(["u", "v"], ["a", "b"], [1, 2])

    assert descriptions.describe(data) is None
    assert descriptions.describe(replace(data, item_columns={"G": np.array(["only a", "only b"])})) is None


def test_an_old_item_that_found_nobody_is_not_expected_to_be_popular():
    users = np.arange(600) % 200
    items = np.array(["a", "b", "c"])[np.arange(600) % 3]
    data = TrainingData.from_ids(users.astype(str), items, np.arange(600))
    item_ids = np.array(["a", "b", "c", "new", "old"])
    events = replace(data.interactions, n_items=5)
    dates = np.array([0.0, 0.0, 0.0, 599.0, 0.0])
    columns = {"GENRE": np.array(["x"] * 5), "CREATION_TIMESTAMP": dates}
    described = replace(data, interactions=events, item_ids=item_ids, item_columns=columns)

    share = contents.expected_shares(descriptions.describe(described).matrix(), described)

    assert share[3] > 10 * share[4]
    assert share[0] > share[3]


def test_cold_start_judges_young_items_with_few_events_by_what_they_are():
    training, _, _ = hiding(described_films())
    recipe = registry.get("aws-hrnn-coldstart")

    cold, never = (
        recipe.fit(training, {"cold_start_max_interactions": most, "cold_start_max_duration": "99999"})
        for most in ("1000", "-1")
    )

    assert not cold.sources.discovery.contents.trust.any()
    assert never.sources.discovery.contents.trust.any()


def test_an_item_of_later_is_described_as_one_of_the_training_was():
    data, rng = described_films(), np.random.default_rng(5)
    years = np.where(rng.random(120) < 0.2, np.nan, rng.integers(1950, 2026, 120))
    titles = np.array([f"The {'very ' * int(n)}long title of {n}" for n in rng.integers(0, 4, 120)])
    data = replace(data, item_columns={**data.item_columns, "Year": years}, item_texts={"TITLE": titles})
    told = {name.upper(): column for name, column in {**data.item_columns, **data.item_texts}.items()}
    rows = [{name: column[n].item() for name, column in told.items() if column[n] == column[n]} for n in range(120)]
    described = descriptions.describe(data)

    starts, features, values = described.vocabulary.describe(rows)

    np.testing.assert_array_equal(starts, described.starts)
    np.testing.assert_array_equal(features, described.features)
    np.testing.assert_allclose(values, described.values, rtol=1e-5)


def test_an_item_of_later_fares_as_one_of_the_training_that_nobody_had(world):
    training, hidden, cases, model = world
    size, twin = len(hidden), int(np.flatnonzero(hidden)[0])
    row = {name.upper(): column[twin].item() for name, column in training.item_columns.items()}

    grown = model.grown(Newcomers([row], len(training.user_ids)))

    for case in cases[:20]:
        both = grown.rank(case.query, np.array([twin, size], np.int32)).scores
        # Of the last event of all, the training knows that it was not with the item that was there.
        assert both[0] == pytest.approx(both[1], rel=0.01)


def test_items_that_come_later_reach_the_list_as_those_of_the_training_do(world):
    training, hidden, cases, model = world
    kept, gone = np.flatnonzero(~hidden), np.flatnonzero(hidden)
    # Known ones first, as a model that has grown numbers them.
    number = np.argsort(np.concatenate([kept, gone])).astype(np.int32)
    events = replace(training.interactions, items=number[training.interactions.items], n_items=len(kept))
    columns = {name: column[kept] for name, column in training.item_columns.items()}
    before = replace(training, interactions=events, item_ids=training.item_ids[kept], item_columns=columns)
    rows = [{name.upper(): column[n].item() for name, column in training.item_columns.items()} for n in gone]
    moved = [
        replace(case, query=replace(case.query, history_items=number[case.query.history_items]), relevant=number[each])
        for case in cases
        for each in [case.relevant]
    ]

    grown = V2.fit(before).grown(Newcomers(rows, len(training.user_ids)))

    ours, theirs = hits(grown, moved), hits(model, cases)
    assert theirs.mean() > 0
    assert ours.mean() > 0.8 * theirs.mean()
