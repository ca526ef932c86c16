from dataclasses import astuple

import pytest

from tastemaker.recipes.personal.columns import NEW, OWN, REPEATS, numbers


@pytest.mark.parametrize(
    ("begin", "parts", "end"),
    [(0, (NEW,), NEW.width), (0, (REPEATS, OWN), OWN.width)],
    ids=["new items", "own items"],
)
def test_the_groups_of_a_row_lie_side_by_side(begin, parts, end):
    # The slowest of the counts that fade with baskets has a name of its own.
    places = [place for part in parts for place in astuple(part) if place != REPEATS.steady or part is not REPEATS]

    assert list(numbers(*places)) == list(range(begin, end))


def test_what_a_group_holds_has_the_same_width_in_both_rows():
    assert [len(numbers(place)) for place in astuple(OWN)] == [len(numbers(place)) for place in astuple(NEW)]


def test_events_and_contents_share_no_column():
    assert not set(numbers(NEW.events)) & set(numbers(NEW.contents))
    assert numbers(NEW.events, NEW.contents, NEW.habit) == numbers(slice(0, NEW.width))
