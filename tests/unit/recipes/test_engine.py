import numpy as np
import pytest
from recipe_worlds import films

from tastemaker.recipes import discovery, grams, logistic, personal, popularity, seqridge, trends
from tastemaker.recipes.baskets import ages, last_events, number_baskets
from tastemaker.recipes.data import Interactions, Query
from tastemaker.recipes.grams import Kernel
from tastemaker.recipes.logistic import Rows
from tastemaker.recipes.repeats import Own


@pytest.fixture(scope="module")
def model():
    """Return an engine that knows films."""
    return personal.fit(films(n_users=120), seed=0, progress=lambda *_: None)


def some_events(seed=0, n=80):
    rng = np.random.default_rng(seed)
    return Interactions.sort(rng.integers(0, 5, n), rng.integers(0, 6, n), rng.integers(0, 12, n), n_users=5, n_items=6)


def test_events_of_one_moment_are_one_basket():
    events = Interactions.sort([0, 0, 0, 1, 1], [1, 2, 3, 1, 2], [5, 5, 9, 5, 6], n_users=3, n_items=4)

    assert number_baskets(events).tolist() == [0, 0, 1, 0, 1]
    assert ages(np.array([5, 5, 9, 12])).tolist() == [2, 2, 1, 0]


def test_the_newest_events_of_each_user_are_kept():
    events = Interactions.sort([0, 0, 0, 1], [1, 2, 3, 1], [5, 6, 7, 5], n_users=2, n_items=4)

    assert last_events(events, 2).items.tolist() == [2, 3, 1]


@pytest.mark.parametrize("window", [1, 4, 30])
def test_the_grams_are_what_a_double_loop_over_events_counts(window):
    events, kernel = some_events(), Kernel(window=window)
    lagged, together = kernel.tables()
    slow, slow_together = np.zeros((6, 6), complex), np.zeros((6, 6))
    baskets, lengths = number_baskets(events), np.bincount(events.users)
    for one in range(80):
        for other in range(80):
            lag = baskets[other] - baskets[one]
            if events.users[one] == events.users[other] and 0 <= lag <= window:
                place = events.items[one], events.items[other]
                slow[place] += lagged[lag] / lengths[events.users[one]]
                slow_together[place] += together[lag] / lengths[events.users[one]]

    fast = grams.count_pairs(events, np.arange(6, dtype=np.int32), 6, kernel)

    np.testing.assert_allclose(fast.lagged, slow, rtol=1e-5)
    np.testing.assert_allclose(fast.together, slow_together, rtol=1e-5)


def test_the_grams_of_two_groups_of_users_add_up():
    events, position = some_events(), np.arange(6, dtype=np.int32)
    group = events.users < 2

    whole, part, rest = (
        grams.count_pairs(each, position, 6, Kernel()) for each in (events, events.where(group), events.where(~group))
    )
    part.add(rest)

    np.testing.assert_allclose(part.lagged, whole.lagged, rtol=1e-4)


def test_the_solution_is_that_of_the_normal_equations():
    pairs = grams.count_pairs(some_events(n=400), np.arange(6, dtype=np.int32), 6, Kernel())
    scale = (1 - seqridge.MIXTURE) / (1 - np.exp(-2 / Kernel().past))
    forward = scale * pairs.lagged.real + seqridge.MIXTURE * pairs.together
    covariance = (forward + forward.T).astype(np.float64)
    target = seqridge.MIXTURE * (pairs.together + pairs.together.T) + (1 - seqridge.MIXTURE) * pairs.lagged.imag
    right = np.linalg.solve(covariance + 0.5 * np.diag(covariance).mean() * np.eye(6), target)
    np.fill_diagonal(right, 0)

    np.testing.assert_allclose(seqridge.solve(pairs, Kernel(), 0.5), right, rtol=1e-3, atol=1e-5)


def test_a_sparse_row_keeps_its_largest_magnitudes(monkeypatch):
    monkeypatch.setattr(seqridge, "NEIGHBOURS", 2)
    weights = np.array([[0, -5, 1, 2], [3, 0, -4, 1], [1, 2, 0, 3], [9, 8, 7, 0]], np.float32)

    neighbours = seqridge.keep_strongest(weights, np.array([2, 3, 5, 8], np.int32), 10)

    assert neighbours.columns.tolist() == [[1, 3], [0, 2], [1, 3], [0, 1]]
    assert neighbours.scores(np.array([2, 4, 8], np.int32), np.array([[1.0, 9.0, 2.0]], np.float32)).tolist() == [
        [18, 11, 0, 2]
    ]


def test_popularity_of_a_moment_knows_nothing_of_what_came_later():
    users, times = np.arange(4_000), np.arange(4_000)
    events = Interactions.sort(users, np.where(times < 2_000, 0, 1), times, n_users=4_000, n_items=2)

    learned = trends.learn(events)

    assert learned.popular(learned.at(1_500), 1, None).tolist() == [0]
    assert learned.popular(learned.at(3_999), 1, None).tolist() == [1]
    early, late = (learned.features(learned.at(now), np.array([1], np.int32))[1] for now in (1_500, 9_999))
    assert early[0, 0] < 0 < late[0, 0]


def test_popular_items_come_from_all_time_once_the_recent_ones_are_used_up():
    events = Interactions.sort(range(900), np.arange(900) % 600, range(900), n_users=900, n_items=700)
    learned = trends.learn(events)
    allowed = np.arange(700) >= 500

    found = learned.popular(0, 250, allowed)

    assert sorted(found.tolist()) == list(range(500, 700))


def test_logistic_weights_find_the_column_that_matters():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4_000, 3)).astype(np.float32)
    truth = rng.random(4_000) < 1 / (1 + np.exp(2 - 1.5 * features[:, 1]))

    weights = logistic.learn(Rows(features, truth, np.ones(4_000, np.float32)), (0, 1, 2))

    # A little less than the true 1.5 and -2, because weights are held towards 0.
    assert weights == pytest.approx([0, 1.3, 0, -1.9], abs=0.2)


def test_logistic_weights_of_columns_left_out_are_zero_and_no_hits_mean_low_odds():
    features = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)

    weights = logistic.learn(Rows(features, np.zeros(50, bool), np.ones(50, np.float32)), (1,))

    assert weights[0] == 0
    assert weights[2] < -9


def test_candidates_are_allowed_and_not_the_users_own(model):
    own = Own.of(Query.of([1, 5, 5, 9], [1, 2, 3, 4]))
    found = model.sources.found
    allowed = np.arange(120) % 2 == 1

    candidates = found.candidates(own, found.scores(own), 50, allowed)

    assert len(candidates) >= 50
    assert allowed[candidates].all()
    assert not np.isin(candidates, own.items).any()


def test_scores_of_an_empty_history_are_zero(model):
    assert not discovery.raw_scores(model.sources.found.neighbours, Own.of(Query.of())).any()


def test_items_are_counted_by_distinct_users():
    events = Interactions.sort([0, 0, 0, 1], [2, 2, 1, 1], [1, 2, 3, 4], n_users=2, n_items=4)

    counts = popularity.distinct_users(events)

    assert counts.tolist() == [0, 2, 1, 0]
    assert popularity.best_first(counts).tolist() == [1, 2, 0, 3]
