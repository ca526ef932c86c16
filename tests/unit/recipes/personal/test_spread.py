"""What is learned from counts of all users, as a model of some has chosen, is what is learned from their events."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tastemaker.recipes.attributes import segments
from tastemaker.recipes.data import Interactions, TrainingData
from tastemaker.recipes.histories import popularity_over_time
from tastemaker.recipes.histories.occurrences import Occurrences
from tastemaker.recipes.matrix import transitions
from tastemaker.recipes.personal import candidates, spread, training
from tastemaker.recipes.personal.engine import Personal
from tastemaker.recipes.personal.searches import paired
from tests.unit.recipes.matrix.pairs import counted
from tests.unit.recipes.worlds import cafe, described_films, films, groceries

WORLDS = {
    "films": partial(films, n_users=90),
    "described": partial(described_films, n_users=90),
    "groceries": partial(groceries, n_users=90),
    "contexts": partial(cafe, users=90),
}


def quiet(*_):
    """Tell nobody how far it is."""


def events_alone(data):
    """Return the same with no events, as what describes the items is read where others have counted."""
    none = data.interactions.where(np.zeros(len(data.interactions), bool))
    return replace(data, interactions=none, user_columns={})


def counts(data, like, sampled):
    """Return what Spark would count of all events, weighed as a model has chosen."""
    events, pairs = data.interactions, paired(data.interactions)
    problem = counted(pairs, spread.kernel(like), len(np.unique(events.items)))
    ordered = events.items[np.argsort(events.timestamps, kind="stable")]
    return spread.Counted(problem, Occurrences.of(events), transitions.learn(pairs), ordered, sampled)


def same(arrays, expected):
    assert arrays.keys() == expected.keys()
    for name, array in arrays.items():
        if array.dtype.kind in "US":
            np.testing.assert_array_equal(array, expected[name], err_msg=name)
        else:
            # Of a matrix that is stored in whole numbers, sums in another order may round to the next one.
            apart = 1 if array.dtype.kind == "i" and array.ndim == 2 else 1e-4
            np.testing.assert_allclose(array, expected[name], rtol=2e-3, atol=apart, err_msg=name)


@pytest.mark.parametrize("pull", [None, candidates.PULL])
@pytest.mark.parametrize("world", WORLDS)
def test_counts_teach_what_events_do(world, pull):
    data = WORLDS[world]()
    chosen = training.fit(data, seed=0, progress=quiet)
    chosen = Personal(chosen.sources, chosen.weights, replace(chosen.choice, pull=pull or chosen.choice.pull))
    everybody = np.arange(len(data.user_ids), dtype=np.int32)

    learned = spread.learn(chosen, counts(data, chosen, everybody), events_alone(data), progress=quiet)

    same(learned.to_arrays(), training.fit(replace(data, like=chosen), seed=0, progress=quiet).to_arrays())


def test_a_model_of_some_users_is_that_of_all_but_for_what_was_chosen():
    data = described_films(n_users=150)
    some = np.arange(0, 150, 2, dtype=np.int32)
    sampled = np.isin(data.interactions.users, some)
    part = TrainingData.from_ids(
        data.user_ids[data.interactions.users[sampled]],
        data.item_ids[data.interactions.items[sampled]],
        data.interactions.timestamps[sampled],
    )
    assert part.item_ids.tolist() == data.item_ids.tolist()
    part = replace(part, item_columns=data.item_columns, user_columns={"AGE": data.user_columns["AGE"][some]})
    chosen = training.fit(part, seed=0, progress=quiet)

    learned = spread.learn(chosen, counts(data, chosen, some), events_alone(data), progress=quiet).to_arrays()

    expected = training.fit(replace(data, like=chosen), seed=0, progress=quiet).to_arrays()
    of_users = {name for name in expected if name.startswith("segments_")}
    same(*({name: array for name, array in model.items() if name not in of_users} for model in (learned, expected)))
    lengths, before = np.diff(learned["segments_starts"]), chosen.to_arrays()
    assert lengths[some].tolist() == np.diff(before["segments_starts"]).tolist()
    assert lengths.sum() == len(learned["segments_values"]) == len(some)


def test_values_of_users_stay_theirs_among_more():
    part = replace(described_films(n_users=60), user_columns={"AGE": np.array(["old", "", "young"] * 20)})
    known = segments.learn(part)
    places = np.sort(np.random.default_rng(1).choice(200, 60, replace=False)).astype(np.int32)

    among = known.among(places, 200)

    assert len(among.starts) == 201
    for user in range(200):
        mine = known.of(int(np.searchsorted(places, user)), 0) if user in places else (np.empty(0), np.empty(0))
        for one, other in zip(among.of(user, 0), mine, strict=True):
            np.testing.assert_array_equal(one, other)


def test_events_are_counted_by_item():
    events = Interactions.sort([0, 0, 1, 1, 1], [2, 2, 0, 2, 0], [40, 10, 40, 5, 20], n_users=4, n_items=4)

    seen = Occurrences.of(events)

    assert (seen.events.tolist(), seen.users.tolist()) == ([2, 0, 3, 0], [1, 0, 2, 0])
    # What has no events was there since the newest one.
    assert seen.first.tolist() == [20, 40, 5, 40]
    assert (seen.moments.tolist(), seen.until.tolist()) == ([5, 10, 20, 40], [1, 2, 3, 5])
    assert (seen.newest, seen.total, seen.n_users) == (40, 5, 4)
    assert seen.since(np.array([0.0, 20.0, 20.5, 40.0, 41.0])).tolist() == [1.0, 0.6, 0.4, 0.4, 0.0]
    assert seen.at(np.arange(5)).tolist() == [5, 10, 20, 40, 40]


def test_nothing_is_counted_of_no_events():
    seen = Occurrences.of(Interactions.sort([], [], [], n_users=2, n_items=3))

    assert (seen.newest, seen.total, seen.first.tolist(), seen.since(np.array([1.0])).tolist()) == (
        0,
        0,
        [0, 0, 0],
        [1.0],
    )


@pytest.mark.parametrize("world", [films, groceries], ids=lambda world: world.__name__)
def test_popularity_is_learned_of_events_in_the_order_of_time(world):
    events = world(n_users=80).interactions
    order, seen = np.argsort(events.timestamps, kind="stable"), Occurrences.of(events)

    ordered = popularity_over_time.of_ordered(events.items[order], seen.at, seen.events, seen.users, seen.n_users)

    expected = popularity_over_time.learn(events)
    for name in ("moments", "share", "trend", "order", "listed"):
        np.testing.assert_array_equal(getattr(ordered, name), getattr(expected, name), err_msg=name)
