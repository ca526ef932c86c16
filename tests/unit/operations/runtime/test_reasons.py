"""Reasons as a client asks for them: by a header of the request, or a tag of the campaign."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message
from tests.unit.operations.headers import headers
from tests.unit.operations.histories import shop

V2 = "aws-user-personalization-v2"
NEWEST = 1_700_000_000 + 30 * 86_400


@pytest.fixture
def group(build):
    """A dataset group with a shop of two tastes."""
    found = build.group()
    rows = ["ITEM_ID,GENRE", *(f"i{number}," for number in range(40))]
    build.imported(build.dataset(found, "Items"), "\n".join(rows) + "\n")
    build.imported(build.dataset(found), shop())
    return found


@pytest.fixture
def campaign(build, group):
    return build.campaign(build.version(build.solution(group, V2)))


def ask(client, campaign, user="u1", **members):
    return client.get_recommendations(campaignArn=campaign, userId=user, numResults=10, **members)["itemList"]


@pytest.fixture
def did(clients, build, group):
    """Return a function that lets a user buy things after the training."""
    tracker = build.tracker(group)

    def buy(user, items):
        events = [{"eventType": "buy", "itemId": item, "sentAt": NEWEST + n} for n, item in enumerate(items)]
        clients.personalize_events.put_events(trackingId=tracker, userId=user, sessionId="s", eventList=events)

    return buy


def test_real_clients_see_nothing_new(clients, campaign):
    assert not any("reason" in item for item in ask(clients.personalize_runtime, campaign))


def test_with_the_header_each_item_says_why(clients, campaign):
    plain = ask(clients.personalize_runtime, campaign)

    with headers(clients.personalize_runtime, reasons="true") as client:
        found = ask(client, campaign)

    assert [{**item, "reason": None} for item in found] == [{**item, "reason": None} for item in plain]
    kinds = [reason.split(" ", 2) for item in found for reason in item["reason"]]
    assert {kind for kind, *_ in kinds} <= {"History", "Popularity"}
    # A user with an odd number buys items from 20 on.
    assert all(int(rest[-1][1:]) >= 20 for kind, *rest in kinds if kind == "History")
    assert all(share.endswith("%") for _, share, *_ in kinds)


def test_a_named_item_taken_away_lowers_the_item_it_speaks_for(clients, did, campaign):
    bought = ["i3", "i7", "i11", "i4"]
    did("whole", bought)

    with headers(clients.personalize_runtime, reasons="true") as client:
        found = ask(client, campaign, "whole")
    strongest = {item["itemId"]: item["reason"][0].split(" ", 2) for item in found if item.get("reason")}
    named = {item_id: reason[2] for item_id, reason in strongest.items() if reason[0] == "History"}
    for taken in set(named.values()):
        did(f"without-{taken}", [item for item in bought if item != taken])

    assert named
    before = {item["itemId"]: item["score"] for item in found}
    for item_id, taken in named.items():
        after = {i["itemId"]: i["score"] for i in ask(clients.personalize_runtime, campaign, f"without-{taken}")}
        assert after.get(item_id, 0.0) < before[item_id]


def test_a_tag_of_the_campaign_asks_for_reasons_and_a_header_can_decline(clients, campaign):
    tags = [{"tagKey": "tastemaker:reasons", "tagValue": "true"}]
    clients.personalize.tag_resource(resourceArn=campaign, tags=tags)

    assert all(item["reason"] for item in ask(clients.personalize_runtime, campaign))
    with headers(clients.personalize_runtime, reasons="false") as client:
        assert not any("reason" in item for item in ask(client, campaign))


def test_a_header_that_says_neither_yes_nor_no_is_refused(clients, campaign):
    with headers(clients.personalize_runtime, reasons="perhaps") as client, pytest.raises(ClientError) as refused:
        ask(client, campaign)

    assert code(refused) == "InvalidInputException"
    assert "x-tastemaker-reasons must be true or false, not perhaps" in message(refused)


def test_a_ranking_says_why_and_of_unknown_items_nothing(clients, campaign):
    with headers(clients.personalize_runtime, reasons="true") as client:
        found = client.get_personalized_ranking(campaignArn=campaign, userId="u1", inputList=["i21", "i2", "never"])

    ranked = {item["itemId"]: item.get("reason") for item in found["personalizedRanking"]}
    assert list(ranked) == ["i21", "i2", "never"]
    assert ranked["i21"][0].startswith("History")
    assert ranked["never"] is None


def test_promoted_items_are_there_for_the_promotion(clients, group, campaign, world):
    rule = clients.personalize.create_filter(
        name="promoted", datasetGroupArn=group, filterExpression='INCLUDE ItemID WHERE Items.ITEM_ID IN ("i1","i2")'
    )["filterArn"]
    world.run()

    with headers(clients.personalize_runtime, reasons="true") as client:
        found = ask(client, campaign, promotions=[{"name": "p", "percentPromotedItems": 20, "filterArn": rule}])

    promoted = [item for item in found if "promotionName" in item]
    assert {item["itemId"] for item in promoted} == {"i1", "i2"}
    assert all(item["reason"] == ["Promoted item"] for item in promoted)
    assert all(item["reason"][0].split(" ")[0] in {"History", "Popularity"} for item in found if item not in promoted)


def test_explored_items_are_there_by_chance(clients, build, group):
    config = {"itemExplorationConfig": {"explorationWeight": "1"}}
    version = build.version(build.solution(group, "aws-user-personalization"))
    campaign = build.campaign(version, campaignConfig=config)

    with headers(clients.personalize_runtime, reasons="true") as client:
        found = [item for n in range(20) for item in ask(client, campaign, f"u{n}")]

    by_chance = [item for item in found if item.get("reason") == ["Exploration"]]
    assert by_chance
    assert len(by_chance) < len(found)


def test_a_related_item_names_the_one_it_is_like(clients, build, group):
    campaign = build.campaign(build.version(build.solution(group, "aws-sims")))

    with headers(clients.personalize_runtime, reasons="true") as client:
        found = client.get_recommendations(campaignArn=campaign, itemId="i3", numResults=5)["itemList"]

    assert [item["reason"] for item in found] == [["Item 100% i3"]] * 5
