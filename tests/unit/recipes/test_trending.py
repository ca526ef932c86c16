"""The engine of Trending now."""

from tastemaker.recipes.data import Query, TrainingData
from tastemaker.recipes.trending import trending

OLD = 1_000


def best(rows, k=3):
    data = TrainingData.from_ids(*zip(*rows, strict=True))
    return data.item_ids[trending.fit(data).recommend(Query.of(), k).items].tolist()


def test_what_rises_now_stands_before_what_was_always_popular():
    always = [(f"u{n % 50}", f"star{n % 4}", n) for n in range(3 * OLD)]
    rising = [(f"u{n % 50}", "newcomer", 3 * OLD + n) for n in range(0, 60, 2)]
    beside = [(f"u{n % 50}", f"star{n % 4}", 3 * OLD + n) for n in range(1, 60, 2)]

    assert best([*always, *rising, *beside])[0] == "newcomer"


def test_what_is_over_stands_last():
    over = [(f"u{n % 50}", "fad", n) for n in range(OLD)]
    since = [(f"u{n % 50}", f"i{n % 5}", OLD + n) for n in range(OLD)]

    assert best([*over, *since], k=10)[-1] == "fad"


def test_two_events_are_no_trend():
    steady = [(f"u{n % 50}", f"i{n % 5}", n) for n in range(OLD)]
    growing = [(f"u{n % 50}", "i9", OLD + n) for n in range(40)]

    assert best([*steady, *growing, ("u1", "chance", 2 * OLD), ("u2", "chance", 2 * OLD)])[0] == "i9"
