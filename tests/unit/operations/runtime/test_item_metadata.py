"""Metadata in answers, through the public door: what was imported, what was put since, and who may ask."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message
from tests.unit.operations.purchases import ITEM_FIELDS, interactions, items

FIELDS = (*ITEM_FIELDS, {"name": "NEW", "type": ["null", "boolean"]}, {"name": "YEAR", "type": ["null", "int"]})
WANTED = {"ITEMS": ["GENRE", "PRICE", "ABOUT", "NEW", "YEAR"]}


@pytest.fixture
def shop(build):
    """A dataset group whose items have a column of every type; `i3` is in the catalogue without any value."""
    group = build.group()
    build.imported(build.dataset(group), "\n".join(",".join(r.split(",")[:3]) for r in interactions().split()) + "\n")
    header, *rows = items().splitlines()
    rows = [f"{row},{'true' if n % 2 else 'false'},{1990 + n}" for n, row in enumerate(rows)]
    rows[3] = "i3,,,,,,"
    table = build.dataset(group, "Items", *FIELDS)
    build.imported(table, "\n".join([f"{header},NEW,YEAR", *rows]) + "\n")
    return group, table


@pytest.fixture
def campaign(build, shop):
    def make(recipe="aws-user-personalization-v2", **config):
        version = build.version(build.solution(shop[0], recipe))
        return build.campaign(version, **({"campaignConfig": config} if config else {}))

    return make


def test_answers_carry_the_columns_that_were_asked_for(clients, campaign):
    found = clients.personalize_runtime.get_recommendations(
        campaignArn=campaign(), userId="u1", metadataColumns=WANTED, numResults=40
    )["itemList"]

    told = {item["itemId"]: item["metadata"] for item in found}
    assert told["i22"] == {
        "GENRE": "comedy|drama",
        "PRICE": "2.2",
        "ABOUT": "about 22",
        "NEW": "false",
        "YEAR": "2012",
    }
    assert told["i23"]["NEW"] == "true"
    assert told["i3"] == {}


def test_answers_without_the_question_carry_nothing(clients, campaign):
    found = clients.personalize_runtime.get_recommendations(campaignArn=campaign(), userId="u1")["itemList"]

    assert found
    assert all("metadata" not in item for item in found)


def test_a_ranking_carries_them_too_and_knows_items_that_were_put_since(clients, campaign, shop):
    arn = campaign("aws-personalized-ranking-v2")
    properties = json.dumps({"genre": ["noir", "drama"], "year": 2026, "new": True, "price": 3})
    clients.personalize_events.put_items(
        datasetArn=shop[1],
        items=[{"itemId": "fresh", "properties": properties}, {"itemId": "i1", "properties": '{"year": 2027}'}],
    )

    found = clients.personalize_runtime.get_personalized_ranking(
        campaignArn=arn, userId="u1", inputList=["i1", "i2", "fresh", "nobody"], metadataColumns=WANTED
    )["personalizedRanking"]

    told = {item["itemId"]: item["metadata"] for item in found}
    assert told["fresh"] == {"GENRE": "noir|drama", "PRICE": "3.0", "NEW": "true", "YEAR": "2026"}
    assert told["i1"] == {"YEAR": "2027"}
    assert told["i2"]["YEAR"] == "1992"
    assert told["nobody"] == {}


def test_other_recipes_need_it_in_their_configuration(clients, campaign):
    plain = campaign("aws-popularity-count")
    enabled = campaign("aws-popularity-count", enableMetadataWithRecommendations=True)
    ask = clients.personalize_runtime.get_recommendations

    with pytest.raises(ClientError) as refused:
        ask(campaignArn=plain, metadataColumns=WANTED)
    found = ask(campaignArn=enabled, metadataColumns={"ITEMS": ["genre"]}, numResults=2)["itemList"]

    assert code(refused) == "InvalidInputException"
    assert "enableMetadataWithRecommendations" in message(refused)
    assert all(set(item["metadata"]) <= {"genre"} for item in found)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"metadataColumns": {"ITEMS": ["COLOUR"]}}, "ITEMS.COLOUR"),
        ({"metadataColumns": {"ITEMS": [f"C{n}" for n in range(11)]}}, "1 to 10 columns"),
        ({"metadataColumns": {"ITEMS": []}}, "1 to 10 columns"),
        ({"metadataColumns": {"USERS": ["AGE"]}}, "ITEMS"),
        ({"metadataColumns": {"ITEMS": ["GENRE"]}, "numResults": 51}, "at most 50"),
    ],
)
def test_what_cannot_be_told_is_refused(clients, campaign, members, words):
    with pytest.raises(ClientError) as refused:
        clients.personalize_runtime.get_recommendations(campaignArn=campaign(), userId="u1", **members)

    assert code(refused) == "InvalidInputException"
    assert words in message(refused)
