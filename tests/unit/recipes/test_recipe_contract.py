from functools import partial

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.data import Newcomers, Query, TrainingData
from tastemaker.recipes.popular import own_items
from tastemaker.serving import artifacts
from tests.unit.recipes.actions.worlds import offers
from tests.unit.recipes.worlds import checkerboard, events_of, films, groceries

RECIPES = [*registry.own_names(), "own-items-decayed"]
# Its items are actions, each with a probability of its own; it learns from what came of showing them.
ACTIONS = "aws-next-best-action"
WORLDS = {"films": partial(films, n_users=120, n_items=80), "groceries": partial(groceries, n_users=110, baskets=8)}


def find(name):
    return own_items.own_items if name == "own-items-decayed" else registry.get(name)


@pytest.fixture(scope="module")
def fitted():
    """Return a function that fits each recipe once on each world."""
    known = {}

    def fit(name, world="groceries"):
        if (name, world) not in known:
            data = offers().data if name == ACTIONS else WORLDS[world]()
            known[name, world] = data, find(name).fit(data, seed=3)
        return known[name, world]

    return fit


def query_of(data, user_id):
    items, times = events_of(data, user_id)
    return Query.of(items, times, item=int(items[-1]))


@pytest.mark.parametrize("name", [name for name in RECIPES if "personaliz" in name])
def test_it_completes_the_checkerboard(name):
    data = checkerboard()
    model = find(name).fit(data)

    for user in range(6):
        query = query_of(data, f"u{user:03d}")
        left = set(range(12)) - set(query.history_items.tolist())
        right = next(item for item in left if item % 2 == user % 2)
        assert model.recommend(query, 1).items.tolist() == [right]


def test_sims_finds_the_items_of_the_same_parity():
    data = checkerboard()

    model = registry.get("aws-sims").fit(data)

    for item in range(12):
        assert {other % 2 for other in model.recommend(Query.of(item=item), 5).items.tolist()} == {item % 2}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", RECIPES)
def test_it_never_recommends_an_item_twice_and_scores_fall(fitted, name, world):
    data, model = fitted(name, world)

    ranking = model.recommend(query_of(data, "u003"), 25)

    assert len(ranking.items) == len(set(ranking.items.tolist())) == min(25, len(data.item_ids))
    if ranking.scores is not None:
        assert (np.diff(ranking.scores) <= 0).all()
        assert 0 < (ranking.scores.max() if name == ACTIONS else ranking.scores.sum()) <= 1 + 1e-5


@pytest.mark.parametrize("name", RECIPES)
def test_scores_are_given_where_the_metadata_says_so(fitted, name):
    data, model = fitted(name)

    ranking = model.recommend(query_of(data, "u003"), 5)

    assert (ranking.scores is not None) == find(name).metadata.scores


@pytest.mark.parametrize("name", RECIPES)
def test_it_recommends_allowed_items_only(fitted, name):
    data, model = fitted(name)
    query = query_of(data, "u003")
    allowed = np.arange(len(data.item_ids)) % 3 == 0

    ranking = model.recommend(query, 10, allowed)

    assert len(ranking.items)
    assert allowed[ranking.items].all()
    assert not len(model.recommend(query, 10, np.zeros(len(allowed), bool)).items)


@pytest.mark.parametrize("name", RECIPES)
def test_it_recommends_what_there_is_when_more_is_asked_for(name):
    data = checkerboard()
    model = find(name).fit(data)

    ranking = model.recommend(query_of(data, "u000"), 500)

    assert 0 < len(ranking.items) <= 12
    assert len(set(ranking.items.tolist())) == len(ranking.items)


@pytest.mark.parametrize("name", [name for name in RECIPES if name != ACTIONS])
def test_an_unknown_user_gets_popular_items(fitted, name):
    data, model = fitted(name)
    popular = registry.get("aws-popularity-count").fit(data).recommend(Query.of(), 30).items

    ranking = model.recommend(Query.of(now=int(data.interactions.timestamps.max())), 10)

    assert len(ranking.items) == 10
    assert len(np.intersect1d(ranking.items, popular)) >= 7


@pytest.mark.parametrize("name", RECIPES)
def test_it_ranks_exactly_the_given_items(fitted, name):
    data, model = fitted(name)
    listed = np.array([40, 3, 77, 12, 9], np.int32) if name != ACTIONS else np.array([4, 3, 7, 0], np.int32)

    ranking = model.rank(query_of(data, "u003"), listed)

    assert sorted(ranking.items.tolist()) == sorted(listed.tolist())
    if ranking.scores is not None and name != ACTIONS:
        assert ranking.scores.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", RECIPES)
def test_it_ranks_in_the_order_in_which_it_recommends(fitted, name):
    data, model = fitted(name)
    query = query_of(data, "u005")
    recommended = model.recommend(query, 10).items

    assert model.rank(query, np.sort(recommended)).items.tolist() == recommended.tolist()


@pytest.mark.parametrize("name", registry.own_names())
def test_a_loaded_model_answers_as_the_saved_one_did(fitted, name, tmp_path):
    data, model = fitted(name)
    artifacts.save(tmp_path, recipe=registry.get(name), model=model, data=data)

    loaded = artifacts.load(tmp_path).model

    for user in ("u001", "u007", "u042"):
        query = query_of(data, user)
        before, after = model.recommend(query, 25), loaded.recommend(query, 25)
        assert before.items.tolist() == after.items.tolist()
        if before.scores is not None:
            assert before.scores.tolist() == after.scores.tolist()


@pytest.mark.parametrize(
    "name", ["aws-popularity-count", "aws-sims", "aws-semantic-similarity", "aws-user-personalization-v2", ACTIONS]
)
def test_the_same_data_and_seed_give_the_same_bytes(name, tmp_path):
    data, recipe = offers().data if name == ACTIONS else groceries(seed=5, n_users=120), registry.get(name)

    first, second = (
        artifacts.save(tmp_path / part, recipe=recipe, model=recipe.fit(data, seed=1), data=data) for part in "ab"
    )

    assert first == second


@pytest.mark.parametrize("name", RECIPES)
def test_answers_do_not_depend_on_what_was_asked_before(fitted, name):
    data, model = fitted(name)
    queries = [query_of(data, f"u{user:03d}") for user in range(8)]

    forward = [model.recommend(query, 10).items.tolist() for query in queries]
    backward = [model.recommend(query, 10).items.tolist() for query in reversed(queries)]

    assert forward == backward[::-1]


@pytest.mark.parametrize("name", RECIPES)
def test_it_learns_from_almost_nothing(name):
    data = TrainingData.from_ids(["a", "a", "b"], ["x", "y", "x"], [1, 2, 3])

    model = find(name).fit(data)

    assert len(model.recommend(Query.of([0], [1], item=0), 5).items) >= 1


@pytest.mark.parametrize("name", RECIPES)
def test_it_reports_progress_between_nothing_and_everything(name):
    told = []

    find(name).fit(checkerboard(), progress=lambda fraction, phrase: told.append((fraction, phrase)))

    assert told
    assert all(0 <= fraction <= 1 and phrase for fraction, phrase in told)
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", RECIPES)
def test_items_that_came_later_are_there_and_change_nothing_else(fitted, name, world):
    data, model = fitted(name, world)
    size = len(data.item_ids)
    rows = [{"GENRE": "g1", "PRICE": 3.5}, {}, {"NOBODY": "knows"}]
    query, trained = query_of(data, "u003"), np.arange(size + len(rows)) < size

    grown = model.grown(Newcomers(rows, len(data.user_ids)))

    plain, without = model.recommend(query, 25), grown.recommend(query, 25, trained)
    np.testing.assert_array_equal(without.items, plain.items)
    assert sorted(grown.recommend(query, 5, ~trained).items.tolist()) == [size, size + 1, size + 2]
    assert set(range(size, size + 3)) <= set(grown.recommend(query, size + 3).items.tolist()) | {query.item}
    ranked = grown.rank(query, np.array([size + 1, 4, size], np.int32))
    assert sorted(ranked.items.tolist()) == [4, size, size + 1]
