"""What counts as a contact and its success, how histories fade, and how good the propensities are."""

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.actions import evaluation as action_evaluation
from tastemaker.recipes.actions.contacts import DAY, NOT_TAKEN, TAKEN, VIEWED, contacts_of, ripe, well_known
from tastemaker.recipes.actions.fading import Fading, GroupEvents, last_before
from tastemaker.recipes.actions.weights import sigmoid
from tastemaker.recipes.data import Interactions, Query
from tastemaker.recipes.measuring import evaluation
from tests.unit.recipes.actions.worlds import offers

RECIPE = registry.get("aws-next-best-action")
START = 1_000 * DAY
PERIOD = 14 * DAY


def events_of(*rows):
    """Make interactions of (user, action, day, type)."""
    users, actions, days, codes = zip(*rows, strict=True)
    times = [START + int(day * DAY) for day in days]
    return Interactions.sort(users, actions, times, codes, n_users=max(users) + 1, n_items=max(actions) + 1)


def told(*rows):
    """Return (user, action, day, taken, late) of each contact, with a last event long after all others."""
    found = contacts_of(events_of(*rows, (9, 0, 300, VIEWED)), PERIOD)
    days = (found.times - START) / DAY
    columns = found.users, found.actions, days, found.taken, np.round(found.late, 3)
    return [row for row in zip(*(column.tolist() for column in columns), strict=True) if row[0] != 9]


def test_a_contact_succeeds_if_the_action_is_taken_within_the_period():
    assert told((0, 0, 0, VIEWED), (0, 0, 13, TAKEN)) == [(0, 0, 0.0, True, 0.0)]
    assert told((0, 0, 0, VIEWED), (0, 0, 15, TAKEN)) == [(0, 0, 0.0, False, 0.0), (0, 0, 15.0, True, 0.0)]
    assert told((0, 0, 0, VIEWED), (0, 1, 1, TAKEN), (1, 0, 1, TAKEN)) == [
        (0, 0, 0.0, False, 0.0),
        (0, 1, 1.0, True, 0.0),
        (1, 0, 1.0, True, 0.0),
    ]


def test_what_is_shown_many_times_a_day_is_one_contact():
    seen = [(0, 0, 0.1, VIEWED), (0, 0, 0.2, VIEWED), (0, 0, 0.3, NOT_TAKEN), (0, 0, 1.2, VIEWED)]

    assert [row[2] for row in told(*seen)] == pytest.approx([0.1, 1.2])


def test_a_contact_that_was_neither_taken_nor_refused_yet_waits_for_what_comes_late():
    ripe_ones = [event for user in range(8) for event in ((user, 0, 0, VIEWED), (user, 0, 4, TAKEN))]
    now = [(8, 0, 99, VIEWED), (9, 0, 90, VIEWED), (10, 0, 99.1, VIEWED), (10, 0, 99.2, NOT_TAKEN), (11, 1, 100, TAKEN)]

    events = events_of(*ripe_ones, *now)
    found = contacts_of(events, PERIOD)

    late = dict(zip(found.users.tolist(), found.late.tolist(), strict=True))
    # Of ten delays, two made up, one in seventy has passed after a day, and all but 4/70 after ten.
    assert late[8] == pytest.approx(1 - 2 / 14 / 10)
    assert late[9] == pytest.approx(1 - (8 + 2 * 10 / 14) / 10)
    assert late[10] == late[0] == 0
    assert ripe(found, events, PERIOD).tolist() == [user < 8 for user in found.users.tolist()]


def test_an_action_needs_fifty_of_both_in_six_weeks():
    rows = [(user, action, user % 40, VIEWED) for user in range(50) for action in range(3)]
    taken = [(user, action, 41, TAKEN) for user in range(50) for action in range(2)]
    old = [(user, 1, -5, VIEWED) for user in range(50)]

    assert well_known(events_of(*rows, *taken)).tolist() == [True, True, False]
    assert well_known(events_of(*(row for row in rows if row[1] != 1), *taken, *old)).tolist() == [True, False, False]


def test_histories_fade_as_their_definition_says():
    rng = np.random.default_rng(0)
    fading = Fading(rng.normal(size=(5, 3)).astype(np.float32), np.array([2.0, 30.0, 400.0]))
    groups, codes = rng.integers(7, size=60), rng.integers(5, size=60).astype(np.int32)
    times = np.sort(rng.integers(1_000, size=60))
    asked, moments = rng.integers(7, size=20), rng.integers(1_000, size=20)

    before, after, seen = fading.at(GroupEvents(groups, times, codes), asked, moments, 7)

    for group, moment, state in zip(asked, moments, before, strict=True):
        past = (groups == group) & (times < moment)
        parts = np.exp(-(moment - times[past])[:, None] / fading.lives) * fading.table[codes[past]]
        assert state == pytest.approx(parts.sum(axis=0), abs=1e-4)
    for group in range(7):
        mine = groups == group
        whole = fading.total(codes[mine], times[mine], 1_000)
        assert fading.forward(after[group : group + 1], 1_000 - seen[group : group + 1])[0] == pytest.approx(
            whole, abs=1e-4
        )


def test_the_last_event_of_a_group_is_found():
    happened = GroupEvents(np.array([0, 0, 2]), np.array([5, 9, 7]), np.zeros(3, np.int32))

    last = last_before(happened, np.array([0, 0, 0, 1, 2]), np.array([5, 6, 99, 99, 8]))

    assert last.tolist() == pytest.approx([np.nan, 5, 9, np.nan, 7], nan_ok=True)


def test_auc_counts_pairs_in_the_right_order_and_ties_half():
    scores, truth = np.array([0.1, 0.4, 0.4, 0.8]), np.array([False, False, True, True])

    assert action_evaluation.auc(scores, truth) == pytest.approx(3.5 / 4)
    assert action_evaluation.auc(scores, np.ones(4, bool)) == 0.5


@pytest.fixture(scope="module")
def learned():
    """A world, users who were not learned from, and the model of the others."""
    world = offers(n_users=800)
    users = evaluation.held_out(world.data.user_ids, world.data.interactions, seed=0)
    return world, users, RECIPE.fit(action_evaluation.without(world.data, users), {}, seed=0)


def test_takers_are_told_apart_better_than_by_each_actions_share(learned):
    world, users, model = learned

    contacts, chances = action_evaluation.predicted(model, world.data, users, 14)

    shares = (np.bincount(contacts.actions, contacts.taken) / np.bincount(contacts.actions))[contacts.actions]
    best = action_evaluation.auc(world.truth[contacts.users, contacts.actions], contacts.taken)
    found = action_evaluation.auc(chances, contacts.taken)
    assert action_evaluation.auc(shares, contacts.taken) + 0.05 < found < best


def test_propensities_are_as_large_as_the_share_that_is_taken(learned):
    world, users, model = learned

    contacts, chances = action_evaluation.predicted(model, world.data, users, 14)

    order = np.argsort(chances)
    for part in np.array_split(order, 3):
        assert chances[part].mean() == pytest.approx(contacts.taken[part].mean(), abs=0.1)


def test_answers_and_predictions_of_the_same_moment_agree(learned):
    world, users, model = learned
    contacts, chances = action_evaluation.predicted(model, world.data, users, 14)
    events, signals = world.data.interactions, world.data.signals
    codes = model.tastes.codes(world.data.signal_ids)

    for row in range(0, len(contacts), 40):
        user, moment = int(contacts.users[row]), int(contacts.times[row])
        past = (events.users == user) & (events.timestamps < moment)
        seen = (signals.users == user) & (signals.timestamps < moment)
        state = model.fading.total(codes[signals.items[seen]], signals.timestamps[seen], moment)
        query = Query.of(events.items[past], events.timestamps[past], events.weights[past], user=user, now=moment)
        assert model.propensities(query, state)[contacts.actions[row]] == pytest.approx(chances[row], abs=1e-4)


def test_metrics_have_auc_and_recall_and_the_model_that_was_judged():
    judged = evaluation.evaluate(RECIPE, offers().data, {}, seed=0)

    assert {"auc", "coverage", "recall_at_5", "precision_at_5", "normalized_discounted_cumulative_gain_at_25"} <= set(
        judged.metrics
    )
    assert judged.metrics["auc"] > 0.6
    assert judged.intervals.keys() == judged.metrics.keys() - {"auc", "coverage"}
    assert judged.model is not None


def test_probabilities_of_any_odds_are_finite():
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
