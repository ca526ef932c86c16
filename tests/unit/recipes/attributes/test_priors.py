from dataclasses import replace

import numpy as np
import pytest

from tastemaker.recipes.attributes import descriptions, priors
from tastemaker.recipes.histories.popularity import distinct_users
from tastemaker.recipes.matrix import seqridge
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.learner import Learner, Pull
from tastemaker.recipes.personal import candidates, engine, training
from tastemaker.recipes.personal.searches import Search
from tests.unit.recipes.worlds import genres

SETTINGS = {"seed": 0, "progress": lambda *_: None}


@pytest.fixture(scope="module")
def rare():
    """Return users of a few events each, which say less than the genres do."""
    return genres(length=4)


@pytest.fixture
def learner(rare):
    events = rare.interactions
    return Learner.of(events, events.where(np.zeros(len(events), bool)), Kernel(), keeps_whole=True)


def test_what_is_expected_stays_within_a_genre_and_goes_by_popularity(rare, learner):
    rows = descriptions.describe(rare)
    genre = np.array([int(item[1:]) % 12 for item in rare.item_ids])[learner.order]

    users, order = distinct_users(rare.interactions), learner.order
    expected = priors.learn(rows, users, rare.interactions.n_users, order, learner.learn(10.0).among(order))

    same = genre[:, None] == genre
    np.fill_diagonal(same, 0)
    assert expected[same].mean() > 3 * np.abs(expected[~same]).mean()
    assert not np.diag(expected).any()
    counts = np.bincount(rare.interactions.items)[learner.order]
    assert np.corrcoef(expected.sum(axis=1), counts)[0, 1] > 0.5


def test_a_pulled_matrix_is_the_ridge_towards_what_is_expected(learner):
    size = len(learner.order)
    expected = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    lam, ridge = 2.0, 2.0 / seqridge.strength(learner.covariance)

    found = learner.learn(ridge, Pull(expected, 3.0)).among(learner.order)

    exact = np.linalg.solve(learner.covariance + 4 * lam * np.eye(size), learner.targets.T + 3 * lam * expected.T)
    np.fill_diagonal(exact, 0.0)
    assert found == pytest.approx(exact, abs=2e-3 * np.abs(exact).max())


def test_descriptions_pull_where_that_finds_better(rare):
    model = training.fit(rare, **SETTINGS)
    again = engine.Personal.from_arrays(model.to_arrays(), model.settings)

    assert model.choice.pull == candidates.PULL
    assert again.choice == model.choice


def test_descriptions_that_say_nothing_do_not_pull(rare):
    shuffled = np.random.default_rng(0).permutation(rare.item_columns["GENRE"])

    model = training.fit(replace(rare, item_columns={"GENRE": shuffled}), **SETTINGS)

    assert model.choice.pull == 0


def test_a_model_of_most_of_the_same_data_is_pulled_alike(rare, monkeypatch):
    model = training.fit(rare, **SETTINGS)
    monkeypatch.setattr(Search, "begin", None)

    again = training.fit(replace(rare, like=model), **SETTINGS)

    assert again.choice == model.choice
    own, other = (each.sources.discovery.neighbours.row(3)[1] for each in (model, again))
    assert np.corrcoef(own, other)[0, 1] > 0.95
