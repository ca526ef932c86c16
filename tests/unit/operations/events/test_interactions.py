"""PutEvents and PutActionInteractions: what is kept of an event, and which ones are refused."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from tastemaker import bootstrap
from tastemaker.wire.service import Service
from tests.unit.operations.errors import code, message
from tests.unit.operations.histories import shop

COLUMNS = (
    {"name": "NUM_RATINGS", "type": ["null", "int"]},
    {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
)

MOMENT = datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)


@pytest.fixture
def tracked(build):
    """A dataset group with two columns of its own for events, and its tracking id."""
    group = build.group()
    build.dataset(group, "Interactions", *COLUMNS)
    return group, build.tracker(group)


@pytest.fixture
def put(clients, tracked):
    def call(*events, user="u", session="s"):
        own = {"eventType": "view", "sentAt": 1_750_000_000, "itemId": "i"}
        given = [{name: value for name, value in {**own, **event}.items() if value is not None} for event in events]
        owner = {"userId": user} if user else {}
        clients.personalize_events.put_events(trackingId=tracked[1], sessionId=session, eventList=given, **owner)

    return call


@pytest.fixture
def kept(world, tracked):
    return lambda user="u": world.events.history(tracked[0], user, limit=100)


def refused(put, *events):
    with pytest.raises(ClientError) as error:
        put(*events)
    assert code(error) == "InvalidInputException"
    return message(error)


def test_everything_an_event_says_is_kept(put, kept):
    put(
        {
            "eventId": "e",
            "eventValue": 0.5,
            "properties": '{"numRatings": "12", "DEVICE": ["tv", "phone"], "unknown": 1}',
            "impression": ["i", "j"],
            "recommendationId": "RID",
            "metricAttribution": {"eventAttributionSource": "shop"},
        }
    )

    (event,) = kept()
    assert event.pop("recorded") > 0
    assert event == {
        "user_id": "u",
        "anonymous": False,
        "session_id": "s",
        "item_id": "i",
        "event_type": "view",
        "event_value": 0.5,
        "timestamp": 1_750_000_000,
        "event_id": "e",
        "properties": {"NUM_RATINGS": 12, "DEVICE": "tv|phone"},
        "impression": ["i", "j"],
        "recommendation_id": "RID",
        "source": "shop",
    }


def test_item_and_value_may_stand_in_the_properties(put, kept):
    put({"itemId": None, "properties": '{"itemId": 270, "event_value": "3.5"}'})

    assert [(event["item_id"], event["event_value"]) for event in kept()] == [("270", 3.5)]


RESERVED = {
    "userId": "userId of the call",
    "sessionId": "sessionId of the call",
    "eventType": "eventType of the event",
    "timestamp": "sentAt of the event",
    "recommendationId": "recommendationId of the event",
    "impression": "impression of the event",
    "eventAttributionSource": "metricAttribution.eventAttributionSource of the event",
}


def spellings(name):
    """The name as an event has it, as a column has it, in lower case, with underscores."""
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return [name, snake, snake.upper(), name.lower(), name.capitalize()]


@pytest.mark.parametrize("name", RESERVED)
def test_a_reserved_name_in_properties_is_refused_with_its_own_place(put, kept, name):
    for spelling in spellings(name):
        told = refused(put, {}, {"properties": json.dumps({"device": "tv", spelling: "x"})})

        assert told == (
            f"eventList.2.member: properties must not hold {spelling!r}, which is reserved: "
            f"it is {'' if name == 'eventAttributionSource' else 'the member '}{RESERVED[name]}."
        )
    assert kept() == []


@pytest.mark.parametrize("value", [None, "", 5, ["a"], {"a": 1}])
def test_a_reserved_name_is_refused_whatever_its_value(put, value):
    assert "properties must not hold 'userId'" in refused(put, {"properties": json.dumps({"userId": value})})


def test_an_item_may_be_named_twice_but_not_two_items(put, kept):
    put({"itemId": "270", "properties": '{"ITEM_ID": 270}'}, {"itemId": "271", "properties": '{"itemId": null}'})

    assert {event["item_id"] for event in kept()} == {"270", "271"}
    assert refused(put, {"itemId": "i", "properties": '{"itemId": "j"}'}) == (
        "eventList.1.member: itemId is 'i', but 'j' in properties."
    )


@pytest.mark.parametrize(
    "moment",
    [
        1_750_000_000,
        1_750_000_000.9,
        "1750000000",
        "2025-06-15T15:06:40Z",
        datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC),
    ],
)
def test_the_moment_may_be_written_as_boto3_takes_it(put, kept, moment):
    put({"sentAt": moment})

    assert [event["timestamp"] for event in kept()] == [MOMENT.timestamp()]


def test_old_and_future_events_in_any_order_are_kept_by_their_own_time(put, kept):
    put({"sentAt": 4_000_000_000, "itemId": "c"}, {"sentAt": 0, "itemId": "a"}, {"sentAt": 9, "itemId": "b"})

    assert [event["item_id"] for event in kept()] == ["a", "b", "c"]


@pytest.mark.parametrize("moment", [-1, 200_000_000_000])
def test_moments_before_1970_and_beyond_the_year_5000_are_refused(put, moment):
    assert "seconds since 1970" in refused(put, {"sentAt": moment})


def test_milliseconds_are_named_as_what_they_are(put):
    # boto3 itself takes no later moment than the year 9999.
    assert refused(put, {"sentAt": 170_000_000_000}) == (
        "eventList.1.member: sentAt must be seconds since 1970: 170000000000 looks like milliseconds; "
        "it must be in seconds."
    )


def test_an_event_without_an_item_is_refused_by_its_place_and_none_of_the_call_is_kept(put, kept):
    assert refused(put, {}, {"itemId": None}) == (
        "eventList.2.member: itemId is required, as a member or inside properties."
    )
    assert kept() == []


def test_a_property_that_does_not_fit_its_column_is_refused(put):
    assert refused(put, {"properties": '{"numRatings": "many"}'}) == (
        "eventList.1.member: column NUM_RATINGS: 'many' must be an integer of at most 32 bits."
    )


def test_an_event_of_more_than_ten_kilobytes_is_refused(put):
    many = {"impression": ["é" * 255 + str(n % 10) for n in range(25)]}

    assert "at most 10240" in refused(put, many)


def test_an_event_id_counts_once_whatever_comes_after_it(put, kept):
    put({"eventId": "e", "itemId": "first"})
    put({"eventId": "e", "itemId": "second"})

    assert [event["item_id"] for event in kept()] == ["first"]


def test_an_exact_repetition_counts_once_and_anything_else_again(put, kept):
    put({}, {}, {"properties": '{"device": "tv"}'})
    put({})
    put({"eventType": "buy"})

    assert len(kept()) == 3


def test_a_session_without_a_user_has_its_own_history(put, kept):
    put({}, user=None)

    assert [event["anonymous"] for event in kept("s")] == [True]
    assert kept() == []


def test_an_event_recorded_late_counts_however_many_newer_ones_there_are(clients, world, trained_shop):
    group, campaign, tracking = trained_shop
    newer = [
        {
            "user_id": "u",
            "anonymous": False,
            "session_id": "s",
            "item_id": "i0",
            "event_type": "view",
            "timestamp": 2_000_000_000 + n,
            "event_id": str(n),
            "recorded": 1.0,
        }
        for n in range(600)
    ]
    world.events.put(group, newer)

    def ask():
        reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u")
        return [item["itemId"] for item in reply["itemList"]]

    before = ask()
    clients.personalize_events.put_events(
        trackingId=tracking,
        sessionId="s",
        userId="u",
        eventList=[{"eventType": "view", "sentAt": 1_600_000_000 + n, "itemId": f"i{20 + n}"} for n in range(3)],
    )

    assert ask() != before


@pytest.fixture
def trained_shop(build):
    group = build.group()
    build.imported(build.dataset(group), shop())
    tracking = build.tracker(group)
    return group, build.campaign(build.version(build.solution(group, "aws-user-personalization-v2"))), tracking


def test_a_session_that_logs_in_gives_its_earlier_events_to_the_user(clients, build, trained_shop):
    group, _, tracking = trained_shop

    def put(item, **owner):
        event = {"eventType": "view", "sentAt": 1_750_000_000, "itemId": item}
        clients.personalize_events.put_events(trackingId=tracking, sessionId="s", eventList=[event], **owner)

    put("i1")
    put("i2", userId="late")
    campaign = build.campaign(build.version(build.solution(group, "aws-user-personalization-v2")))

    def ask(user):
        reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId=user, numResults=10)
        return [item["itemId"] for item in reply["itemList"]]

    assert {int(item[1:]) < 20 for item in ask("late")} == {True}
    assert ask("late") != ask("nobody")


@pytest.fixture
def act(clients, personalize, build):
    group = build.group()
    dataset = build.dataset(group, "ActionInteractions")
    tracking = personalize.describe_dataset(datasetArn=dataset)["dataset"]["trackingId"]

    def call(*interactions, tracking_id=tracking):
        own = {"actionId": "a", "sessionId": "s", "timestamp": 5, "eventType": "Taken"}
        clients.personalize_events.put_action_interactions(
            trackingId=tracking_id, actionInteractions=[{**own, **each} for each in interactions]
        )
        return dataset

    return call


def test_what_users_did_with_actions_is_kept_apart_from_their_events(act, world):
    dataset = act({"userId": "u", "eventType": "Not Taken"}, {"eventType": "viewed"})

    (of_user,), (of_session,) = (world.events.history(dataset, owner, limit=5) for owner in ("u", "s"))
    assert (of_user["action_id"], of_user["event_type"], of_user["anonymous"]) == ("a", "NOT_TAKEN", False)
    assert (of_session["event_type"], of_session["anonymous"]) == ("VIEWED", True)
    assert list(world.events.recorded(dataset.rpartition("/")[0], before=9e9)) == []


def test_an_action_event_of_another_type_is_refused(act):
    with pytest.raises(ClientError) as error:
        act({"eventType": "click"})

    assert message(error) == "actionInteractions.1.member: eventType must be Taken, Not Taken or Viewed, not 'click'."


@pytest.mark.parametrize("name", RESERVED)
def test_a_reserved_name_in_the_properties_of_an_action_event_is_refused(act, name):
    for spelling in spellings(name):
        with pytest.raises(ClientError) as error:
            act({}, {"properties": json.dumps({spelling: "x"})})

        assert code(error) == "InvalidInputException"
        place = "interactions with actions have none"
        place = place if name == "eventAttributionSource" else f"it is the member {name} of the interaction"
        assert message(error) == (
            f"actionInteractions.2.member: properties must not hold {spelling!r}, which is reserved: {place}."
        )


def test_an_action_event_may_name_its_action_twice_but_not_two(act):
    act({"properties": '{"ACTION_ID": "a"}'})
    with pytest.raises(ClientError) as error:
        act({"properties": '{"actionId": "b"}'})

    assert message(error) == "actionInteractions.1.member: actionId is 'a', but 'b' in properties."


def test_an_unknown_tracking_id_of_actions_is_not_found(act):
    with pytest.raises(ClientError) as error:
        act({}, tracking_id="nowhere")

    assert code(error) == "ResourceNotFoundException"


@pytest.fixture
def reads(world, monkeypatch):
    """How often the store of resources was read, by the way of reading."""
    counts = Counter()

    def counting(name, read):
        def counted(*arguments, **members):
            counts[name] += 1
            return read(*arguments, **members)

        return counted

    for name in ("find", "get", "page"):
        monkeypatch.setattr(world.resources, name, counting(name, getattr(world.resources, name)))
    return counts


def test_a_tracking_id_leads_to_its_dataset_without_a_search_the_second_time(act, build, reads):
    for _ in range(3):
        build.dataset()
    act({"userId": "u"})
    reads.clear()

    act({"userId": "u"})

    assert reads == {"find": 1, "get": 1}  # the dataset, and its schema


def test_a_tracking_id_does_not_lead_to_the_next_dataset_of_its_name(act, build, world, personalize):
    dataset = act({"userId": "u"})
    group = personalize.describe_dataset(datasetArn=dataset)["dataset"]["datasetGroupArn"]
    personalize.delete_dataset(datasetArn=dataset)
    world.run()

    assert build.dataset(group, "ActionInteractions") == dataset
    with pytest.raises(ClientError) as error:
        act({"userId": "u"})

    assert code(error) == "ResourceNotFoundException"
    assert message(error).endswith(" does not belong to an Action_Interactions dataset.")


def test_a_dataset_on_its_way_out_takes_no_more_of_what_users_do(act, personalize):
    dataset = act({"userId": "u"})
    personalize.delete_dataset(datasetArn=dataset)

    with pytest.raises(ClientError) as error:
        act({"userId": "u"})

    assert message(error) == f"The dataset {dataset} is not ACTIVE; its status is DELETE PENDING."


def test_deleting_the_dataset_deletes_what_users_did_with_actions(act, world, personalize):
    dataset = act({"userId": "u"})

    personalize.delete_dataset(datasetArn=dataset)
    world.run()

    assert world.events.history(dataset, "u", limit=5) == []


def test_an_event_is_read_back_as_it_was_written(put, kept):
    put({"properties": json.dumps({"device": 'a "quoted"\nline, and ü'})})

    assert kept()[0]["properties"] == {"DEVICE": 'a "quoted"\nline, and ü'}


def test_a_request_of_raw_http_may_send_properties_as_an_object(world, tracked):
    service = Service("personalize-events", bootstrap.operation_table("personalize-events"), world.context)
    event = {"eventType": "view", "sentAt": 1_750_000_000.5, "properties": {"ItemId": 7, "device": ["tv"]}}
    body = json.dumps({"trackingId": tracked[1], "sessionId": "s", "eventList": [event]})

    reply = service.handle({"httpMethod": "POST", "path": "/events", "headers": {}, "body": body})

    assert reply["statusCode"] == 200
    assert [event["properties"] for event in world.events.history(tracked[0], "s", limit=5)] == [{"DEVICE": "tv"}]
