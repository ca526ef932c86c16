import math

import numpy as np
import pytest

from tastemaker.recipes.measuring.metrics import NDCG, PRECISION, intervals, paired_difference, score_list


def array(*items):
    return np.array(items, np.int32)


def test_the_guides_worked_example():
    scores = score_list(array(1, 2, 3, 4, 5), array(2, 5))

    assert scores["mean_reciprocal_rank_at_25"] == 0.5
    assert scores[f"{NDCG}5"] == pytest.approx(0.6240505, abs=1e-7)
    assert scores[f"{PRECISION}5"] == 0.4


def test_the_keys_are_amazons():
    assert sorted(score_list(array(1), array(1))) == [
        "mean_reciprocal_rank_at_25",
        "normalized_discounted_cumulative_gain_at_10",
        "normalized_discounted_cumulative_gain_at_25",
        "normalized_discounted_cumulative_gain_at_5",
        "precision_at_10",
        "precision_at_25",
        "precision_at_5",
    ]


def test_the_ideal_list_has_at_most_as_many_hits_as_it_has_places():
    scores = score_list(np.arange(25, dtype=np.int32), np.arange(100, dtype=np.int32))

    assert all(value == pytest.approx(1) for value in scores.values())


def test_a_list_without_hits_scores_nothing():
    assert set(score_list(array(1, 2), array(3)).values()) == {0.0}


def test_the_interval_holds_the_mean_and_shrinks_with_more_users():
    values = np.random.default_rng(0).random(4_000)

    ((low, high),) = intervals(values[:, None], 0)
    ((few_low, few_high),) = intervals(values[:100, None], 0)

    assert low < values.mean() < high
    assert (few_high - few_low) > 3 * (high - low)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / math.sqrt(4_000), rel=0.15)


def test_a_paired_difference_sees_what_intervals_that_overlap_do_not():
    spread = np.random.default_rng(1).random(200).astype(np.float32)

    mean, low, high = paired_difference(spread + 0.01, spread)

    assert mean == pytest.approx(0.01, abs=1e-6)
    assert 0 < low <= mean <= high
