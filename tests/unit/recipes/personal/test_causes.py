"""What speaks for an item: taken away, the item falls."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.data import Query
from tests.unit.recipes.worlds import cafe, checkerboard, described_films, events_of, films, genres, groceries

V2 = registry.get("aws-user-personalization-v2")


def scores(model, query, items):
    """Return the scores of items, 0 of those that are not considered any more."""
    found = model.recommend(query, 500)
    by_item = dict(zip(found.items.tolist(), found.scores.tolist(), strict=True))
    return np.array([by_item.get(item, 0.0) for item in items.tolist()])


def without(query, item):
    kept = query.history_items != item
    return Query.of(query.history_items[kept], query.history_times[kept], user=query.user)


@pytest.mark.parametrize("world", [films, groceries])
def test_taking_a_named_history_item_away_lowers_what_it_speaks_for(world):
    data = world()
    model, fallen = V2.fit(data), []

    for user in range(0, 40, 4):
        query = replace(Query.of(*events_of(data, f"u{user:03d}")), user=user)
        items = model.recommend(query, 10).items
        before = scores(model, query, items)
        for place, causes in enumerate(model.causes(query, items)):
            named = [cause.item for cause in causes if cause.kind == "History" and cause.share >= 0.05]
            fallen += [scores(model, without(query, item), items)[place] < before[place] for item in named[:2]]

    assert len(fallen) > 50
    assert np.mean(fallen) >= 0.98


def test_shares_fall_and_add_up_to_all_there_is():
    data = groceries()
    model = V2.fit(data)
    query = Query.of(*events_of(data, "u005"))
    items = model.recommend(query, 25).items

    found = model.causes(query, items)

    assert len(found) == 25
    for causes in found:
        shares = [cause.share for cause in causes]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1)
    assert all(set(query.history_items.tolist()) >= {c.item for c in causes if c.item is not None} for causes in found)


def test_what_is_bought_again_and_again_speaks_for_itself():
    data = groceries()
    query = Query.of(*events_of(data, "u005"))
    model = V2.fit(data)
    items = model.recommend(query, 4).items

    assert [causes[0].item for causes in model.causes(query, items)] == items.tolist()


def test_a_stranger_is_shown_items_for_their_popularity():
    model = V2.fit(groceries())
    items = model.recommend(Query.of(), 3).items

    assert [causes[0].kind for causes in model.causes(Query.of(), items)] == ["Popularity"] * 3


def test_a_new_item_is_there_for_its_description():
    data = genres()
    hidden = data.interactions.items % 5 == 0  # nobody has had these
    model = V2.fit(data.where(~hidden))
    items, times = events_of(data.where(~hidden), "u004")
    found = model.recommend(Query.of(items, times), 120).items
    new = found[found % 5 == 0][:5]

    causes = model.causes(Query.of(items, times), new)

    assert len(new)
    assert all("Metadata" in [cause.kind for cause in each] for each in causes)


def test_a_described_stranger_is_told_of_the_segment():
    data = described_films()
    young = data.interactions.users % 2 == 1
    # The young only take films of the first circle, the old all others.
    kept = data.where(young == (data.interactions.items < 30))
    model = V2.fit(kept)
    stranger = Query.of(user=1)
    items = model.recommend(stranger, 10).items

    kinds = {cause.kind for causes in model.causes(stranger, items) for cause in causes}

    assert "Segment" in kinds
    assert not kinds & {"History", "Context"}


def test_a_context_that_changes_the_answer_is_named():
    data = cafe()
    model = V2.fit(data)
    asked = replace(Query.of(*events_of(data, data.user_ids[0])), context={"PART": "morning"})
    items = model.recommend(asked, 5).items

    assert any("Context" in [cause.kind for cause in causes] for causes in model.causes(asked, items))


@pytest.mark.parametrize("name", ["aws-sims", "aws-similar-items"])
def test_a_related_item_is_there_for_the_one_that_was_asked_about(name):
    data = checkerboard()
    model = registry.get(name).fit(data)
    items = model.recommend(Query.of(item=3), 11).items

    found = model.causes(Query.of(item=3), items)

    # Only the items of the same parity were ever chosen together with it.
    told = [("Item", 3) if item % 2 else ("Popularity", None) for item in items.tolist()]
    assert [(cause.kind, cause.item) for [cause] in found] == told


def test_of_a_ranked_list_every_item_has_its_causes():
    data = films()
    model = V2.fit(data)
    query = Query.of(*events_of(data, "u007"))
    listed = np.array([80, 3, 55, 12], np.int32)

    found = model.causes(query, listed, listed=True)

    assert len(found) == 4
    assert any(cause.kind == "History" for causes in found for cause in causes)
