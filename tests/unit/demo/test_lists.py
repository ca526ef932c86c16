"""Lists of products and how they move."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from tastemaker_local.demo import lists
from tastemaker_local.demo.groceries import Household, Purchase

NAMES = {letter: f"product {letter}" for letter in "abcdef"}
FAMILY = Household("718", "35-44", "2 Adults Kids", "Under 15K", 700)


def lines(thing, columns=80):
    out = Console(file=io.StringIO(), width=columns, color_system=None)
    out.print(thing)
    return [" ".join(line.split()) for line in out.file.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("composition", "text"),
    [
        ("2 Adults Kids", "2 adults with kids"),
        ("1 Adult Kids", "1 adult with kids"),
        ("1 Adult No Kids", "1 adult, no kids"),
        ("2 Adults No Kids", "2 adults, no kids"),
    ],
)
def test_a_household_is_described_in_words(composition, text):
    household = Household("7", "65+", composition, "Under 15K", 1)

    assert lists.about(household) == f"Household 7: {text}, aged 65+, income under 15K"


def test_reasons_are_told_by_name():
    reasons = ["History 58% b", "Popularity 20%", "Metadata 12%", "History 4% c"]

    assert lines(lists.why_line("a", reasons, NAMES)) == ["why product a? 58% product b, 20% popularity, 12% metadata"]


def test_a_household_table_puts_recent_purchases_beside_recommendations():
    recent = [Purchase("a", datetime(2017, 12, 9, 8, tzinfo=UTC), 2)] * 3

    shown = lines(lists.household_table(FAMILY, recent, ["a", "b", "c"], NAMES, {"a": 2, "b": 1}))

    assert "product a 9 Dec product a bought 2x" in shown
    assert "product a 9 Dec product c new, no. 3" in shown


def test_picks_are_the_top_of_the_list_and_its_best_discoveries():
    assert lists.picks(list("abcdef"), {"a", "b", "c", "e"}, 4) == ["a", "b", "d", "f"]
    assert lists.picks(list("abcdef"), set("abcdef"), 4) == ["a", "b", "c", "d"]


def test_moves_count_places_climbed_and_none_for_newcomers():
    assert lists.moves(["a", "b", "c"], ["c", "a", "d", "b"]) == [2, -1, None, -2]


def test_a_moved_list_shows_arrows_newcomers_and_what_was_bought():
    shown = lines(lists.moved_table(["a", "b", "c"], ["d", "b", "a", "c"], NAMES, bought=["d"], shown=3))

    assert "1 product a new product d just bought" in shown
    assert "2 product b = product b" in shown
    assert "3 product c ↓ 2 product a" in shown
    assert not any(line.startswith("4 ") for line in shown)


def test_offers_are_shown_in_each_households_order():
    shown = lines(lists.ranking_table(["a", "b"], {"7": ["b", "a"], "8": ["a", "b"]}, NAMES))

    assert "product a ↑ 1 product b = product a" in shown
    assert "product b ↓ 1 product a = product b" in shown


def test_a_list_that_lost_offers_is_shown_as_far_as_it_goes():
    shown = lines(lists.ranking_table(["a", "b"], {"7": ["b"]}, NAMES))

    assert "product a ↑ 1 product b" in shown
    assert "product b" in shown


def test_related_products_stand_in_a_column_each():
    shown = lines(lists.related_table({"a": ["b", "c"], "d": ["e"]}, NAMES))

    assert "with product a with product d" in shown
    assert "product b product e" in shown
    assert "product c" in shown


def test_long_names_are_cut_and_never_wrapped():
    names = {"a": "a very long name " * 10}

    assert sum("a very" in line for line in lines(lists.moved_table(["a"], ["a"], names, [], 8))) == 1
