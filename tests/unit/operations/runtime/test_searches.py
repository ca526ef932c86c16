"""SearchItems, SearchUsers and GetUserHistory, operations of our own: what is found in a model, and what was done."""

import json

import pytest
from botocore.exceptions import ClientError

from tastemaker.domain.resources.paging import make_token
from tests.unit.operations.errors import code, message
from tests.unit.operations.runtime.market import NEWEST

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def market(build):
    """Sixty users of seven shelves of books, which have titles."""
    group = build.group()
    rows = [
        f"u{n:02d},b{n % 7}{k % 5},{1_700_000_000 + k},{'buy' if k % 5 else 'view'}"
        for n in range(60)
        for k in range(20)
    ]
    kind = {"name": "EVENT_TYPE", "type": ["null", "string"]}
    build.imported(
        build.dataset(group, "Interactions", kind), "\n".join(["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", *rows]) + "\n"
    )
    title = {"name": "TITLE", "type": ["null", "string"]}
    books = [f"b{n}{k},{'ab'[k % 2]},The Tale of {n} and {k}" for n in range(7) for k in range(5)]
    about = "\n".join(["ITEM_ID,GENRE,TITLE", *books, f"odd,a,{HOSTILE}"]) + "\n"
    build.imported(build.dataset(group, "Items", title), about)
    return group


@pytest.fixture
def campaign(build, market):
    solution = build.solution(market, "aws-user-personalization-v2", performAutoTraining=False)
    return build.campaign(build.version(solution))


@pytest.fixture
def runtime(clients):
    return clients.personalize_runtime


def test_events_of_an_item_are_counted_if_that_is_asked_for(runtime, campaign):
    counted = runtime.search_items(sourceArn=campaign, itemIds=["b30", "odd"], countEvents=True)["items"]
    searched = runtime.search_items(sourceArn=campaign, text="b30", countEvents=True)["items"]
    silent = runtime.search_items(sourceArn=campaign, itemIds=["b30"])["items"]

    # Each of the nine users of the shelf took each of its five books four times.
    assert [item["events"] for item in counted] == [36, 0]
    assert [item["events"] for item in searched] == [36]
    assert "events" not in silent[0]


def test_items_are_found_by_the_beginning_of_their_id_and_inside_their_name(runtime, campaign):
    by_id = runtime.search_items(sourceArn=campaign, text="B3")
    by_name = runtime.search_items(sourceArn=campaign, text="tale of 6 and 4")
    hostile = runtime.search_items(sourceArn=campaign, text="<img")

    assert [item["itemId"] for item in by_id["items"]] == ["b30", "b31", "b32", "b33", "b34"]
    assert by_id["nameColumn"] == "TITLE"
    assert by_name["items"] == [
        {
            "itemId": "b64",
            "known": True,
            "name": "The Tale of 6 and 4",
            "metadata": {"TITLE": "The Tale of 6 and 4", "GENRE": "a"},
        }
    ]
    assert hostile["items"][0]["name"] == HOSTILE


def test_pages_of_a_search_join_to_the_whole(runtime, campaign):
    ids, token = [], {}
    while True:
        page = runtime.search_items(sourceArn=campaign, maxResults=10, **token)
        ids += [item["itemId"] for item in page["items"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}

    assert (len(ids), ids) == (36, sorted(ids))
    with pytest.raises(ClientError) as refusal:
        runtime.search_items(sourceArn=campaign, text="b", **token)
    assert "nextToken is not valid" in message(refusal)


@pytest.mark.parametrize("place", ["next", "-3", "1.5", "9" * 5000])
def test_a_token_of_somebodys_own_making_is_refused(runtime, campaign, place):
    with pytest.raises(ClientError) as refusal:
        runtime.search_users(sourceArn=campaign, nextToken=make_token(f"users\n{campaign}\n", place))

    assert code(refusal) == "InvalidInputException"
    assert message(refusal) == "nextToken is not valid: the token is malformed."


def test_items_are_told_of_by_their_ids_in_the_order_asked(runtime, campaign):
    items = runtime.search_items(sourceArn=campaign, itemIds=["b11", "nothing", "b00"])["items"]

    assert [(item["itemId"], item["known"], item.get("name")) for item in items] == [
        ("b11", True, "The Tale of 1 and 1"),
        ("nothing", False, None),
        ("b00", True, "The Tale of 0 and 0"),
    ]
    with pytest.raises(ClientError) as refusal:
        runtime.search_items(sourceArn=campaign, itemIds=["b11"], text="b")
    assert message(refusal) == "Either itemIds or text may be given."


def test_an_item_that_was_put_since_is_found_by_its_new_name(clients, runtime, campaign, market):
    dataset = f"{market.replace('dataset-group', 'dataset')}/ITEMS"
    put = [
        {"itemId": "b00", "properties": json.dumps({"title": "Renamed"})},
        {"itemId": "zzz", "properties": json.dumps({"title": "Renamed too"})},
    ]
    clients.personalize_events.put_items(datasetArn=dataset, items=put)

    found = runtime.search_items(sourceArn=campaign, text="renamed")["items"]

    assert [(item["itemId"], item["name"]) for item in found] == [("b00", "Renamed"), ("zzz", "Renamed too")]


def test_users_are_found_by_the_beginning_of_their_id(runtime, campaign):
    first = runtime.search_users(sourceArn=campaign, text="u1", maxResults=6)
    rest = runtime.search_users(sourceArn=campaign, text="u1", maxResults=6, nextToken=first["nextToken"])

    assert [user["userId"] for user in first["users"] + rest["users"]] == [f"u1{n}" for n in range(10)]
    assert {user["events"] for user in first["users"]} == {20}
    assert "nextToken" not in rest
    for nobody in ("nobody", "U", "u1" * 100):
        assert runtime.search_users(sourceArn=campaign, text=nobody)["users"] == []


def test_a_history_joins_what_was_learned_from_with_what_was_recorded_since(build, clients, runtime, campaign, market):
    event = {"eventType": "click", "sentAt": NEWEST, "itemId": "b66"}
    tracker = build.tracker(market)
    clients.personalize_events.put_events(trackingId=tracker, userId="u01", sessionId="s", eventList=[event])

    events = runtime.get_user_history(sourceArn=campaign, userId="u01", maxResults=3)["events"]

    assert [(each["itemId"], each.get("eventType"), each["sinceTraining"]) for each in events] == [
        ("b66", "click", True),
        ("b14", "buy", False),
        ("b13", "buy", False),
    ]
    assert runtime.get_user_history(sourceArn=campaign, userId="a stranger")["events"] == []


def test_without_a_user_it_is_what_everybody_did_within_the_hour(build, clients, campaign, market, world):
    tracker, runtime = build.tracker(market), clients.personalize_runtime
    for user, item in [("u01", "b66"), ("a stranger", "b11"), ("u02", "b12")]:
        event = {"eventType": "click", "sentAt": NEWEST, "itemId": item}
        clients.personalize_events.put_events(trackingId=tracker, userId=user, sessionId="s", eventList=[event])
        world.now += 60

    events = runtime.get_user_history(sourceArn=campaign, maxResults=2)["events"]

    assert [(each["userId"], each["itemId"], each["sinceTraining"]) for each in events] == [
        ("u02", "b12", True),
        ("a stranger", "b11", True),
    ]
    world.now += 3600
    assert runtime.get_user_history(sourceArn=campaign)["events"] == []


@pytest.mark.parametrize("ask", ["search_items", "search_users", "get_user_history"])
def test_only_campaigns_and_recommenders_can_be_searched(runtime, market, ask):
    user = {"userId": "u01"} if ask == "get_user_history" else {}

    with pytest.raises(ClientError) as refusal:
        getattr(runtime, ask)(sourceArn=market, **user)

    assert code(refusal) == "InvalidInputException"
    assert message(refusal).startswith("sourceArn must be the ARN of a campaign or a recommender")
