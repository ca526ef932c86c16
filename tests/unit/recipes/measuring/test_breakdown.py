"""What a model's answers are worth by segment, and beside popularity and the users' own history."""

import numpy as np
import pytest

from tastemaker.recipes.data import Interactions, Query
from tastemaker.recipes.measuring import metrics
from tastemaker.recipes.measuring.breakdown import breakdown
from tastemaker.recipes.measuring.evaluation import Asked, Case

NDCG = "normalized_discounted_cumulative_gain_at_10"
# Items 0 and 1 are the head, 2 and 3 the middle, the rest the tail; 9 was never chosen.
COUNTS = [20, 20, 20, 20, 10, 10, 10, 5, 5, 0]


def array(*items):
    return np.array(items, np.int32)


@pytest.fixture
def known():
    items = np.repeat(np.arange(len(COUNTS)), COUNTS)
    return Interactions.sort(np.arange(len(items)), items, items, n_users=len(items), n_items=len(COUNTS))


def asked(known, *questions, **options):
    """Questions of (history, what was chosen, what was answered)."""
    cases = [
        Case(Query.of(past, range(len(past)), item=(past or [0])[-1]), array(*later)) for past, later, _ in questions
    ]
    return Asked(cases, [array(*answer) for *_, answer in questions], known, **options)


def by_segment(found):
    return {each["segment"]: each for each in found["segments"]}


def value(segment, metric=NDCG, *, less=None):
    [found] = [each for each in segment["metrics"] if each["metric"] == metric]
    if less is None:
        return found["value"]
    [difference] = [each for each in found["lessBaselines"] if each["baseline"] == less]
    return difference["value"]


def test_what_is_right_in_every_segment_is_worth_one_and_only_segments_with_users_are_told(known):
    segments = by_segment(breakdown(asked(known, ([0, 4], [4], [4]), ([1], [2], [2])), 0))

    assert {name: each["users"] for name, each in segments.items()} == {
        "all": 2, "new-users": 2, "middle-items": 1, "tail-items": 1, "repeats": 1, "discoveries": 1,
    }  # fmt: skip
    assert {value(each) for each in segments.values()} == {1.0}


def test_users_are_new_casual_or_heavy_by_what_is_known_of_them(known):
    lengths = [1, 5, *range(6, 16)]
    found = by_segment(breakdown(asked(known, *(([0] * length, [9], [9]) for length in lengths)), 0))

    assert [found[f"{name}-users"]["users"] for name in ("new", "casual", "heavy")] == [2, 8, 2]
    assert found["heavy-users"]["description"] == "users with more than 13 known events"


def test_a_segment_of_items_asks_for_those_alone(known):
    found = by_segment(breakdown(asked(known, ([5], [0, 8, 9], [0])), 0))

    assert (value(found["head-items"]), value(found["tail-items"])) == (1.0, 0.0)
    assert found["head-items"]["description"] == "the 2 items of the most popular third of the events"


def test_popularity_and_own_history_are_asked_the_same(known):
    found = by_segment(breakdown(asked(known, ([7, 6, 6, 8], [6], [6]), ([3], [0], [0])), 0))

    assert value(found["repeats"], less="own-history") == 0.0
    assert value(found["discoveries"], less="popularity") == 0.0
    assert value(found["discoveries"], less="own-history") == 1.0


def test_own_history_begins_with_the_most_frequent_then_the_latest(known):
    found = by_segment(breakdown(asked(known, ([7, 6, 6, 8], [8], [8])), 0))

    # 6 comes first, 8 second.
    assert value(found["all"], less="own-history") == pytest.approx(1 - 1 / np.log2(3), abs=1e-4)


def test_what_an_answer_may_not_hold_is_not_in_a_simple_list_either(known):
    questions = asked(known, ([0], [1], [1]))
    [case] = questions.questions
    questions = Asked([Case(case.query, case.relevant, array(0))], questions.lists, known)

    found = by_segment(breakdown(questions, 0))
    assert value(found["all"], less="popularity") == 0.0
    assert [each["baseline"] for each in found["all"]["metrics"][0]["lessBaselines"]] == ["popularity"]


def test_a_related_list_is_compared_with_what_is_popular_beside_its_item(known):
    found = by_segment(breakdown(asked(known, ([0], [1], [1]), related=True), 0))

    assert value(found["all"], less="popularity") == 0.0
    assert {each["baseline"] for each in found["all"]["metrics"][0]["lessBaselines"]} == {"popularity"}


@pytest.mark.parametrize(
    ("right", "sentence"),
    [
        (40, "Better than showing what is popular, certain, better than repeating the user's own history, certain"),
        (0, "Worse than showing what is popular, certain, the same as repeating the user's own history"),
        (20, "Worse than showing what is popular, not certain, better than repeating the user's own history, certain"),
    ],
)
def test_a_sentence_says_what_is_certain(known, right, sentence):
    # The popular list is right for each second user at its first place, the model for `right` users.
    questions = [([9], [0 if user % 2 else 8], [0 if user % 2 else 8] if user < right else []) for user in range(40)]

    assert breakdown(asked(known, *questions), 0)["summary"].startswith(sentence)


def test_an_interval_holds_its_value_and_differences_are_paired(known):
    rng = np.random.default_rng(1)
    questions = [([9], [int(rng.integers(9))], [0, 1, 2]) for _ in range(300)]
    [all_] = [each for each in breakdown(asked(known, *questions), 0)["segments"] if each["segment"] == "all"]
    [metric] = [each for each in all_["metrics"] if each["metric"] == NDCG]
    [difference, _] = metric["lessBaselines"]

    assert metric["low"] < metric["value"] < metric["high"]
    assert difference["low"] <= difference["value"] <= difference["high"] < 0


def test_all_held_out_users_have_the_intervals_of_the_metrics_themselves(known):
    rng = np.random.default_rng(1)
    questions = [([9], [int(rng.integers(9))], [0, 1, 2]) for _ in range(300)]
    scores = [metrics.score_list(array(*answer), array(*later))[NDCG] for _, later, answer in questions]
    [(low, high)] = metrics.intervals(np.array(scores)[:, None], 0)

    [all_] = [each for each in breakdown(asked(known, *questions), 0)["segments"] if each["segment"] == "all"]
    [metric] = [each for each in all_["metrics"] if each["metric"] == NDCG]
    assert (metric["low"], metric["high"]) == (round(low, 4), round(high, 4))


def test_nobody_asked_is_said(known):
    assert "Nobody could be asked" in breakdown(Asked([], [], known), 0)["summary"]
