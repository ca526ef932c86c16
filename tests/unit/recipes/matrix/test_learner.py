"""The approximate solvers against the exact one, where both can run, on users who move in planted circles of items."""

import hashlib

import numpy as np
import pytest

from tastemaker.recipes import workers
from tastemaker.recipes.data import Interactions
from tastemaker.recipes.matrix import grams, seqridge
from tastemaker.recipes.matrix import learner as matrices
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.learner import Learner
from tastemaker.recipes.matrix.neighbours import Neighbours
from tastemaker.recipes.matrix.whole import Whole

N_ITEMS, CIRCLES = 240, 12
LAM = 10.0


def circles(seed=0, n_users=700, length=20):
    """Return histories inside one circle of items each, now and then left, whose first items are popular."""
    rng = np.random.default_rng(seed)
    size = N_ITEMS // CIRCLES
    circle = rng.integers(CIRCLES, size=(n_users, 1))
    place = np.minimum(rng.geometric(0.12, (n_users, length)) - 1, size - 1)
    items = np.where(rng.random((n_users, length)) < 0.15, rng.integers(N_ITEMS, size=place.shape), circle + 12 * place)
    users, times = np.repeat(np.arange(n_users), length), np.tile(np.arange(length), n_users)
    return Interactions.sort(users, items.ravel(), times, n_users=n_users, n_items=N_ITEMS)


def nobody(events):
    return events.where(np.zeros(len(events), bool))


@pytest.fixture
def learn(monkeypatch):
    """Return a function that learns B with other borders between exact, long and wide."""

    def run(whole, full, head=120):
        monkeypatch.setattr(matrices, "WHOLE", whole)
        monkeypatch.setattr(matrices, "FULL", full)
        monkeypatch.setattr(matrices, "HEADS", ((0, head),))
        learner = Learner.of(circles(), nobody(circles()), Kernel())
        return learner.learn(LAM / seqridge.strength(learner.covariance))

    return run


def dense(neighbours):
    """Return all rows in one matrix."""
    matrix = np.zeros((N_ITEMS, N_ITEMS), np.float32)
    matrix[np.repeat(np.arange(N_ITEMS), np.diff(neighbours.starts)), neighbours.columns] = neighbours.values
    return matrix


def test_nothing_is_cut_of_a_small_catalogue_where_all_is_kept():
    cut, whole = (Learner.of(circles(), nobody(circles()), Kernel(), keeps_whole=each).learn(1.0) for each in (0, 1))

    assert isinstance(whole, Whole)
    kept = np.array([whole.row(item)[1] for item in range(N_ITEMS)])
    np.testing.assert_allclose(kept, dense(cut), rtol=1e-2, atol=1e-3)


def test_rows_of_a_large_catalogue_are_cut_whatever_is_asked_for(monkeypatch):
    monkeypatch.setattr(matrices, "WHOLE", 100)
    monkeypatch.setattr(matrices, "HEADS", ((0, 120),))

    assert isinstance(Learner.of(circles(), nobody(circles()), Kernel(), keeps_whole=True).learn(1.0), Neighbours)


def best(matrix, k=10):
    return [set(row) for row in np.argsort(-matrix, axis=1)[:, :k].tolist()]


@pytest.mark.parametrize("full", [1_000, 100], ids=["long", "wide"])
def test_a_catalogue_too_large_to_solve_whole_has_nearly_the_same_neighbours(learn, full):
    exact = dense(learn(1_000, 1_000))

    approximate = dense(learn(100, full))

    common = [len(one & other) / 10 for one, other in zip(best(exact), best(approximate), strict=True)]
    assert np.mean(common) > 0.88
    assert np.corrcoef(exact.ravel(), approximate.ravel())[0, 1] > 0.95


@pytest.mark.parametrize(("whole", "full"), [(1_000, 1_000), (100, 1_000), (100, 100)], ids=["exact", "long", "wide"])
def test_neighbours_come_from_the_same_circle(learn, whole, full):
    found = dense(learn(whole, full))

    right = [np.mean([other % CIRCLES == item % CIRCLES for other in row]) for item, row in enumerate(best(found, 5))]

    assert np.mean(right) > 0.9


@pytest.mark.parametrize(("whole", "full"), [(100, 1_000), (100, 100)], ids=["long", "wide"])
def test_the_head_of_a_larger_catalogue_is_solved_as_if_it_were_alone(learn, whole, full):
    found = learn(whole, full)
    learner = Learner.of(circles(), nobody(circles()), Kernel())
    head = learner.head
    alone = seqridge.solved(learner.covariance, learner.targets, LAM).T

    np.testing.assert_allclose(dense(found)[np.ix_(head, head)], alone, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("whole", "full"), [(1_000, 1_000), (100, 1_000), (100, 100)], ids=["exact", "long", "wide"])
def test_no_item_speaks_for_itself(learn, whole, full):
    assert not dense(learn(whole, full)).diagonal().any()


@pytest.mark.parametrize(("whole", "full"), [(1_000, 1_000), (100, 1_000), (100, 100)], ids=["exact", "long", "wide"])
def test_any_number_of_threads_learns_the_same_bytes(learn, monkeypatch, whole, full):
    monkeypatch.setattr(grams, "CHUNK", 1 << 10)

    def digest(threads):
        monkeypatch.setattr(workers, "threads", lambda: threads)
        found = learn(whole, full)
        return [hashlib.sha256(part.tobytes()).hexdigest() for part in (found.starts, found.columns, found.values)]

    assert digest(1) == digest(2) == digest(7)


def test_users_who_were_held_out_are_learned_from_at_last():
    events = circles()
    hidden = events.users % 10 == 0
    learner = Learner.of(events.where(~hidden), events.where(hidden), Kernel())
    everyone = Learner.of(events, nobody(events), Kernel())

    found = learner.learn_all(1.0, lambda: events, learner.learn(1.0))

    np.testing.assert_allclose(dense(found), dense(everyone.learn(1.0)), rtol=1e-2, atol=1e-4)


def test_items_that_nobody_took_have_no_neighbours():
    events = circles()
    events = events.where(events.items != 7)

    found = Learner.of(events, nobody(events), Kernel()).learn(1.0)

    assert found.starts[7] == found.starts[8]
    assert 7 not in found.columns
