"""Themes of batch inference jobs: what a job needs for them, and what its output says."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.batch_shop import BatchShop
from tests.unit.operations.errors import code, message

FIELDS = (
    {"name": "TITLE", "type": "string"},
    {"name": "ABOUT", "type": ["null", "string"], "textual": True},
)
MODE = {
    "batchInferenceJobMode": "THEME_GENERATION",
    "themeGenerationConfig": {"fieldsForThemeGeneration": {"itemName": "TITLE"}},
}


def catalogue(count=40):
    kinds = [
        ("comedy", "a wedding of friends") if n < count // 2 else ("drama", "a detective hunts") for n in range(count)
    ]
    rows = [f"i{n},{genre},Title {n},{about}" for n, (genre, about) in enumerate(kinds)]
    return "\n".join(["ITEM_ID,GENRE,TITLE,ABOUT", *rows]) + "\n"


@pytest.fixture
def shop(build, clients, world, once):
    return BatchShop(
        build, clients, world, *once(lambda: BatchShop.opened(build, clients, world, catalogue(), FIELDS).ids)
    )


def refused(shop, version, **members):
    with pytest.raises(ClientError) as error:
        shop.create(version, **members)
    return code(error), message(error)


def test_items_get_related_items_with_a_theme_and_how_well_each_fits(shop):
    version = shop.version("aws-similar-items")
    shop.put("in/lines.json", {"itemId": "i1"}, {"itemId": "i30"}, {"item": "none"})

    job = shop.run(version, numResults=10, **MODE)

    assert (job["status"], job["batchInferenceJobMode"]) == ("ACTIVE", "THEME_GENERATION")
    assert job["themeGenerationConfig"] == MODE["themeGenerationConfig"]
    comedies, dramas, bad = shop.answers()
    assert list(comedies["output"]) == ["recommendedItems", "theme", "itemsThemeRelevanceScores"]
    assert comedies["output"]["theme"].startswith("Comedy: ")
    assert dramas["output"]["theme"].startswith("Drama: ")
    for each in (comedies, dramas):
        scores = each["output"]["itemsThemeRelevanceScores"]
        assert len(scores) == len(each["output"]["recommendedItems"]) == 10
        assert all(0 <= score <= 1 for score in scores)
    assert (bad["output"], bad["error"]) == (None, "itemId is required.")


def test_the_items_are_those_of_a_job_without_themes(shop):
    version = shop.version("aws-similar-items")
    shop.put("in/lines.json", {"itemId": "i1"})

    shop.run(version)
    plain = shop.answers()[0]["output"]
    shop.run(version, **MODE)

    assert shop.answers()[0]["output"]["recommendedItems"] == plain["recommendedItems"]
    assert list(plain) == ["recommendedItems"]


def test_no_items_have_no_theme(shop):
    version = shop.version("aws-similar-items")
    shop.put("in/lines.json", {"itemId": "i1"})

    shop.run(version, filterArn=shop.filtered_by('INCLUDE ItemID WHERE Items.GENRE IN ("western")'), **MODE)

    assert shop.answers()[0]["output"] == {"recommendedItems": [], "theme": None, "itemsThemeRelevanceScores": []}


def test_a_hundred_lines_are_the_most(shop):
    version = shop.version("aws-similar-items")
    shop.put("in/lines.json", *({"itemId": "i1"} for _ in range(60)))
    shop.put("in/more.json", *({"itemId": "i1"} for _ in range(40)))
    assert shop.run(version, **MODE)["status"] == "ACTIVE"
    shop.put("in/more.json", *({"itemId": "i1"} for _ in range(41)))

    job = shop.run(version, **MODE)

    assert (job["status"], job["failureReason"]) == (
        "CREATE FAILED",
        "The input has more than 100 lines, the most that a job of this mode may have.",
    )


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        (MODE | {"themeGenerationConfig": None}, "themeGenerationConfig is required for batchInferenceJobMode THEME"),
        (
            MODE | {"themeGenerationConfig": {"fieldsForThemeGeneration": {"itemName": "NAME"}}},
            "itemName must name a string column of Items; NAME is none of these: GENRE, TITLE, ABOUT.",
        ),
        (
            {"themeGenerationConfig": MODE["themeGenerationConfig"]},
            "is for batchInferenceJobMode THEME_GENERATION only",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(shop, members, problem):
    given = {name: value for name, value in members.items() if value is not None}

    refusal = refused(shop, shop.version("aws-similar-items"), **given)

    assert refusal[0] == "InvalidInputException"
    assert problem in refusal[1]


def test_other_recipes_have_no_themes(shop):
    assert refused(shop, shop.version("aws-sims"), **MODE) == (
        "InvalidInputException",
        "batchInferenceJobMode THEME_GENERATION is for recipe aws-similar-items; this version's is aws-sims.",
    )


def test_a_filter_may_not_ask_the_lines_for_values(shop):
    rule = shop.filtered_by("INCLUDE ItemID WHERE Items.GENRE IN ($GENRE)")

    refusal = refused(shop, shop.version("aws-similar-items"), filterArn=rule, **MODE)

    assert (
        refusal[1] == "batchInferenceJobMode THEME_GENERATION takes a filter without parameters; this one has $ in it."
    )


def test_themes_need_a_text(build, clients, world):
    rows = "ITEM_ID,GENRE,TITLE\n" + "".join(f"i{n},comedy,Title {n}\n" for n in range(40))
    shop = BatchShop.opened(build, clients, world, rows, FIELDS[:1])

    refusal = refused(shop, shop.version("aws-similar-items"), **MODE)

    assert refusal[1] == "Themes need a textual column of Items, a string with textual true in its schema."
