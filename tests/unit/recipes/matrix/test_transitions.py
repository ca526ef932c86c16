from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from tastemaker.recipes.data import Interactions, Query
from tastemaker.recipes.histories.baskets import first_times
from tastemaker.recipes.histories.repeats import Own
from tastemaker.recipes.matrix import transitions

N_ITEMS = 12


def some_events(seed=0, n=200):
    rng = np.random.default_rng(seed)
    users, items, times = rng.integers(0, 15, n), rng.integers(0, N_ITEMS, n), rng.integers(0, 9, n)
    return first_times(Interactions.sort(users, items, times, n_users=15, n_items=N_ITEMS))


def what_follows(events):
    """Count pairs of a basket and the next one of the same user."""
    pairs = Counter()
    for user in range(events.n_users):
        mine = events.where(events.users == user)
        times = np.unique(mine.timestamps)
        for now, later in pairwise(times):
            before, after = (mine.items[mine.timestamps == time].tolist() for time in (now, later))
            pairs.update((i, j) for i in before for j in after)
    return pairs


def log_lifts(learned, items=(), times=(), asked=range(N_ITEMS)):
    return learned.log_lifts(Own.of(Query.of(items, times)), np.array(asked, np.int32))


def row(learned, item):
    return slice(*learned.starts[item : item + 2].tolist())


def test_lifts_are_the_smoothed_shares_of_the_next_basket_over_those_of_all_events():
    events = some_events()
    pairs = what_follows(events)
    learned = transitions.learn(events)

    lifts = np.exp(log_lifts(learned, [0, 3, 7], [1, 2, 2]))

    usual = (np.bincount(events.items) + 0.5) / (len(events) + 0.5 * N_ITEMS)
    for j in range(N_ITEMS):
        totals = {i: sum(pairs[i, k] for k in range(N_ITEMS)) + transitions.PRIOR for i in (3, 7)}
        shares = [(pairs[i, j] + transitions.PRIOR * usual[j]) / totals[i] for i in (3, 7)]
        assert lifts[j] == pytest.approx(np.mean(shares) / usual[j], rel=1e-4)


def test_whatever_number_of_items_is_counted_at_once_the_same_is_learned(monkeypatch):
    whole = transitions.learn(some_events())
    monkeypatch.setattr(transitions, "BLOCK", 5)

    parts = transitions.learn(some_events())

    for name in whole.__slots__:
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_of_each_item_the_successors_that_followed_most_often_are_kept(monkeypatch):
    events = some_events()
    pairs, whole = what_follows(events), transitions.learn(events)
    monkeypatch.setattr(transitions, "SUCCESSORS", 3)

    cut = transitions.learn(events)

    for item in range(N_ITEMS):
        mine, all_ = ((of.columns[row(of, item)], of.values[row(of, item)]) for of in (cut, whole))
        most = sorted((pairs[item, j] for j in range(N_ITEMS)), reverse=True)[:3]
        assert [pairs[item, j] for j in mine[0].tolist()] == most
        assert [part.tolist() for part in mine] == [part[:3].tolist() for part in all_]
    assert cut.rest.tolist() == whole.rest.tolist()


def test_a_basket_of_very_much_says_nothing_of_what_follows(monkeypatch):
    monkeypatch.setattr(transitions, "LARGEST_BASKET", 2)
    events = Interactions.sort([0] * 5, [0, 1, 2, 3, 4], [1, 2, 2, 2, 3], n_users=1, n_items=5)

    assert not len(transitions.learn(events).values)


def test_without_a_history_or_anything_learned_nothing_is_likelier_than_another():
    events = some_events()
    nobody = events.where(np.zeros(len(events), bool))

    assert not log_lifts(transitions.learn(events)).any()
    assert not log_lifts(transitions.learn(nobody), [0, 1], [1, 2]).any()
    assert log_lifts(transitions.learn(events), [0], [1], asked=()).shape == (0,)


def test_nothing_is_known_to_follow_items_that_came_later():
    learned = transitions.learn(some_events())
    grown = learned.grown(2)
    more = range(N_ITEMS + 2)

    assert log_lifts(grown, [3], [1], more)[:N_ITEMS].tolist() == log_lifts(learned, [3], [1]).tolist()
    assert not log_lifts(grown, [N_ITEMS + 1], [1], more).any()
