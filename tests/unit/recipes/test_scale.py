"""The whole engine as it works on large catalogues, on small ones: the borders are moved, not the data."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.recipes import registry, workers
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import Query
from tastemaker.recipes.histories import popularity_over_time
from tastemaker.recipes.matrix import learner, neighbours
from tastemaker.recipes.measuring import evaluation, forecast
from tastemaker.recipes.measuring.evaluation import paired_difference
from tastemaker.recipes.measuring.metrics import NDCG
from tastemaker.serving import artifacts
from tests.unit.recipes.worlds import events_of, films, groceries

V2 = registry.get("aws-user-personalization-v2")


@pytest.fixture(params=["long", "wide"])
def large(request, monkeypatch):
    """Let every catalogue of more than 20 items be a large one."""
    monkeypatch.setattr(learner, "WHOLE", 20)
    monkeypatch.setattr(learner, "FULL", 10_000 if request.param == "long" else 20)
    monkeypatch.setattr(learner, "HEADS", ((0, 40),))
    monkeypatch.setattr(neighbours, "SMALL", 20)
    monkeypatch.setattr(popularity_over_time, "SNAPSHOT_CELLS", 1_000)


def query_of(data, user):
    items, times = events_of(data, user)
    return Query.of(items, times)


@pytest.mark.usefixtures("large")
def test_answers_are_whole_and_allowed():
    data = groceries(n_users=110, baskets=8)
    model = V2.fit(data)
    allowed = np.arange(len(data.item_ids)) % 3 > 0

    for user in ("u001", "u050", "u101"):
        free, bound = (model.recommend(query_of(data, user), 25, mask) for mask in (None, allowed))
        assert len(set(free.items.tolist())) == len(set(bound.items.tolist())) == 25
        assert allowed[bound.items].all()
        assert model.rank(query_of(data, user), np.sort(free.items)).items.tolist() == free.items.tolist()


@pytest.mark.usefixtures("large")
def test_it_still_beats_popularity_where_order_matters():
    data = films()

    ours = evaluation.evaluate(V2, data, {}, seed=1)
    popular = evaluation.evaluate(registry.get("aws-popularity-count"), data, {}, seed=1)

    _, low, _ = paired_difference(ours.per_user[f"{NDCG}10"], popular.per_user[f"{NDCG}10"])
    assert low > 0


@pytest.mark.usefixtures("large")
def test_any_number_of_threads_gives_the_same_artifact(tmp_path, monkeypatch):
    data, found = groceries(seed=5, n_users=120), []

    for threads in (1, 3):
        monkeypatch.setattr(workers, "threads", lambda threads=threads: threads)
        model = V2.fit(data, seed=1)
        found.append(artifacts.save(tmp_path / str(threads), recipe=V2, model=model, data=data))

    assert found[0] == found[1]
    loaded = artifacts.load(tmp_path / "1").model
    assert loaded.recommend(query_of(data, "u007"), 25).items.tolist() == (
        model.recommend(query_of(data, "u007"), 25).items.tolist()
    )


@pytest.mark.usefixtures("large")
def test_events_that_weigh_nothing_are_survived():
    data = groceries(n_users=60, baskets=6)
    weightless = replace(data.interactions, weights=np.zeros(len(data.interactions), np.float32))

    model = V2.fit(replace(data, interactions=weightless))

    assert len(model.recommend(query_of(data, "u001"), 25).items) == 25


def test_a_quote_grows_with_the_data():
    sizes = Counts(10**6, 10**4, 3_000), Counts(10**8, 10**6, 10**6)
    small, large = (forecast.training(V2, size) for size in sizes)

    assert 2e8 < small.memory < large.memory
    assert 1 < small.seconds < large.seconds


def test_snapshots_of_popularity_are_fewer_for_larger_catalogues():
    kept = [popularity_over_time.moments_kept(items) for items in (100, 68_000, 400_000, 5_000_000)]

    assert kept == sorted(kept, reverse=True)
    assert kept[0] == 32
    assert kept[-1] == 4
