"""Items for an item: Similar-Items and Frequently bought together."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tastemaker.recipes import registry
from tastemaker.recipes.data import Interactions, Query, TrainingData
from tastemaker.recipes.measuring import evaluation
from tastemaker.recipes.measuring.evaluation import paired_difference
from tastemaker.recipes.related import bought_together, pulls, tables
from tastemaker.recipes.related.bought_together import bought_together as together
from tastemaker.recipes.related.pauses import learned_pause
from tests.unit.recipes.worlds import checkerboard, films, genres

SIMILAR = registry.get("aws-similar-items")
HOUR = 3600
DAY = 24 * HOUR


def neighbours(model, item, k=10):
    return model.recommend(Query.of(item=int(item)), k).items


def genres_of(data, items):
    return data.item_columns["GENRE"][items]


@pytest.fixture(scope="module")
def world():
    """Return items of genres, two of each without events, and which these are."""
    data = genres()
    new = np.arange(len(data.item_ids)) % 120 < 12
    return data.where(~new[data.interactions.items]), np.flatnonzero(new)


@pytest.fixture(scope="module")
def model(world):
    """Return the recipe's model of them."""
    return SIMILAR.fit(world[0])


def test_it_finds_the_items_of_the_same_parity():
    model = SIMILAR.fit(checkerboard())

    for item in range(12):
        assert {other % 2 for other in neighbours(model, item, 5).tolist()} == {item % 2}


def test_an_item_without_events_is_like_those_of_its_description(world, model):
    data, new = world

    for item in new.tolist():
        found = neighbours(model, item)
        assert item not in found
        assert set(genres_of(data, found).tolist()) == {genres_of(data, item)}


def test_items_without_events_are_found_beside_known_ones(world, model):
    data, new = world
    known = np.setdiff1d(np.arange(len(data.item_ids)), new)

    found = np.array([np.isin(neighbours(model, item, 25), new).sum() for item in known])

    # As many as among all items would be 25 x 24 / 240 = 2.5; of the item's own genre there are 2.
    assert found.mean() > 1
    assert all(
        np.isin(genres_of(data, each[np.isin(each, new)]), genres_of(data, item)).all()
        for item in known[:40]
        for each in [neighbours(model, item, 12)]
    )


def test_beside_an_item_stands_what_follows_it_before_what_it_follows():
    model = SIMILAR.fit(films())

    # Four circles of 30; a user goes on by one to three, so that half of what is near lies behind.
    steps = np.array([(neighbours(model, item, 3) - item) % 30 for item in range(120)])

    assert (steps < 15).mean() > 0.8


def test_where_order_does_not_matter_those_who_have_both_count():
    data = genres()

    assert pulls.choose(data, np.ones(240, np.float32), seed=0).back is None


def by_chance(*, users, items, steepness):
    """Twenty items each, drawn by popularity alone."""
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(1, items + 1) ** steepness
    rows = [
        (f"u{user:03d}", f"i{item:03d}", step)
        for user in range(users)
        for step, item in enumerate(rng.choice(items, 20, replace=False, p=shares / shares.sum()))
    ]
    return TrainingData.from_ids(*zip(*rows, strict=True))


def test_places_are_kept_for_what_nobody_has_beside_what_everybody_has():
    data = by_chance(users=600, items=300, steepness=1.2)
    new = np.arange(len(data.item_ids)) % 20 == 19
    columns = {"GENRE": np.array([f"g{int(item[1:]) % 3}" for item in data.item_ids])}
    training = replace(data, item_columns=columns).where(~new[data.interactions.items])

    model = SIMILAR.fit(training)

    lists = [neighbours(model, item, 25) for item in range(40) if not new[item]]
    assert all(np.isin(each, np.flatnonzero(new)).any() for each in lists)
    assert not any(np.isin(each[:4], np.flatnonzero(new)).any() for each in lists)


@pytest.mark.parametrize(("every", "expected"), [(2, [5, 9, 4, 8, 3, 2, 1]), (3, [5, 4, 9, 3, 2, 8, 1])])
def test_one_of_every_so_many_places_is_for_items_of_few_users(every, expected):
    values = np.array([[0, 1, 2, 3, 4, 5, 0, 0, 0.1, 0.2]], np.float32)

    row = next(tables.welcoming(csr_matrix(values), 0, np.arange(10) >= 8, every))

    assert row.tolist() == expected


def test_without_descriptions_an_item_without_events_has_popular_neighbours(world):
    data, new = world

    model = SIMILAR.fit(replace(data, item_columns={}))

    assert neighbours(model, new[0], 5).tolist() == model.order[:5].tolist()


def test_an_unknown_item_has_popular_neighbours(model):
    assert model.recommend(Query.of(), 5).items.tolist() == model.order[:5].tolist()


def test_a_discount_makes_neighbours_less_popular():
    data = films()
    users = np.bincount(data.interactions.items)

    plain, discounted = (
        SIMILAR.fit(data, {"popularity_discount_factor": factor, "item_id_hidden_dim": "30"}) for factor in "01"
    )

    means = [np.mean([users[neighbours(each, item)].mean() for item in range(120)]) for each in (plain, discounted)]
    assert means[1] < means[0]


def test_it_beats_popularity_where_items_belong_together():
    data = films()
    training, cases = evaluation.split(data, seed=1)

    ours, popular = (
        evaluation.judge(recipe.fit(training), cases, training.interactions, related=True, exclude_seen=True)
        for recipe in (SIMILAR, registry.get("aws-popularity-count"))
    )

    key = "normalized_discounted_cumulative_gain_at_10"
    assert paired_difference(ours.per_user[key], popular.per_user[key])[1] > 0


def test_where_nothing_belongs_together_neighbours_are_popular():
    data = by_chance(users=400, items=600, steepness=1.1)

    model = SIMILAR.fit(data)

    # By the cosine alone an item of few users has neighbours of few users: 0 and 2 of these 15.
    assert min(np.isin(neighbours(model, item, 15), range(40)).sum() for item in (200, 300)) >= 8


def test_baskets_end_after_a_pause():
    events = Interactions.sort([0, 0, 0, 0, 1], [1, 2, 3, 1, 2], [0, HOUR, 2 * HOUR + 1, 9 * HOUR, 9 * HOUR],
                               n_users=2, n_items=4)  # fmt: skip

    assert bought_together.baskets(events, HOUR).tolist() == [1, 1, 2, 3, 4]


def purchases():
    """Bread goes with butter, everything with bags; a yacht was once bought with bread."""
    rows = []
    for n in range(200):
        day = n * 24 * HOUR
        rows += [(f"u{n % 40}", "bag", day)]
        rows += [(f"u{n % 40}", item, day + 60) for item in (("bread", "butter") if n % 3 else ("beer", "crisps"))]
    return TrainingData.from_ids(*zip(*[*rows, ("u1", "yacht", 24 * HOUR + 90)], strict=True))


def test_what_is_bought_with_an_item_stands_before_what_is_bought_with_everything():
    data = purchases()
    model = together.fit(data)

    def beside(name, k):
        item = int(np.searchsorted(data.item_ids, name))
        return data.item_ids[neighbours(model, item, k)].tolist()

    assert beside("bread", 1) == ["butter"]
    assert beside("crisps", 1) == ["beer"]
    assert beside("yacht", 1) == ["bag"]
    assert "yacht" not in beside("bread", 3)


def test_together_means_in_a_basket_and_not_by_the_same_users():
    # All users buy all three items, but tea and cups only ever on the same day.
    rows = [
        (f"u{user}", item, day * 24 * HOUR) for user in range(30) for item, day in (("tea", 1), ("cup", 1), ("z", 2))
    ]
    rows += [(f"u{user}", f"x{user % 7}", 3 * 24 * HOUR) for user in range(30)]
    data = TrainingData.from_ids(*zip(*rows, strict=True))

    model = together.fit(data)

    tea = int(np.searchsorted(data.item_ids, "tea"))
    assert data.item_ids[model._row(tea)].tolist() == ["cup"]


def together_with(data, prefix, other, count):
    """Return for how many of some items their partner stands first."""
    model, ids = together.fit(data), data.item_ids.tolist()
    first = [data.item_ids[neighbours(model, ids.index(f"{prefix}{n}"), 1)].tolist() for n in range(count)]
    return sum(names == [f"{other}{n}"] for n, names in enumerate(first))


def orders(apart, *, cycle=7 * DAY, jitter=11 * HOUR, users=100, whole_days=False, alone=0.0, seed=1):
    """Nine times of ten a_n is followed by b_n, `apart` seconds later; a customer comes once a cycle."""
    dice, rows = np.random.default_rng(seed), []
    for time in range(10):
        for user in range(users):
            first, moment = int(dice.integers(20)), time * cycle + dice.integers(jitter)
            second = first if dice.random() < 0.9 else dice.integers(20)
            moments = [moment, moment + round(apart * dice.uniform(0.8, 1.2))]
            first_at, second_at = (each // DAY * DAY for each in moments) if whole_days else moments
            rows.append((f"u{user}", f"a{first}", first_at))
            if dice.random() >= alone:
                rows.append((f"u{user}", f"b{second}", second_at))
    return TrainingData.from_ids(*zip(*rows, strict=True))


@pytest.mark.parametrize(
    "data",
    [
        *(orders(minutes * 60) for minutes in (0, 1, 10, 59, 61, 180, 720, 1440, 2880)),
        *(orders(hours * HOUR, cycle=30 * DAY, jitter=10 * DAY) for hours in (0, 1, 5, 24)),
        *(orders(days * DAY, whole_days=True) for days in (0, 1, 2)),
        *(orders(hours * HOUR, alone=0.8, users=300) for hours in (0, 2, 24)),
        *(orders(hours * HOUR, cycle=DAY, jitter=HOUR) for hours in (0, 1, 5)),
    ],
    ids=[
        *("0 min", "1 min", "10 min", "59 min", "61 min", "3 h", "12 h", "a day", "two days"),
        *("monthly, 0", "monthly, 1 h", "monthly, 5 h", "monthly, a day"),
        *("dates, 0", "dates, a day", "dates, two days"),
        *("mostly alone, 0", "mostly alone, 2 h", "mostly alone, a day"),
        *("daily, 0", "daily, 1 h", "daily, 5 h"),
    ],
)
def test_what_goes_together_is_found_whatever_the_rhythm_of_a_shop(data):
    assert together_with(data, "a", "b", 20) == 20
    assert together_with(data, "b", "a", 20) == 20


def test_what_is_bought_later_counts_where_there_are_no_baskets():
    """Purchases one by one, days apart by chance: a chain in which each thing leads to the next."""
    dice, rows = np.random.default_rng(0), []
    for user in range(200):
        moment, thing = dice.random() * DAY, dice.integers(20)
        for _ in range(15):
            moment += DAY / 2 + dice.exponential(5 * DAY)
            rows.append((f"u{user}", f"c{thing}", int(moment)))
            thing = (thing + 1) % 20 if dice.random() < 0.8 else dice.integers(20)
    data = TrainingData.from_ids(*zip(*rows, strict=True))
    model, ids = together.fit(data), data.item_ids.tolist()

    first = [ids[neighbours(model, ids.index(f"c{n}"), 1)[0]] for n in range(20)]

    assert first == [f"c{(n + 1) % 20}" for n in range(20)]


@pytest.mark.parametrize(
    ("apart", "cycle", "least", "most"),
    [(60, 7 * DAY, 90, DAY), (2 * HOUR, 7 * DAY, 2.5 * HOUR, 3 * DAY), (DAY, 7 * DAY, 1.2 * DAY, 3 * DAY)],
    ids=["minutes", "hours", "a day"],
)
def test_a_pause_lies_between_the_gaps_of_baskets_and_those_between_them(apart, cycle, least, most):
    assert least <= learned_pause(orders(apart, cycle=cycle).interactions) <= most


def test_without_two_sorts_of_gaps_a_pause_is_an_hour():
    dice = np.random.default_rng(3)
    moments = [(user, user % 7, int(dice.exponential(DAY))) for user in range(100) for _ in range(30)]
    at_any_time = Interactions.sort(*zip(*moments, strict=True), n_users=100, n_items=7)
    at_once = Interactions.sort([0] * 50, range(50), [0] * 50, n_users=1, n_items=50)

    assert [learned_pause(events) for events in (at_any_time, at_once)] == [HOUR, HOUR]


@pytest.mark.parametrize(
    ("use_case", "engine"),
    [
        ("aws-vod-because-you-watched-x", "aws-similar-items"),
        ("aws-vod-more-like-x", "aws-similar-items"),
        ("aws-ecomm-customers-who-viewed-x-also-viewed", "aws-similar-items"),
        ("aws-ecomm-frequently-bought-together", "bought-together"),
    ],
)
def test_a_use_case_answers_as_its_engine_does(world, use_case, engine):
    data, _ = world
    recipe = together if engine == "bought-together" else registry.get(engine)

    ours, theirs = (each.fit(data) for each in (registry.get(use_case), recipe))

    for item in (5, 50, 100):
        assert neighbours(ours, item).tolist() == neighbours(theirs, item).tolist()
