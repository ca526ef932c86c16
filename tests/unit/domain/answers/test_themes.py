"""Titles say what sets a list apart from its catalogue, and each item how far it fits."""

import pytest

from tastemaker.domain.answers.themes import Described, LogLift

GENRES = ("Drama", "Comedy", "Sport > Football")
WORDS = ("detective solves a murder", "wedding of two friends", "players win the match")


def item(number, genre, text=""):
    return Described(f"Title {number}", (genre,), f"the story: {text}")


CATALOGUE = [item(n, GENRES[n % 3], WORDS[n % 3] if n % 2 else "") for n in range(300)]
NAMER = LogLift.of(CATALOGUE)


@pytest.mark.parametrize(
    ("kind", "title"), [(0, "Drama: Detective and Murder"), (1, "Comedy: Friends and Two"), (2, "Football: Match")]
)
def test_a_title_has_the_category_and_the_words_that_the_list_shares(kind, title):
    theme = NAMER.name([each for n, each in enumerate(CATALOGUE) if n % 3 == kind][:20])

    assert theme.title.split(":")[0] == title.split(":")[0]
    assert {*theme.title.partition(": ")[2].split(" and ")} <= {word.capitalize() for word in WORDS[kind].split()}
    assert len(theme.title) < 60


def test_items_with_all_of_it_fit_best():
    theme = NAMER.name([item(1, "Drama", WORDS[0]), item(2, "Drama", WORDS[0]), item(3, "Drama"), item(4, "Comedy")])

    assert theme.relevance[0] == theme.relevance[1] == 1.0
    assert 1 > theme.relevance[2] > theme.relevance[3] == 0.0


def test_what_everything_has_says_nothing():
    theme = NAMER.name([Described("Heat", (), "the story"), Described("Sun", (), "the story")])

    assert theme.title == "More like Heat"
    assert theme.relevance == [0.0, 0.0]


def test_a_step_of_a_path_is_a_category_and_forms_of_a_word_count_once():
    rows = [Described(f"{n}", ("Home / kitchen",), "pan pans panels kitchens cooking cooks") for n in range(4)]

    theme = LogLift.of([*CATALOGUE, *rows]).name(rows)

    kind, _, words = theme.title.partition(": ")
    assert kind in {"Home", "Kitchen"}
    assert not {"Cooking", "Cooks"} <= {*words.split(" and ")}


def test_the_same_items_have_the_same_title_in_any_order():
    rows = CATALOGUE[:12:3]

    assert NAMER.name(rows).title == NAMER.name(rows[::-1]).title


def test_one_item_has_a_title():
    assert NAMER.name([item(1, "Drama", WORDS[0])]).title.startswith("Drama: ")
