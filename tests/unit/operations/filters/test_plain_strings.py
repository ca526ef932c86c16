"""Several values in a string column without the categorical flag: filters find each of them, and the whole cell."""

import json
from types import SimpleNamespace

import pytest

from tests.unit.operations.histories import shop

PLAIN = {"name": "PLAIN", "type": ["null", "string"]}
CAT = {"name": "CAT", "type": ["null", "string"], "categorical": True}
MOOD = {"name": "MOOD", "type": ["null", "string"]}
ODD = {f"i{n}" for n in range(1, 40, 2)}
EVEN = {f"i{n}" for n in range(0, 40, 2)}
CASES = [
    ('INCLUDE ItemID WHERE Items.{} IN ("a")', ODD),
    ('INCLUDE ItemID WHERE Items.{} IN ("b")', ODD),
    ('INCLUDE ItemID WHERE Items.{} IN ("a","c")', ODD | EVEN),
    ('INCLUDE ItemID WHERE Items.{} = "a"', ODD),
    ('INCLUDE ItemID WHERE Items.{} != "a"', EVEN),
    ('INCLUDE ItemID WHERE Items.{} NOT IN ("b")', EVEN),
    ('EXCLUDE ItemID WHERE Items.{} IN ("a")', EVEN),
    ('INCLUDE ItemID WHERE Items.{} IN ("a") AND Items.{} IN ("b")', ODD),
    ('INCLUDE ItemID WHERE Items.{} IN ("A")', set()),
    ('INCLUDE ItemID WHERE Items.{} IN ("a|")', set()),
]


def stocked(build):
    """Make a market where odd items hold a|b in both columns, even ones c; users have moods."""
    group = build.group()
    build.imported(build.dataset(group), shop())
    items = build.dataset(group, "Items", PLAIN, CAT)
    rows = [f"i{n},,{cell},{cell}" for n in range(40) for cell in (["a|b"] if n % 2 else ["c"])]
    build.imported(items, "\n".join(["ITEM_ID,GENRE,PLAIN,CAT", *rows]))
    build.imported(build.dataset(group, "Users", MOOD), "USER_ID,AGE,MOOD\nu1,1,calm|gay\nu2,1,sad\n")
    campaigns = {
        recipe: build.campaign(build.version(build.solution(group, recipe)))
        for recipe in ("aws-popularity-count", "aws-sims")
    }
    return group, items, campaigns


@pytest.fixture
def market(build, clients, world, once):
    group, items, campaigns = once(lambda: stocked(build))

    def make(expression):
        reply = clients.personalize.create_filter(name=build.name(), datasetGroupArn=group, filterExpression=expression)
        world.run()
        return reply["filterArn"], reply["ResponseMetadata"]["HTTPHeaders"]

    def ask(recipe="aws-popularity-count", **members):
        reply = clients.personalize_runtime.get_recommendations(campaignArn=campaigns[recipe], numResults=40, **members)
        return reply["itemList"]

    return SimpleNamespace(make=make, ask=ask, items=items, events=clients.personalize_events)


def ids(items):
    return {item["itemId"] for item in items}


@pytest.mark.parametrize(("expression", "passing"), CASES)
def test_a_plain_column_answers_as_a_categorical_one(market, expression, passing):
    for column in ("PLAIN", "CAT"):
        arn, headers = market.make(expression.replace("{}", column))

        assert ids(market.ask(filterArn=arn)) == passing, column
        assert "cannot hold together" not in headers.get("x-tastemaker-warnings", "")


def test_the_whole_of_a_plain_cell_is_a_value_too(market):
    plain, _ = market.make('INCLUDE ItemID WHERE Items.PLAIN = "a|b"')
    categorical, _ = market.make('INCLUDE ItemID WHERE Items.CAT = "a|b"')

    assert ids(market.ask(filterArn=plain)) == ODD
    assert market.ask(filterArn=categorical) == []


def test_values_may_come_with_the_request_or_from_the_item_it_is_about(market):
    told, _ = market.make("INCLUDE ItemID WHERE Items.PLAIN IN ($X)")
    alike, _ = market.make("INCLUDE ItemID WHERE Items.CAT IN CurrentItem.PLAIN")

    assert ids(market.ask(filterArn=told, filterValues={"X": '"b"'})) == ODD
    assert ids(market.ask("aws-sims", itemId="i3", filterArn=alike)) == ODD - {"i3"}


def test_a_promotion_finds_them(market):
    rule, _ = market.make('INCLUDE ItemID WHERE Items.PLAIN IN ("b")')

    items = market.ask(promotions=[{"name": "p", "percentPromotedItems": 25, "filterArn": rule}])

    promoted = {item["itemId"] for item in items if item.get("promotionName") == "p"}
    assert len(promoted) == 10
    assert promoted <= ODD


def test_an_item_that_was_put_and_a_user_are_read_alike(market):
    rule, _ = market.make('INCLUDE ItemID WHERE Items.PLAIN IN ("new")')
    mood, _ = market.make('EXCLUDE ItemID WHERE Items.PLAIN IN ("c") IF CurrentUser.MOOD = "gay"')
    market.events.put_items(
        datasetArn=market.items, items=[{"itemId": "i4", "properties": json.dumps({"plain": "x|new|y"})}]
    )

    assert ids(market.ask(filterArn=rule)) == {"i4"}
    assert ids(market.ask(userId="u1", filterArn=mood)) == ODD | {"i4"}
    assert ids(market.ask(userId="u2", filterArn=mood)) == ODD | EVEN
