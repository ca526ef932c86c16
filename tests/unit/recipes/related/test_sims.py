import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.data import Query, TrainingData
from tastemaker.recipes.related import aws_sims
from tests.unit.recipes.worlds import groceries

SIMS = registry.get("aws-sims")


@pytest.fixture
def shop():
    """`bread` is chosen by all 20 users, `jam` and `butter` by the same 6, `caviar` by 2 of these."""
    rows = [(f"u{user:02d}", "bread", user) for user in range(20)]
    rows += [(f"u{user:02d}", item, 50 + user) for user in range(6) for item in ("butter", "jam")]
    rows += [(f"u{user:02d}", "caviar", 90) for user in range(2)]
    return TrainingData.from_ids(*zip(*rows, strict=True))


def related(model, data, item_id, k=10):
    item = int(np.searchsorted(data.item_ids, item_id))
    return data.item_ids[model.recommend(Query.of(item=item), k).items].tolist()


def test_a_high_discount_prefers_what_belongs_together_to_what_everybody_has(shop):
    assert related(SIMS.fit(shop, {"popularity_discount_factor": "1.0"}), shop, "jam", k=2) == ["butter", "bread"]


def test_without_discount_ties_go_by_id_and_counts_alone_matter(shop):
    assert related(SIMS.fit(shop, {"popularity_discount_factor": "0.0"}), shop, "jam", k=2) == ["bread", "butter"]


def test_items_with_too_few_common_users_are_not_related(shop):
    strict, lax = SIMS.fit(shop), SIMS.fit(shop, {"min_cointeraction_count": "2", "popularity_discount_factor": "1.0"})

    assert related(strict, shop, "caviar", k=1) == ["bread"]
    assert related(lax, shop, "caviar", k=1) == ["butter"]


def test_popular_items_fill_the_list_when_relatives_are_too_few(shop):
    assert related(SIMS.fit(shop), shop, "jam") == ["butter", "bread", "caviar"]


def test_an_item_without_relatives_gets_popular_items_but_not_itself(shop):
    assert related(SIMS.fit(shop), shop, "caviar", k=3) == ["bread", "butter", "jam"]


def test_an_unknown_item_gets_popular_items(shop):
    model = SIMS.fit(shop)

    assert shop.item_ids[model.recommend(Query.of(), 2).items].tolist() == ["bread", "butter"]


def test_a_catalogue_too_large_for_dense_rows_has_the_same_neighbours(monkeypatch):
    data = groceries()
    dense = SIMS.fit(data)
    monkeypatch.setattr(aws_sims, "DENSE", 10)

    sparse = SIMS.fit(data)

    assert sparse.starts.tolist() == dense.starts.tolist()
    assert sparse.neighbours.tolist() == dense.neighbours.tolist()


def test_the_longest_histories_are_cut_to_a_budget_of_pairs(monkeypatch, shop):
    monkeypatch.setattr(aws_sims, "PAIRS", 30.0)

    cut = aws_sims._bounded(shop.interactions)

    assert np.bincount(cut.users).max() == 1
    assert len(cut) == 20
