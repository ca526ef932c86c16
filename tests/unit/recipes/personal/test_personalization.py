from dataclasses import replace

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.data import Query, TrainingData
from tastemaker.recipes.measuring import evaluation
from tastemaker.recipes.measuring.evaluation import paired_difference
from tastemaker.recipes.measuring.metrics import NDCG
from tastemaker.recipes.popular import own_items
from tests.unit.recipes.worlds import events_of, films, genres, groceries

V2 = registry.get("aws-user-personalization-v2")


@pytest.fixture(scope="module")
def film_model():
    """Return the recipe's model of films."""
    return V2.fit(films())


@pytest.fixture(scope="module")
def grocery_model():
    """Return the recipe's model of groceries."""
    return V2.fit(groceries())


def test_it_learns_that_nobody_repeats_a_film(film_model):
    data = films()

    for user in range(0, 60, 7):
        items, times = events_of(data, f"u{user:03d}")
        assert not np.isin(film_model.recommend(Query.of(items, times), 10).items, items).any()


def test_it_learns_that_groceries_are_bought_again(grocery_model):
    data = groceries()
    items, times = events_of(data, "u010")
    recommended = grocery_model.recommend(Query.of(items, times), 5).items

    assert np.isin(recommended, items).all()


def test_it_beats_popularity_where_order_matters():
    data = films()

    ours = evaluation.evaluate(V2, data, {}, seed=1)
    popular = evaluation.evaluate(registry.get("aws-popularity-count"), data, {}, seed=1)

    _, low, _ = paired_difference(ours.per_user[f"{NDCG}10"], popular.per_user[f"{NDCG}10"])
    assert low > 0


def test_it_is_no_worse_than_own_items_decayed_where_people_repeat():
    data = groceries()

    ours = evaluation.evaluate(V2, data, {}, seed=1)
    plain = evaluation.evaluate(own_items.own_items, data, {}, seed=1)

    _, _, high = paired_difference(ours.per_user[f"{NDCG}10"], plain.per_user[f"{NDCG}10"])
    assert high >= 0


def test_an_event_changes_the_next_answer_without_training(film_model):
    before = film_model.recommend(Query.of([5], [1_000], now=5_000), 10).items
    after = film_model.recommend(Query.of([5, 70], [1_000, 4_000], now=5_000), 10).items

    assert before.tolist() != after.tolist()
    assert np.isin(after, np.arange(60, 90)).any()


def test_a_stranger_is_shown_what_is_popular():
    # Everybody goes on to the next film; where they come in differs, and nothing of that follows from a history.
    rng = np.random.default_rng(0)
    begins = rng.zipf(1.6, 300) * 37 % 100
    rows = [(f"u{user}", f"i{(at + step) % 100:02d}", step) for user, at in enumerate(begins) for step in range(6)]
    data = TrainingData.from_ids(*zip(*rows, strict=True))
    popular = registry.get("aws-popularity-count").fit(data)

    shown = V2.fit(data).recommend(Query.of(now=100), 10).items

    assert len(np.intersect1d(shown, popular.recommend(Query.of(), 12).items)) >= 8


def test_a_stranger_is_shown_what_is_popular_now_and_not_what_was_once():
    rng = np.random.default_rng(0)
    rows = [
        (f"u{user:03d}", f"i{user // 200 * 50 + int(50 * rng.random() ** 2):03d}", user // 200 * 10**7 + int(time))
        for user in range(400)
        for time in rng.integers(0, 9 * 10**6, 12)
    ]

    model = V2.fit(TrainingData.from_ids(*zip(*rows, strict=True)))

    # The ids of the second half of the users begin at 50.
    assert np.mean(model.recommend(Query.of(), 10).items >= 50) >= 0.7


def test_without_recency_bias_the_order_of_a_history_does_not_matter():
    data = groceries()
    model = V2.fit(data, {"apply_recency_bias": "false"})
    items, times = events_of(data, "u004")

    one_way, other_way = (model.recommend(Query.of(order, times), 10) for order in (items, items[::-1]))

    assert one_way.items.tolist() == other_way.items.tolist()


def test_what_comes_next_is_kept_with_the_model_and_raises_an_item():
    model = V2.fit(films(), seed=1)
    sources, query = model.sources, Query.of([40, 41], [1, 2])
    chained = sources.discovery.transitions
    follower = chained.columns[chained.starts[41] : chained.starts[41] + 1]

    loaded = type(model).from_arrays(model.to_arrays(), model.settings)
    without = replace(sources, discovery=replace(sources.discovery, transitions=None))

    odds = [
        dict(
            zip(
                *(part.tolist() for part in each.lay_out(query, 25, also=follower).log_odds(model.weights)), strict=True
            )
        )
        for each in (sources, without)
    ]
    assert odds[0][int(follower[0])] > odds[1][int(follower[0])]
    assert loaded.recommend(query, 10).scores.tolist() == model.recommend(query, 10).scores.tolist()


@pytest.mark.parametrize(
    ("data", "parameters"),
    [(films(), {"apply_recency_bias": "false"}), (genres(), {})],
    ids=["order may not count", "order says nothing"],
)
def test_what_comes_next_is_not_kept_where_it_does_not_count(data, parameters):
    model = V2.fit(data, parameters)

    assert model.sources.discovery.transitions is None
    assert not [name for name in model.to_arrays() if name.startswith("transitions")]


def test_events_that_weigh_more_pull_more(grocery_model):
    times = [1_000, 2_000, 3_000]

    heavy = grocery_model.rank(Query.of([10, 20, 30], times, [5.0, 0.1, 0.1]), np.array([10, 20, 30], np.int32))

    assert heavy.items[0] == 10


def test_users_with_unusually_long_histories_are_left_out_in_the_first_version():
    data = groceries(n_users=60)
    robot = TrainingData.from_ids(
        [*data.user_ids[data.interactions.users], *["robot"] * 3000],
        [*data.item_ids[data.interactions.items], *["i149"] * 3000],
        [*data.interactions.timestamps, *range(3000)],
    )

    model = registry.get("aws-user-personalization").fit(robot)

    place = int(np.searchsorted(robot.item_ids, "i149"))
    assert place not in model.recommend(Query.of(now=10**7), 5).items.tolist()
