"""One clock that is wrong changes nothing of what others are shown, nor what its own user does next."""

import json

import pytest

from tests.actions import ACTIONS, DAY, EVENT_TYPE, FIELDS, bought, offered
from tests.unit.operations.runtime.market import NEWEST, OLD, V1, V2, configured, with_news

CREATED = {"name": "CREATION_TIMESTAMP", "type": ["null", "long"]}
AHEAD = [2 * 3_600, 43 * DAY, 365 * DAY]


@pytest.fixture
def put(build, clients):
    trackers = {}

    def call(group: str, user: str, items: dict[str, float], **members) -> None:
        trackers[group] = trackers.get(group) or build.tracker(group)
        events = [{"eventType": "buy", "itemId": item, "sentAt": moment, **members} for item, moment in items.items()]
        clients.personalize_events.put_events(trackingId=trackers[group], userId=user, sessionId="s", eventList=events)

    return call


@pytest.fixture
def ask(clients):
    def call(campaign: str, user: str, k: int = 10) -> list[str]:
        reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId=user, numResults=k)
        return [item["itemId"] for item in reply["itemList"]]

    return call


def explored(ask, campaign: str) -> set[str]:
    return {item for n in range(30) for item in ask(campaign, f"u{n}") if not item.startswith("i")}


def a_market(build, *, events: str = "", items: str) -> str:
    group = build.group()
    build.imported(build.dataset(group, "Interactions", EVENT_TYPE), OLD + events)
    build.imported(build.dataset(group, "Items", CREATED), items)
    return group


@pytest.mark.parametrize("ahead", AHEAD)
def test_young_items_are_explored_though_an_event_of_the_future_was_imported(world, build, ask, ahead):
    events = f"u5,i1,{int(world.now) + ahead},buy\n"
    group = a_market(build, events=events, items=with_news(new=NEWEST - DAY, late=NEWEST - 20 * DAY))
    campaign = build.campaign(build.version(build.solution(group, V1)), **configured("1"))

    assert explored(ask, campaign) == {"new", "late"}


@pytest.mark.parametrize("ahead", AHEAD)
def test_young_items_are_explored_though_an_event_of_the_future_was_put(world, build, ask, put, ahead):
    now = int(world.now)
    group = a_market(build, items=with_news(new=now - DAY, late=now - 20 * DAY, old=NEWEST))
    put(group, "u5", {"i1": now + ahead})
    campaign = build.campaign(build.version(build.solution(group, V1)), **configured("1"))

    assert explored(ask, campaign) == {"new", "late"}


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
def test_old_items_are_not_young_for_being_dated_in_smaller_units(build, ask, unit):
    group = a_market(build, items=with_news(new=(NEWEST - DAY) * unit, old=(NEWEST - 390 * DAY) * unit))
    campaign = build.campaign(build.version(build.solution(group, V1)), **configured("1"))

    assert explored(ask, campaign) == {"new"}


def test_an_item_dated_in_the_future_is_as_old_as_its_first_event(build, ask):
    events = "".join(
        f"u{n},{item},{NEWEST - days * DAY},buy\n" for n in range(3) for item, days in (("a", 19), ("b", 5))
    )
    group = a_market(build, events=events, items=with_news(a=4_102_444_800, b=4_102_444_800))
    campaign = build.campaign(
        build.version(build.solution(group, V1)), **configured("1", explorationItemAgeCutOff="10")
    )

    assert explored(ask, campaign) == {"b"}


def test_items_put_since_the_training_are_as_old_as_they_say(build, ask, clients):
    group = a_market(build, items=with_news(new=NEWEST - DAY))
    campaign = build.campaign(build.version(build.solution(group, V1)), **configured("1"))
    [arn] = [
        each["datasetArn"]
        for each in clients.personalize.list_datasets(datasetGroupArn=group)["datasets"]
        if each["datasetType"] == "ITEMS"
    ]
    dates = {"put-old": NEWEST - 390 * DAY, "put-new": NEWEST - DAY}
    items = [{"itemId": n, "properties": json.dumps({"GENRE": "b", "creationTimestamp": d})} for n, d in dates.items()]
    clients.personalize_events.put_items(datasetArn=arn, items=items)

    assert explored(ask, campaign) == {"new", "put-new"}


@pytest.mark.parametrize("ahead", AHEAD)
@pytest.mark.parametrize("trained", ["before", "after"])
def test_what_a_user_does_after_an_event_of_the_future_counts_most(build, ask, put, ahead, trained):
    """Users of one taste buy i0 to i19, those of the other i20 to i39."""
    world = build.world
    group = a_market(build, items=with_news())
    wrong = [{f"i{n + 8 * half}": world.now + ahead + n for n in range(8)} for half in (0, 1)]
    if trained == "before":
        campaign = build.campaign(build.version(build.solution(group, V2)))
    for user, first in (("wrong", wrong), ("right", [dict.fromkeys(each, world.now - DAY) for each in wrong])):
        for items in first:
            put(group, user, items)
    world.later(days=0.1)
    for user in ("wrong", "right"):
        put(group, user, {f"i{n}": world.now + n - 10 for n in range(20, 30)})
    if trained == "after":
        campaign = build.campaign(build.version(build.solution(group, V2)))

    tastes = {user: sum(int(item[1:]) >= 20 for item in ask(campaign, user)) for user in ("wrong", "right")}

    assert tastes["right"] >= 5
    assert tastes["wrong"] >= tastes["right"] - 1


class Zoo:
    """What people who have cats or dogs are offered."""

    def __init__(self, build, clients, world) -> None:
        self.build, self.clients, self.world, self.group = build, clients, world, build.group()
        build.imported(build.dataset(self.group, "Interactions", EVENT_TYPE), bought())
        build.imported(build.dataset(self.group, "Actions", *FIELDS), ACTIONS)

    def offer(self, extra: str = "") -> None:
        self.actions = self.build.dataset(self.group, "ActionInteractions")
        self.build.imported(self.actions, offered() + extra)

    def put(self, user: str, action: str, type_: str, moment: float) -> None:
        tracking = self.clients.personalize.describe_dataset(datasetArn=self.actions)["dataset"]["trackingId"]
        event = {"actionId": action, "userId": user, "sessionId": "s", "eventType": type_, "timestamp": moment}
        self.clients.personalize_events.put_action_interactions(trackingId=tracking, actionInteractions=[event])

    def ask(self, campaign: str, user: str) -> dict[str, float]:
        reply = self.clients.personalize_runtime.get_action_recommendations(
            campaignArn=campaign, userId=user, numResults=100
        )
        return {each["actionId"]: each["score"] for each in reply["actionList"]}

    def campaign(self) -> str:
        return self.build.campaign(self.build.version(self.build.solution(self.group, "aws-next-best-action")))


@pytest.fixture
def zoo(build, clients, world):
    return Zoo(build, clients, world)


@pytest.mark.parametrize("way", ["imported", "put"])
def test_actions_keep_their_propensities_though_one_interaction_is_in_the_future(zoo, world, way):
    moment = int(world.now) + 365 * DAY
    zoo.offer(f"dog29,club,VIEWED,{moment}\n" if way == "imported" else "")
    if way == "put":
        zoo.put("dog29", "club", "Viewed", moment)

    found = zoo.ask(zoo.campaign(), "cat1")

    assert found["catfood"] > 0.6
    assert found["dogfood"] < 0.4


def test_an_action_taken_in_the_future_waits_from_its_recording_on(zoo, world):
    zoo.offer()
    campaign = zoo.campaign()
    zoo.put("cat1", "club", "Taken", world.now + 365 * DAY)
    taken = zoo.ask(campaign, "cat1")
    world.later(days=14.1)

    assert ("club" in taken, "club" in zoo.ask(campaign, "cat1")) == (False, True)


def test_an_item_rises_though_an_event_of_the_future_was_imported(world, build, ask):
    rise = [f"u{n},i39,{NEWEST - 60 - n},buy" for n in range(40)]
    events = "\n".join([*rise, f"u3,i1,{int(world.now) + 2 * 3_600},buy"]) + "\n"
    group = a_market(build, events=events, items=with_news())
    campaign = build.campaign(build.version(build.solution(group, "aws-trending-now")))

    assert ask(campaign, "u0")[0] == "i39"
