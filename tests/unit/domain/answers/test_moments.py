"""A clock that is wrong says nothing of what came after it."""

import pytest

from tastemaker.domain.answers.moments import believed, seconds


def an_event(item, at, recorded):
    return {"item_id": item, "timestamp": at, "recorded": recorded}


def order(*events):
    return [(event["item_id"], event["timestamp"]) for event in believed(events)]


def test_right_clocks_are_left_alone():
    events = [an_event("late", 5, 100.0), an_event("a", 10, 11.5), an_event("b", 20, 20.0)]

    assert believed(events) == events


def test_what_is_ahead_happened_when_it_was_recorded():
    assert order(an_event("a", 5, 6.0), an_event("b", 900, 10.7)) == [("a", 5), ("b", 10)]


def test_what_is_ahead_comes_before_what_its_user_did_next():
    events = [an_event("next", 90, 101.0), an_event("later", 95, 102.0), an_event("ahead", 900, 100.0)]

    assert order(*events) == [("ahead", 89), ("next", 90), ("later", 95)]


def test_what_was_recorded_before_is_not_what_came_next():
    assert order(an_event("old", 3, 50.0), an_event("ahead", 900, 100.0)) == [("old", 3), ("ahead", 100)]


def test_events_that_are_ahead_keep_their_order():
    assert [item for item, _ in order(an_event("c", 903, 9.0), an_event("a", 901, 9.0), an_event("b", 902, 9.0))] == [
        "a",
        "b",
        "c",
    ]


@pytest.mark.parametrize("factor", [1, 1e3, 1e6, 1e9])
def test_a_moment_is_read_in_the_unit_that_it_has(factor):
    assert seconds(1_700_000_000 * factor) == pytest.approx(1_700_000_000)
