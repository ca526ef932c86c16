import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.data import Interactions, Ranking, TrainingData
from tastemaker.recipes.histories.baskets import first_times
from tastemaker.recipes.measuring import evaluation
from tests.unit.recipes.worlds import films, groceries

POPULARITY = registry.get("aws-popularity-count")


def test_a_tenth_of_the_users_is_held_out_and_nothing_of_them_is_trained_on():
    data = films()

    training, cases = evaluation.split(data, seed=0)

    users = {case.query.user for case in cases}
    assert len(users) == 30
    assert not users & set(training.interactions.users.tolist())
    assert len(training.interactions) + sum(
        len(data.interactions.users[data.interactions.users == u]) for u in users
    ) == len(data.interactions)


def test_the_same_users_are_held_out_whatever_else_is_in_the_data():
    data = films()

    first = evaluation.held_out(data.user_ids, data.interactions, seed=0)
    again = evaluation.held_out(data.user_ids, data.interactions, seed=0)
    other = evaluation.held_out(data.user_ids, data.interactions, seed=1)

    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_the_newest_tenth_of_a_users_events_is_the_truth():
    events = Interactions.sort([0] * 20, range(20), range(100, 120), n_users=1, n_items=20)

    (case,) = evaluation.cases(events, np.array([0], np.int32))

    assert case.query.history_items.tolist() == list(range(18))
    assert case.relevant.tolist() == [18, 19]
    assert case.query.item == 17
    assert case.query.now == 118


def test_a_short_history_still_leaves_one_event_to_guess():
    events = Interactions.sort([0, 0], [4, 2], [1, 2], n_users=1, n_items=5)

    (case,) = evaluation.cases(events, np.array([0], np.int32))

    assert (case.query.history_items.tolist(), case.relevant.tolist()) == ([4], [2])


def test_whole_baskets_are_not_cut():
    events = Interactions.sort([0] * 6, range(6), [1, 1, 1, 2, 2, 2], n_users=1, n_items=6)

    (case,) = evaluation.cases(events, np.array([0], np.int32), whole_baskets=True)

    assert case.relevant.tolist() == [3, 4, 5]


def test_metrics_have_four_decimals_and_lie_in_their_intervals():
    result = evaluation.evaluate(POPULARITY, groceries(), {}, seed=0)

    assert next(iter(result.metrics)) == "coverage"
    assert len(result.metrics) == 8
    for key, (low, high) in result.intervals.items():
        assert low <= result.metrics[key] <= high
        assert round(result.metrics[key], 4) == result.metrics[key]
        assert len(result.per_user[key]) == len(result.users)


def test_coverage_counts_what_is_recommended_to_anyone():
    class Constant:
        def recommend(self, query, k, allowed=None):  # noqa: ARG002  the protocol's
            return Ranking(np.arange(3, dtype=np.int32))

    data = films()
    training, cases = evaluation.split(data, seed=0)

    assert evaluation.judge(Constant(), cases, training.interactions).metrics["coverage"] == 0.025


def test_seen_items_can_be_kept_out():
    data = groceries()
    training, cases = evaluation.split(data, seed=0)
    model = POPULARITY.fit(training)

    allowed = evaluation.judge(model, cases, data.interactions)
    excluded = evaluation.judge(model, cases, data.interactions, exclude_seen=True)

    assert excluded.metrics["precision_at_5"] < allowed.metrics["precision_at_5"]
    assert len(excluded.users) <= len(allowed.users)


def test_related_items_are_asked_for_with_the_last_item():
    asked = []

    class Spy:
        def recommend(self, query, k, allowed=None):  # noqa: ARG002  the protocol's
            asked.append((query.item, len(query.history_items)))
            return Ranking(np.zeros(0, np.int32))

    data = films()
    training, cases = evaluation.split(data, seed=0)
    evaluation.judge(Spy(), cases, training.interactions, related=True)

    assert asked == [(int(case.query.history_items[-1]), 0) for case in cases]


def test_data_without_anyone_to_ask_measures_nothing():
    data = TrainingData.from_ids(["a", "b"], ["x", "y"], [1, 2])

    result = evaluation.evaluate(POPULARITY, data, {}, seed=0)

    assert set(result.metrics.values()) == {0.0}
    assert not len(result.users)


@pytest.mark.parametrize("seed", [0, 7])
def test_evaluating_twice_gives_the_same_numbers(seed):
    first, second = (evaluation.evaluate(POPULARITY, groceries(), {}, seed=seed) for _ in range(2))

    assert first.metrics == second.metrics
    assert first.intervals == second.intervals


def test_single_baskets_are_asked_for_whole_and_with_all_that_came_before():
    events = Interactions.sort([0] * 6, [3, 1, 2, 0, 4, 5], [1, 2, 2, 3, 3, 4], n_users=1, n_items=6)

    cases = evaluation.next_baskets(events, np.array([0], np.int32), each=9, seed=0)

    assert [case.relevant.tolist() for case in cases] == [[1, 2], [0, 4], [5]]
    assert [case.query.history_items.tolist() for case in cases] == [[3], [3, 1, 2], [3, 1, 2, 0, 4]]
    assert [case.query.now for case in cases] == [2, 3, 4]


def test_a_user_of_one_basket_is_not_asked_for_another():
    events = Interactions.sort([0, 0, 1], [0, 1, 1], [5, 5, 6], n_users=2, n_items=2)

    assert evaluation.next_baskets(events, np.array([0, 1], np.int32), each=2, seed=0) == []


def test_first_times_are_an_items_earliest_events_by_user():
    events = Interactions.sort([0, 0, 0, 1], [1, 0, 1, 1], [1, 2, 3, 2], n_users=2, n_items=2)

    first = first_times(events)

    assert list(zip(first.users.tolist(), first.items.tolist(), first.timestamps.tolist(), strict=True)) == [
        (0, 1, 1),
        (0, 0, 2),
        (1, 1, 2),
    ]


def test_which_of_the_events_of_one_moment_are_the_truth_has_nothing_to_do_with_their_names():
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(300), 20)
    events = Interactions.sort(users, rng.integers(100, size=6_000), np.zeros(6_000), n_users=300, n_items=100)

    questions = evaluation.cases(events, np.arange(300, dtype=np.int32), seed=0)

    # The highest numbers would be around 92.
    assert np.mean([case.relevant.mean() for case in questions]) == pytest.approx(49.5, abs=4)
    assert np.mean([case.query.item for case in questions]) == pytest.approx(49.5, abs=5)
    assert {len(case.query.history_items) for case in questions} == {18}
    assert all((np.diff(case.query.history_items) >= 0).all() for case in questions)
    again = evaluation.cases(events, np.arange(300, dtype=np.int32), seed=0)
    assert [case.relevant.tolist() for case in questions] == [case.relevant.tolist() for case in again]


def test_events_of_different_moments_are_cut_as_ever():
    events = Interactions.sort([0] * 20, range(20), range(100, 120), n_users=1, n_items=20)

    (drawn,), (case,) = (evaluation.cases(events, np.array([0], np.int32), seed=seed) for seed in (3, None))

    assert drawn.query.history_items.tolist() == case.query.history_items.tolist()
    assert (drawn.relevant.tolist(), drawn.query.item, drawn.query.now) == ([18, 19], 17, 118)


@pytest.mark.parametrize("days", [0, 1], ids=["one moment", "days"])
def test_other_names_give_the_same_metrics_but_for_noise(days):
    """Users of three tastes; as names say nothing, neither may the measure."""
    rng = np.random.default_rng(5)
    users = np.arange(6_000) % 200
    tastes = np.where(rng.random(6_000) < 0.9, users % 3, rng.integers(3, size=6_000))
    items = tastes + 3 * (rng.random(6_000) ** 2 * 20).astype(int)
    times = days * 86_400 * (np.arange(6_000) // 2_000)
    qualities = []
    for names in (np.arange(60), (59 - np.arange(60)) // 3 * 3 + np.arange(60) % 3):
        data = TrainingData.from_ids([f"u{u}" for u in users], [f"i{names[i]:02}" for i in items], times)
        scores = evaluation.evaluate(registry.get("aws-popularity-count"), data, {}, seed=0).metrics
        qualities.append(scores["normalized_discounted_cumulative_gain_at_25"])

    assert qualities[0] == pytest.approx(qualities[1], abs=0.06)
