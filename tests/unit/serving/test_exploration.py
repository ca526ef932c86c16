"""Exploration: which places are given away, to whom, and that the stated probabilities are the true ones."""

from collections import Counter

import numpy as np
import pytest

from tastemaker.domain.answers.exploration import Exploring
from tastemaker.recipes import registry
from tastemaker.recipes.data import Query, Ranking, TrainingData
from tastemaker.serving import artifacts
from tastemaker.serving.asking import Asking
from tastemaker.serving.exploration import POOL, Freshness, draw, measure
from tastemaker.serving.model import open_model
from tests.unit.recipes.worlds import films

DAY = 86_400


class Fixed:
    """A model whose odds are those it was given; it may tell items by what they are."""

    def __init__(self, odds, *, describes=False) -> None:
        self.odds, self.describes = np.asarray(odds, np.float64), describes

    def recommend(self, query, k, allowed):
        best = self.rank(query, np.flatnonzero(allowed).astype(np.int32))
        return Ranking(best.items[:k], best.scores[:k])

    def rank(self, _, items):
        shares = (self.odds[items] / self.odds[items].sum()).astype(np.float32)
        order = np.argsort(-shares, kind="stable")
        return Ranking(items[order], shares[order])


ODDS = [50, 40, 30, 8, 4, 2, 1]
SEEN = np.array([9, 9, 9, 3, 0, 0, 0], np.float32)
FRESH = Freshness(np.array([90, 90, 1, 5, 2, 3, 40], np.float32), SEEN)
BEST = Ranking(np.array([0, 1, 2], np.int32), np.array([0.5, 0.4, 0.3], np.float32))


def drawn(seed, chance=0.4, young=None):
    young = FRESH.young(30.0) if young is None else np.array(young, np.int32)
    return draw(Fixed(ODDS), Query.of(), BEST, FRESH, young, chance=chance, seed=seed)


def test_young_items_are_those_seen_least_first_then_the_newest():
    assert FRESH.young(30.0).tolist() == [4, 5, 3, 2]
    assert FRESH.young(2.5).tolist() == [4, 2]


def test_items_stand_at_their_places_as_often_as_their_propensities_say():
    answers = [drawn(seed) for seed in range(20_000)]

    shown = Counter(
        (place, item, round(propensity, 9))
        for answer in answers
        for place, (item, propensity) in enumerate(zip(answer.ranking.items, answer.propensities, strict=True))
    )

    # Dealt by odds / sqrt(1 + seen): 3 and 4 weigh 4, 5 weighs 2; place 0 has 3, place 1 has 4, place 2 has 5.
    assert {key[:2] for key in shown} == {(0, 0), (0, 3), (1, 1), (1, 4), (2, 2), (2, 5)}
    for (_, _, propensity), count in shown.items():
        assert count / len(answers) == pytest.approx(propensity, abs=0.02)


def test_a_place_with_several_young_items_shares_its_chance_by_their_weights():
    one = Ranking(BEST.items[:1], BEST.scores[:1])
    answers = [
        draw(Fixed(ODDS), Query.of(), one, FRESH, FRESH.young(30.0), chance=0.5, seed=seed) for seed in range(20_000)
    ]

    shown = Counter((int(answer.ranking.items[0]), float(answer.propensities[0])) for answer in answers)

    # Item 2 is young too: 30 / sqrt(10).
    weights = {2: 30 / 10**0.5, 3: 4.0, 4: 4.0, 5: 2.0}
    expected = {0: 0.5} | {item: 0.5 * weight / sum(weights.values()) for item, weight in weights.items()}
    assert dict(list(shown)) == pytest.approx(expected)
    for (_, propensity), count in shown.items():
        assert count / len(answers) == pytest.approx(propensity, abs=0.02)


def test_an_explored_item_has_the_score_that_the_model_gives_it():
    answer = next(answer for answer in map(drawn, range(100)) if answer.explored.all())

    assert answer.ranking.scores.tolist() == pytest.approx([0.08, 0.04, 0.02])


def test_places_that_nothing_is_dealt_to_are_certain():
    answer = drawn(0, young=[4])

    assert answer.propensities[1:].tolist() == [1.0, 1.0]
    assert drawn(0, young=[]).propensities.tolist() == [1.0] * 3


def test_the_seed_decides():
    lists = [drawn(seed).ranking.items.tolist() for seed in (1, 1, *range(50))]

    assert lists[0] == lists[1]
    assert len(set(map(tuple, lists))) > 3


def test_what_was_seen_more_often_waits_behind_the_pool():
    items = POOL + 50
    fresh = Freshness(np.zeros(items, np.float32), np.arange(items, dtype=np.float32))
    best = Ranking(np.array([0], np.int32), np.array([0.1], np.float32))

    answers = [
        draw(Fixed(np.ones(items)), Query.of(), best, fresh, fresh.young(1.0), chance=1.0, seed=seed)
        for seed in range(200)
    ]

    assert max(int(answer.ranking.items[0]) for answer in answers) <= POOL


def test_of_many_young_items_those_that_fit_take_part_however_many_were_seen_less():
    items = 40 * POOL
    odds = np.ones(items)
    odds[-1] = items**2
    fresh = Freshness(np.zeros(items, np.float32), np.zeros(items, np.float32))
    best = Ranking(np.array([0], np.int32), np.array([0.1], np.float32))

    told, untold = (
        draw(Fixed(odds, describes=each), Query.of(), best, fresh, fresh.young(1.0), chance=1.0, seed=0)
        for each in (True, False)
    )

    assert told.ranking.items.tolist() == [items - 1]
    assert 0 < untold.ranking.items[0] <= POOL


def test_an_age_counts_from_the_creation_or_else_the_first_event_to_the_newest_one():
    data = TrainingData.from_ids(["u", "u", "v"], ["a", "b", "c"], [0, 9 * DAY, 10 * DAY])

    plain = measure(data)
    dated = measure(
        TrainingData(data.interactions, data.user_ids, data.item_ids, {"CREATION_TIMESTAMP": np.array([np.nan, 0, 0])})
    )

    assert plain["ages"].tolist() == [10, 1, 0]
    assert dated["ages"].tolist() == [10, 10, 10]


def test_impressions_count_as_seen():
    data = TrainingData.from_ids(["u", "u"], ["a", "b"], [0, 1])

    seen = measure(TrainingData(data.interactions, data.user_ids, data.item_ids, impressions=np.array([3, 0])))["seen"]

    assert seen.tolist() == [4, 1]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("v1")
    data, recipe = films(n_users=120, n_items=80), registry.get("aws-user-personalization")
    artifacts.save(folder, recipe=recipe, model=recipe.fit(data), data=data)
    return open_model(folder)


def test_without_weight_the_answer_is_the_models_own(served):
    plain = served.recommend(Asking("u003"), 25)

    shown = served.explore(Asking("u003"), 25, Exploring(0.0, 1e9), seed="s")

    assert [each[:2] for each in shown] == plain
    assert {(each.propensity, each.explored) for each in shown} == {(1.0, False)}


def test_what_is_not_explored_stays_at_its_place(served):
    plain = served.recommend(Asking("u003"), 25)

    shown = served.explore(Asking("u003"), 25, Exploring(0.5, 1e9), seed="s")

    assert 3 < sum(each.explored for each in shown) < 22
    assert len({each.item_id for each in shown}) == 25
    for own, each in zip(plain, shown, strict=True):
        assert each.explored or (each[:2] == own and each.propensity == 0.5)
        assert 0 < each.score <= 1
