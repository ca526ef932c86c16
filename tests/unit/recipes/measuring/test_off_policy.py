"""Off-policy estimators: figures by hand, and what they say where the truth is known."""

import numpy as np
import pytest

from tastemaker.recipes.measuring.off_policy import (
    ESTIMATORS,
    Impressions,
    Log,
    as_it_was,
    doubly_robust,
    exploring_with,
    gain,
    ips,
    snips,
)


def shown(rewards, weights, predicted=0.0, expected=0.0, answers=None):
    rows = len(rewards)
    fill = (np.broadcast_to(np.asarray(value, float), rows).copy() for value in (predicted, expected))
    owners = np.arange(rows) if answers is None else np.array(answers)
    return Impressions(np.array(rewards, float), np.array(weights, float), *fill, owners)


def test_figures_by_hand():
    rows = shown([1, 0, 1, 0], [2, 1, 0.5, 0], predicted=0.5, expected=0.4)

    assert ips(rows).value == pytest.approx(2.5 / 4)
    assert snips(rows).value == pytest.approx(2.5 / 3.5)
    assert doubly_robust(rows).value == pytest.approx(0.4 + (1 - 0.5 + 0.25) / 4)


def test_without_a_guess_the_doubly_robust_estimate_is_the_weighted_one():
    rows = shown([1, 0, 1, 0], [2, 1, 0.5, 0])

    assert doubly_robust(rows) == ips(rows)


def test_an_interval_is_that_of_the_mean_where_nothing_is_weighed():
    rewards = np.random.default_rng(0).random(400)

    found = ips(shown(rewards, np.ones(400)))

    margin = 1.959964 * rewards.std(ddof=1) / 20
    assert (found.low, found.high) == pytest.approx((rewards.mean() - margin, rewards.mean() + margin))


def test_rows_of_one_answer_count_as_one_observation():
    rewards = np.repeat(np.random.default_rng(0).random(100), 4)

    alone, together = (ips(shown(rewards, np.ones(400), answers=owners)) for owners in (None, np.arange(400) // 4))

    assert together.high - together.low == pytest.approx(2 * (alone.high - alone.low), rel=0.01)


def a_log(seed, *, chance=0.3, answers=4_000, places=5):
    """What a campaign shows of which young items are liked twice as much as others, the first places most."""
    rng = np.random.default_rng(seed)
    explored = rng.random((answers, places)) < chance
    explored[:, -1] = False
    liked = np.where(explored, 0.2, 0.1) / np.sqrt(1 + np.arange(places))
    chances = np.full((answers, places), chance)
    chances[:, -1] = 0.0
    rewards = rng.random((answers, places)) < liked
    rows = np.indices((answers, places))
    return Log(
        rewards.ravel().astype(float), chances.ravel(), explored.ravel(), rows[1].ravel(), rows[0].ravel().astype(int)
    )


def truth(chance, places=5):
    weights = np.full(places, chance)
    weights[-1] = 0.0
    return float(((0.1 + 0.1 * weights) / np.sqrt(1 + np.arange(places))).mean())


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("chance", [0.0, 0.1, 0.5])
def test_intervals_hold_the_truth_as_often_as_they_promise(name, chance):
    held = 0
    for seed in range(60):
        found = ESTIMATORS[name](exploring_with(a_log(seed), chance))
        held += found.low <= truth(chance) <= found.high

    # 95 % of 60 is 57; fewer than 51 would happen once in 250 times.
    assert held >= 51


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_policy_judged_by_its_own_log_earns_what_it_earned(name):
    log = a_log(0)

    found = ESTIMATORS[name](exploring_with(log, 0.3))

    assert found.value == pytest.approx(log.rewards.mean(), rel=0.01)


def test_a_guess_makes_the_interval_narrower_where_places_differ():
    seen = exploring_with(a_log(1), 0.5)

    assert doubly_robust(seen).high - doubly_robust(seen).low <= ips(seen).high - ips(seen).low


@pytest.mark.parametrize("chance", [0.0, 0.5])
def test_a_gain_holds_the_truth_and_is_surer_than_two_intervals(chance):
    held = 0
    for seed in range(60):
        log = a_log(seed)
        view, base = exploring_with(log, chance), as_it_was(log)
        found, judged, earned = gain(view, base), doubly_robust(view), doubly_robust(base)
        held += found.low <= truth(chance) - truth(0.3) <= found.high
        assert found.value == pytest.approx(judged.value - earned.value)
        assert found.high - found.low < (judged.high - judged.low) + (earned.high - earned.low)

    assert held >= 51


def test_the_weight_that_was_gains_nothing():
    log = a_log(2)

    found = gain(exploring_with(log, 0.3), as_it_was(log))

    assert (found.value, found.low, found.high) == pytest.approx((0, 0, 0), abs=1e-12)
