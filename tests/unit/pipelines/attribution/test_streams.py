"""Recorded events are read in parts that end between two moments, and each id is passed on once."""

import pytest

from tastemaker.pipelines.archive.spans import Reading
from tastemaker.pipelines.attribution.seen import Seen, following, ids_of

DAY = 86_400.0


def recorded(*moments):
    return [{"event_id": f"e{place}", "recorded": moment} for place, moment in enumerate(moments)]


@pytest.mark.parametrize(
    ("most", "count", "until"),
    [(1, 1, 2.0), (2, 4, 3.0), (4, 4, 3.0), (5, 5, None), (9, 5, None)],
)
def test_a_reading_ends_between_two_moments(most, count, until):
    reading = Reading(iter(recorded(1.0, 2.0, 2.0, 2.0, 3.0)), 0.0, most)

    events = list(reading)

    assert (len(events), reading.count, reading.until) == (count, count, until)


def test_what_is_read_again_is_passed_on_and_brings_no_reading_to_its_end():
    events = recorded(*[1.0] * 50, *[2.0] * 50, 5.0, 6.0, 7.0)
    reading = Reading(iter(events), 5.0, 2)

    assert list(reading) == events[:-1]
    assert (reading.count, reading.until) == (2, 7.0)


def passed_on(seen, *ids):
    return [event["event_id"] for event in seen.new(iter([{"event_id": id_} for id_ in ids]))]


def test_an_id_is_new_once_however_many_there_are_and_in_whichever_file_it_is():
    old, newer = Seen(list), Seen(list)
    passed_on(old, *(f"old-{n}" for n in range(5_000)))
    passed_on(newer, "newer")
    files = [ids_of(one.newest(with_file=False)) for one in (old, newer)]
    seen = Seen(lambda: files)

    found = passed_on(seen, "a", "old-7", "a", "newer", *(f"old-{n}" for n in range(5_000)), "b")

    assert found == ["a", "b"]
    assert len(seen.news) == 2


def test_files_are_not_read_where_no_event_is_asked_for():
    def read():
        raise AssertionError

    assert passed_on(Seen(read)) == []


def test_the_news_of_a_day_are_one_file():
    first = Seen(list)
    passed_on(first, "a", "b")
    file = ids_of(first.newest(with_file=True))
    second = Seen(lambda: [file])
    passed_on(second, "b", "c")

    merged = ids_of(second.newest(with_file=True))

    assert len(merged) == 3
    assert (merged[:-1] < merged[1:]).all()
    assert len(ids_of(second.newest(with_file=False))) == 1


def test_a_days_file_takes_the_place_of_its_earlier_one_and_old_ones_go():
    def key(day, of="0"):
        return f"attributions/a/batches/{day * DAY:017.6f}-{of}.ids"

    keys = (key(1.5), key(2.5), key(15.4))

    assert following(keys, key(15.5), day=DAY) == (key(1.5), key(2.5), key(15.5))
    assert following(keys, key(16.1), day=DAY) == (key(2.5), key(15.4), key(16.1))
    assert following((), key(1.0), day=DAY) == (key(1.0),)
