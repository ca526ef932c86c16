"""Trending-Now."""

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.data import Query, TrainingData

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
TRENDING = registry.get("aws-trending-now")


def best(rows, k=3, **parameters):
    data = TrainingData.from_ids(*zip(*rows, strict=True))
    return data.item_ids[TRENDING.fit(data, parameters).recommend(Query.of(), k).items].tolist()


def events(item, count, begin, end):
    """Return events of an item evenly spread over a stretch of time, by many users."""
    return [(f"u{n % 600}", item, int(begin + (end - begin) * (n + 1) / count)) for n in range(count)]


def every(frequency):
    return {"trend_discovery_frequency": frequency}


def test_what_rises_now_stands_before_what_was_always_popular():
    always = [row for star in range(4) for row in events(f"star{star}", 400, 0, 2 * DAY)]

    assert best([*always, *events("newcomer", 20, 2 * DAY - HOUR, 2 * DAY)])[0] == "newcomer"


def test_what_is_over_stands_last():
    over = events("fad", 500, DAY - 2 * HOUR, DAY)
    since = [row for other in range(5) for row in events(f"i{other}", 40, 0, DAY + 2 * HOUR)]

    assert best([*over, *since], k=10)[-1] == "fad"


def test_two_events_are_no_trend():
    steady = [row for other in range(5) for row in events(f"i{other}", 200, 0, DAY)]

    assert best([*steady, *events("chance", 2, DAY - MINUTE, DAY)], k=6)[-1] == "chance"


def test_a_busy_hour_lifts_everything_and_is_no_trend_of_anything():
    night = [row for other in range(5) for row in events(f"i{other}", 20 + other, DAY - 4 * HOUR, DAY - 2 * HOUR)]
    noon = [row for other in range(5) for row in events(f"i{other}", 10 * (20 + other), DAY - 2 * HOUR, DAY)]

    assert best([*night, *noon, *events("i4", 30, 0, DAY - 5 * HOUR)], k=5)[0] == "i4"


@pytest.mark.parametrize(
    ("frequency", "first"),
    [("30 minutes", "minutes"), ("1 hour", "hour"), ("2 hours", "hours"), ("3 hours", "three"), ("1 day", "day")],
)
def test_the_interval_is_the_one_asked_for(frequency, first):
    # Each item began to rise a whole interval of its own ago, so that only that interval sees all of the rise.
    lengths = {"minutes": 30 * MINUTE, "hour": HOUR, "hours": 2 * HOUR, "three": 3 * HOUR, "day": DAY}
    rows = [row for item, length in lengths.items() for row in events(item, 40, 4 * DAY - length, 4 * DAY)]
    # What rose within a shorter interval was about as busy in every longer one before it.
    for item, length in lengths.items():
        for longer in (other for other in lengths.values() if other > length):
            rows += events(item, 15, 4 * DAY - 2 * longer, 4 * DAY - longer)

    assert best(rows, k=1, **every(frequency)) == [first]


def test_with_nothing_new_in_two_intervals_popular_items_are_left():
    # One event ends the newest interval; nothing else lies within two of them.
    rows = [*events("star", 60, 0, DAY), *events("second", 40, 0, DAY), ("u1", "last", 3 * DAY)]

    assert best(rows, **every("30 minutes")) == ["star", "second", "last"]


def shop(others, *items):
    """Return `others` events by as many people on items of their own in each of two hours, and those of some items.

    Of each of these so many people in the hour before and so many in this one.
    """
    rows = [(f"o{n}", f"x{n % max(1, others // 2)}", n) for n in range(others)]
    rows += [(f"p{n}", f"x{n % max(1, others // 2)}", HOUR + 1 + n) for n in range(others)]
    for item, before, now in items:
        rows += [(f"{item}{n}", item, 1 + n) for n in range(before)]
        rows += [(f"{item}{n}", item, HOUR + 1 + n) for n in range(now)]
    return [*rows, ("last", "clock", 2 * HOUR - 1), *((f"q{n}", "star", -9 * HOUR) for n in range(500))]


@pytest.mark.parametrize("clicks", [30, 1_000, 20_000])
@pytest.mark.parametrize("others", [0, 4, 200])
def test_one_users_clicks_are_no_trend(others, clicks):
    rows = shop(others, ("rise", 5, 60))
    rows += [("bot", "clicked", HOUR + 1 + n % 3_000) for n in range(clicks)]

    ranked = best(rows, k=300, **every("1 hour"))

    assert ranked[0] == "rise"
    assert ranked.index("clicked") > ranked.index("star")


@pytest.mark.parametrize("others", [0, 4, 20, 500])
@pytest.mark.parametrize(("before", "now"), [(0, 8), (2, 20), (5, 60), (20, 60)])
def test_what_everybody_wants_is_seen_in_a_small_shop_too(others, before, now):
    assert best(shop(others, ("rise", before, now)), k=1, **every("1 hour")) == ["rise"]


@pytest.mark.parametrize("others", [20, 500])
def test_several_items_rise_at_once(others):
    rows = shop(others, *((f"rise{n}", 5, 60) for n in range(3)))

    assert {*best(rows, k=3, **every("1 hour"))} == {"rise0", "rise1", "rise2"}


@pytest.mark.parametrize("busier", [1, 5])
@pytest.mark.parametrize("items", [3, 8, 60])
def test_a_busier_hour_is_no_trend_in_shops_of_any_size(items, busier):
    rows = shop(0, *((f"i{n}", 20 + n, busier * (20 + n)) for n in range(items)))
    data = TrainingData.from_ids(*zip(*rows, strict=True))

    assert TRENDING.fit(data, every("1 hour")).rising == 0


def weeks(*, moved):
    """Return two weeks of five items of many people; in the second others are as popular, if fashion has moved."""
    rows = [row for n in range(30) for row in events(f"old{n:02d}", 600, 0, 7 * DAY)]
    later = "new" if moved else "old"
    return [*rows, *(row for n in range(30) for row in events(f"{later}{n:02d}", 300, 7 * DAY, 14 * DAY))]


@pytest.mark.parametrize(("moved", "first"), [(True, "new"), (False, "old")])
def test_what_does_not_rise_stands_by_how_popular_it_is_lately(moved, first):
    assert {name[:3] for name in best(weeks(moved=moved), k=25, **every("1 day"))} == {first}


def test_a_few_days_of_chance_do_not_undo_what_is_popular():
    dice = np.random.default_rng(0)
    shares = 1 / np.arange(1, 101)
    items = dice.choice(100, 6_000, p=shares / shares.sum())
    rows = [(f"u{n % 600}", f"i{item:02d}", n * 30 * DAY // 6_000) for n, item in enumerate(items.tolist())]

    assert best(rows, k=5, **every("1 day"))[:2] == ["i00", "i01"]


def test_a_use_case_looks_at_two_hours():
    steady = [row for other in range(5) for row in events(f"i{other}", 200, 0, 2 * DAY)]
    data = TrainingData.from_ids(*zip(*steady, *events("new", 20, 2 * DAY - HOUR, 2 * DAY), strict=True))

    answers = [
        registry.get(name).fit(data).recommend(Query.of(), 5) for name in ("aws-vod-trending-now", TRENDING.name)
    ]

    assert answers[0].items.tolist() == answers[1].items.tolist()
