from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from tastemaker.recipes import logistic
from tastemaker.recipes.data import Interactions, Query
from tastemaker.recipes.histories import popularity, popularity_over_time
from tastemaker.recipes.histories.baskets import ages, last_events, number_baskets
from tastemaker.recipes.histories.repeats import Own
from tastemaker.recipes.logistic import Rows as Examples
from tastemaker.recipes.matrix import grams, residuals, seqridge, symmetric
from tastemaker.recipes.matrix.grams import Counter, Histories
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.neighbours import Rows
from tastemaker.recipes.matrix.whole import Whole
from tastemaker.recipes.personal import discovery, training
from tests.unit.recipes.worlds import films


@pytest.fixture(scope="module")
def model():
    """Return an engine that knows films."""
    return training.fit(films(n_users=120), seed=0, progress=lambda *_: None)


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


EVERY = np.arange(6, dtype=np.int32)


def count(events, kernel, rows=EVERY, columns=EVERY, *, rows_follow=False):
    return Counter(Histories.of(events, kernel), rows, columns, [kernel.weights(rows_follow=rows_follow)])


def among(events, kernel, places=EVERY):
    """Return A and R' by the kernel that was counted first, and by one that came later."""
    (_, first), (other, _) = (
        symmetric.Among.of(Histories.of(events, each), places, each) for each in (kernel, replace(kernel, past=2.0))
    )
    return first, other.by(kernel)


def what_follows(lag, kernel):
    """Return the sum over the ways to go on from one event to one so many baskets later, by one future or by two."""

    def ways(lag, future):
        return sum(np.exp(-step / kernel.past - (lag - 1 - step) / future) for step in range(lag))

    if not kernel.far:
        return ways(lag, kernel.future)
    near, far = (sum(ways(each, future) for each in range(kernel.window + 1)) for future in (kernel.future, kernel.far))
    return (ways(lag, kernel.future) * far / near + ways(lag, kernel.far)) / 2


def double_loop(events, kernel):
    """Return A + iR as the definition says, with a loop over all pairs of events."""
    fade, share = np.exp(-1 / kernel.past), kernel.mixture
    baskets, lengths = number_baskets(events), np.bincount(events.users)
    found = np.zeros((6, 6), complex)
    for one, other in product(range(len(events)), repeat=2):
        lag = int(baskets[other] - baskets[one])
        if events.users[one] == events.users[other] and abs(lag) <= kernel.window:
            together = (1 - share) * fade ** abs(lag) / (1 - fade**2) + share
            later = what_follows(max(lag, 0), kernel)
            pair = together + 1j * ((1 - share) * later + share)
            weight = events.weights[one] * events.weights[other] / lengths[events.users[one]] ** kernel.exponent
            found[events.items[one], events.items[other]] += pair * weight
    return found


def weighed(events):
    return replace(events, weights=np.random.default_rng(1).random(len(events)).astype(np.float32))


@pytest.mark.parametrize("events", [some_events(), weighed(some_events(1))], ids=["alike", "weighed"])
@pytest.mark.parametrize(
    "kernel",
    [
        Kernel(window=1),
        Kernel(window=4),
        Kernel(window=30),
        Kernel(window=120, exponent=0.0),
        Kernel(past=0.5, future=1.2, far=8.0, exponent=0.5),
        Kernel(mixture=1.0),
    ],
    ids=str,
)
def test_the_grams_are_what_a_double_loop_over_events_counts(kernel, events):
    slow = double_loop(events, kernel)

    forward, backward = (grams.covariance_and_target(count(events, kernel, rows_follow=each)) for each in (False, True))

    np.testing.assert_allclose(forward[0] + 1j * forward[1], slow, rtol=1e-4)
    np.testing.assert_allclose(backward[0] + 1j * backward[1], slow.real + 1j * slow.imag.T, rtol=1e-4)
    np.testing.assert_allclose(among(events, kernel), [backward, backward], rtol=1e-4)


@pytest.mark.parametrize("tile", [2, 4])
def test_some_items_among_themselves_are_a_part_of_the_whole_matrix(monkeypatch, tile):
    monkeypatch.setattr(symmetric, "TILE", tile)
    events, places = weighed(some_events(n=200)), np.array([-1, 0, 1, -1, 2, -1], np.int32)
    slow = double_loop(events, Kernel(window=4))[np.ix_([1, 2, 4], [1, 2, 4])]

    both = among(events, Kernel(window=4), places)

    np.testing.assert_allclose(both, [(slow.real, slow.imag.T)] * 2, rtol=1e-4)


def test_some_rows_against_some_columns_are_a_part_of_the_whole_matrix():
    rows, columns = np.array([-1, 0, -1, 1, -1, 2], np.int32), np.array([0, -1, 1, -1, 2, -1], np.int32)

    part = count(some_events(), Kernel(), rows, columns).dense((0, 3))

    np.testing.assert_allclose(part, double_loop(some_events(), Kernel())[1::2, ::2], rtol=1e-4)


@pytest.mark.parametrize("chunk", [1, 50, 1 << 17])
def test_blocks_of_any_size_count_the_same_dense_and_sparse(monkeypatch, chunk):
    monkeypatch.setattr(grams, "CHUNK", chunk)
    counter, whole = count(some_events(), Kernel()), double_loop(some_events(), Kernel())

    for block in counter.blocks():
        rows = counter.sparse(block)
        owners, columns = np.mgrid[: block[1] - block[0], :6]
        np.testing.assert_allclose(counter.dense(block), whole[slice(*block)], rtol=1e-4)
        np.testing.assert_allclose(rows.at(owners, columns.astype(np.int32)), whole[slice(*block)], rtol=1e-4)


def test_the_grams_of_two_groups_of_users_add_up():
    events = some_events()
    group = events.users < 2

    groups = (events, events.where(group), events.where(~group))
    whole, *parts = (grams.covariance_and_target(count(each, Kernel())) for each in groups)

    np.testing.assert_allclose(np.sum(parts, axis=0), whole, rtol=1e-4)


def test_the_diagonal_of_some_items_is_that_of_the_whole_matrix():
    events = weighed(some_events(n=200))

    diagonal = residuals.diagonal(Histories.of(events, Kernel(window=4)), Kernel(window=4), np.array([1, 2, 5]))

    right = double_loop(events, Kernel(window=4)).real.diagonal() * [0, 1, 1, 0, 0, 1]
    np.testing.assert_allclose(diagonal, right, rtol=1e-4)


def test_the_solution_is_that_of_the_normal_equations():
    covariance, targets = grams.covariance_and_target(count(some_events(n=400), Kernel(), rows_follow=True))
    right = np.linalg.solve(covariance + 0.5 * np.eye(6), targets.T)
    np.fill_diagonal(right, 0)

    np.testing.assert_allclose(seqridge.solved(covariance, targets, 0.5).T, right, rtol=1e-3, atol=1e-5)


def test_a_ridge_too_small_to_factorise_is_raised():
    factored = seqridge.factor(np.ones((3, 3), np.float32), 0.0)

    assert np.isfinite(factored).all()


def test_rows_keep_their_largest_magnitudes():
    weights = np.array([[0, -5, 1, 2], [3, 0, -4, 1], [1, 2, 0, 3], [9, 8, 7, 0]], np.float32)

    rows = Rows.join([Rows.cut(weights[:2], 2), Rows.cut(weights[2:], 2)])
    neighbours = rows.of_items(np.array([5, 2, 8, 3], np.int32), 10)

    assert rows.columns.tolist() == [1, 3, 0, 2, 1, 3, 0, 1]
    reached = neighbours.reach(np.array([5, 3, 7], np.int32), np.array([[1.0, 9.0, 2.0]], np.float32))
    assert reached.at(np.arange(10, dtype=np.int32)).tolist() == [[0, 0, -5 + 8 * 9, 2, 0, 9 * 9, 0, 0, 0, 0]]


def test_whole_rows_reach_what_all_their_entries_say():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(40, 40)).astype(np.float32)
    whole, listed = Whole.of(matrix), Rows.cut(matrix, 40).of_items(np.arange(40), 40)
    items, weights = rng.choice(40, 6, replace=False), rng.random((3, 6), np.float32)
    every = np.arange(40, dtype=np.int32)

    np.testing.assert_allclose(whole.reach(items, weights).at(every), listed.reach(items, weights).at(every), atol=1e-3)
    np.testing.assert_allclose(whole.row(7)[1], matrix[7], atol=1e-4)
    np.testing.assert_array_equal(whole.listed().columns, listed.columns)
    np.testing.assert_allclose(whole.listed().values, listed.values, atol=1e-4)


def test_items_that_came_later_have_no_whole_row():
    matrix = np.eye(3, dtype=np.float32)
    grown = Whole.of(matrix).grown(2)

    reached = grown.reach(np.array([4, 1, 3], np.int32), np.array([[5.0, 2.0, 7.0]], np.float32))

    assert reached.at(np.arange(5, dtype=np.int32))[0].tolist() == pytest.approx([0, 2, 0, 0, 0])
    assert not len(grown.row(4)[0])
    assert grown.listed().starts.tolist() == [0, 1, 2, 3, 3, 3]


@pytest.mark.parametrize("seed", range(3))
def test_what_a_history_reaches_does_not_depend_on_how_it_is_added_up(monkeypatch, seed):
    rng = np.random.default_rng(seed)
    neighbours = Rows.cut(rng.normal(size=(90, 90)).astype(np.float32), 20).of_items(rng.permutation(90), 90)
    items, weights = rng.choice(90, 4, replace=False), rng.random((3, 4), np.float32)
    everything = neighbours.reach(items, weights)
    monkeypatch.setattr("tastemaker.recipes.matrix.neighbours.SMALL", 10)
    touched = neighbours.reach(items, weights)

    every = np.arange(90, dtype=np.int32)

    assert len(touched.items) == len(set(touched.items.tolist())) < 90
    assert touched.at(every).tolist() == everything.at(every).tolist()


def test_rows_of_other_columns_are_merged_and_cut_again():
    left, right = Rows.cut(np.array([[5, 1, 0], [1, 0, 0]], np.float32), 3), Rows.cut(np.eye(2, 3, dtype=np.float32), 3)
    right = replace(right, columns=right.columns + 3, values=right.values * 3)

    merged = left.beside(right, 2)

    assert merged.lengths.tolist() == [2, 2]
    assert merged.columns.tolist() == [0, 3, 0, 4]
    assert merged.values.tolist() == [5, 3, 1, 3]


def test_popularity_of_a_moment_knows_nothing_of_what_came_later():
    users, times = np.arange(4_000), np.arange(4_000)
    events = Interactions.sort(users, np.where(times < 2_000, 0, 1), times, n_users=4_000, n_items=2)

    learned = popularity_over_time.learn(events)

    assert learned.popular(learned.at(1_500), 1, None).tolist() == [0]
    assert learned.popular(learned.at(3_999), 1, None).tolist() == [1]
    early, late = (learned.features(learned.at(now), np.array([1], np.int32))[1] for now in (1_500, 9_999))
    assert early[0, 0] < 0 < late[0, 0]


def test_popular_items_come_from_all_time_once_the_recent_ones_are_used_up():
    events = Interactions.sort(range(900), np.arange(900) % 600, range(900), n_users=900, n_items=700)
    learned = popularity_over_time.learn(events)
    allowed = np.arange(700) >= 500

    found = learned.popular(0, 250, allowed)

    assert sorted(found.tolist()) == list(range(500, 700))


def test_logistic_weights_find_the_column_that_matters():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4_000, 3)).astype(np.float32)
    truth = rng.random(4_000) < 1 / (1 + np.exp(2 - 1.5 * features[:, 1]))

    weights = logistic.learn(Examples(features, truth, np.ones(4_000, np.float32)), (0, 1, 2))

    # A little less than the true 1.5 and -2, because weights are held towards 0.
    assert weights == pytest.approx([0, 1.3, 0, -1.9], abs=0.2)


def test_logistic_weights_of_columns_left_out_are_zero_and_no_hits_mean_low_odds():
    features = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)

    weights = logistic.learn(Examples(features, np.zeros(50, bool), np.ones(50, np.float32)), (1,))

    assert weights[0] == 0
    assert weights[2] < -9


def test_candidates_are_allowed_and_not_the_users_own(model):
    own = Own.of(Query.of([1, 5, 5, 9], [1, 2, 3, 4]))
    fit = model.sources.discovery
    allowed = np.arange(120) % 2 == 1

    candidates = fit.candidates(own, fit.scores(own), 50, allowed)

    assert len(candidates) >= 50
    assert allowed[candidates].all()
    assert not np.isin(candidates, own.items).any()


@pytest.mark.parametrize("values", [np.random.default_rng(0).normal(size=5_000), np.arange(5_000) % 3, np.ones(700)])
@pytest.mark.parametrize("count", [1, 200, 6_000])
def test_the_largest_values_are_those_that_sorting_finds(values, count):
    found = discovery.largest(values.astype(np.float32), count)

    assert len(set(found.tolist())) == len(found) == min(count, len(values))
    assert np.sort(values[found]).tolist() == np.sort(values)[-count:].tolist()


def test_scores_of_an_empty_history_are_zero(model):
    assert not discovery.raw_scores(model.sources.discovery.neighbours, Own.of(Query.of())).values.any()


def test_items_are_counted_by_distinct_users():
    events = Interactions.sort([0, 0, 0, 1], [2, 2, 1, 1], [1, 2, 3, 4], n_users=2, n_items=4)

    counts = popularity.distinct_users(events)

    assert counts.tolist() == [0, 2, 1, 0]
    assert popularity.best_first(counts).tolist() == [1, 2, 0, 3]
