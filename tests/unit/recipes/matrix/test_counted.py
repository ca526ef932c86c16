"""What is learned of pairs that were added up elsewhere is what is learned of the events themselves."""

import numpy as np
import pytest

from tastemaker.recipes.data import Interactions
from tastemaker.recipes.histories.baskets import first_times
from tastemaker.recipes.matrix import learner
from tastemaker.recipes.matrix.grams import Counter, Histories
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.learner import Learner, Pull
from tests.unit.recipes.matrix.pairs import counted

USERS, ITEMS, HEAD = 40, 30, 12
KERNELS = [Kernel(window=4), Kernel(window=4, past=2, future=5, mixture=0.2, far=20)]


@pytest.fixture(scope="module")
def events():
    draw = np.random.default_rng(7)
    items = (ITEMS * draw.random(900) ** 2).astype(int)
    users, times = draw.integers(0, USERS, 900), draw.integers(0, 60, 900)
    return first_times(Interactions.sort(users, items, times, n_users=USERS, n_items=ITEMS))


@pytest.mark.parametrize("pulled", [False, True])
@pytest.mark.parametrize("kernel", KERNELS)
def test_a_small_catalogue_is_learned_as_from_its_events(events, kernel, pulled):
    every, nobody = np.unique(events.items), events.where(np.zeros(len(events), bool))
    expected = np.random.default_rng(3).random((len(every), len(every))).astype(np.float32)
    pull = Pull(expected, 0.7) if pulled else None
    alone = Learner.of(events, nobody, kernel, keeps_whole=True).learn(0.5, pull)

    matrix = learner.learn_counted(counted(events, kernel, len(every)), 0.5, ITEMS, pull)

    np.testing.assert_allclose(matrix.among(every), alone.among(every), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("rows_follow", [True, False])
@pytest.mark.parametrize("columns", [(0, HEAD), (0, 30)])
def test_rows_of_the_tail_are_those_of_the_events(events, columns, rows_follow):
    kernel = KERNELS[1]
    problem = counted(events, kernel, HEAD)
    columns = (columns[0], min(columns[1], len(problem.order)))
    rows, partners = np.full(ITEMS, -1, np.int32), np.full(ITEMS, -1, np.int32)
    rows[problem.order[HEAD:]] = range(len(problem.order) - HEAD)
    partners[problem.order[slice(*columns)]] = range(columns[1])
    table = kernel.weights(rows_follow=rows_follow)
    whole = Counter(Histories.of(events, kernel), rows, partners, [table])

    told = problem.counter(columns, rows_follow=rows_follow)

    for block in told.blocks(5):
        expected = whole.dense(block)
        np.testing.assert_allclose(told.dense(block), expected, rtol=1e-4, atol=1e-5)
        sparse = told.sparse(block)
        cells = np.zeros_like(expected)
        cells[sparse.owners(), sparse.columns] = sparse.values
        np.testing.assert_allclose(cells, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", ["long", "wide"])
def test_a_catalogue_with_a_tail_is_learned_as_from_its_events(events, size, monkeypatch):
    kernel, items = KERNELS[0], len(np.unique(events.items))
    monkeypatch.setattr(learner, "WHOLE", HEAD)
    monkeypatch.setattr(learner, "HEADS", ((0, HEAD),))
    monkeypatch.setattr(learner, "FULL", items if size == "long" else HEAD)
    nobody = events.where(np.zeros(len(events), bool))
    alone = Learner.of(events, nobody, kernel).learn(0.5)

    matrix = learner.learn_counted(counted(events, kernel, HEAD), 0.5, ITEMS)

    for item in range(ITEMS):
        for one, other in zip(matrix.row(item), alone.row(item), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
