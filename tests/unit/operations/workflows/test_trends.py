"""Trending-Now between trainings: events that are put change everybody's list at the next interval."""

import json
from dataclasses import replace

import pytest

from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.upkeep import trending
from tests.fields import INTERACTIONS, ITEMS
from tests.unit.operations.executions import run_machine
from tests.unit.operations.headers import headers
from tests.unit.operations.workflows.tastes import (
    CREATED,
    DAY,
    EVENT_TYPE,
    EVENT_VALUE,
    GENRES,
    clicks_and_purchases,
    two_tastes,
    viewing,
)

HOUR = 3600
NEWS = 'INCLUDE ItemID WHERE Items.GENRE IN ("b")'
DONE = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click")'


class Stage:
    """A dataset group with everything imported, and what is done with it."""

    def __init__(self, world, build, clients, group: str) -> None:
        self.world, self.build, self.clients, self.group = world, build, clients, group
        self.tracking = ""

    def deploy(self, frequency: str = "2 hours", **members) -> str:
        """Train a trending solution and deploy it."""
        config = {"featureTransformationParameters": {"trend_discovery_frequency": frequency}}
        members = {"solutionConfig": config, "performAutoTraining": False, **members}
        return self.build.campaign(self.build.version(self.build.solution(self.group, "aws-trending-now", **members)))

    def put(self, item: str, count: int = 30, *, ago: float = 0, crowd: object = "", **members) -> None:
        """Put events of an item by so many users of a crowd, now or a while ago."""
        self.tracking = self.tracking or self.build.tracker(self.group)
        for number in range(count):
            event = {"eventType": "click", "sentAt": int(self.world.now - ago), "itemId": item, **members}
            user = {"trackingId": self.tracking, "userId": f"u{crowd}{number}", "sessionId": "s"}
            self.clients.personalize_events.put_events(**user, eventList=[event])

    def reply(self, arn: str, k: int = 5, **members) -> dict:
        source = "recommenderArn" if ":recommender/" in arn else "campaignArn"
        return self.clients.personalize_runtime.get_recommendations(**{source: arn}, numResults=k, **members)

    def ask(self, arn: str, k: int = 5, **members) -> list[str]:
        return [item["itemId"] for item in self.reply(arn, k, **members)["itemList"]]

    def replay(self, reply: dict) -> dict:
        return self.clients.personalize_runtime.replay_recommendation(recommendationId=reply["recommendationId"])

    def rule(self, expression: str) -> str:
        arn = self.build.client.create_filter(
            name=self.build.name(), datasetGroupArn=self.group, filterExpression=expression
        )["filterArn"]
        self.world.run()
        return arn

    def look(self, *, hours: float = 0.0, day: float = DAY) -> list[str]:
        """Let time pass and the schedule look; return whose trends it refreshed."""
        self.world.now += hours * HOUR
        return run_machine("schedule", {"day": day}, Deps(**self.world.parts))["refreshed"]

    def found(self, arn: str) -> dict:
        """Return what was found of a campaign's trends."""
        return json.loads(self.world.objects.read("models", self.world.resources.get(arn)["_trends"]["key"]))

    def stored(self) -> list[str]:
        """Return the keys of all trends."""
        return [key for bucket, key in self.world.objects.objects if bucket == "models" and key.startswith("trends.")]


def stocked(build):
    """Make a dataset group with views of two tastes, and what they are of."""
    group = build.group()
    rows = two_tastes().replace("\n", ",view\n").replace("TIMESTAMP,view", "TIMESTAMP,EVENT_TYPE")
    build.imported(build.dataset(group, "Interactions", EVENT_TYPE), rows)
    genres = "".join(f"i{item},{'ab'[item // 20]}\n" for item in range(40))
    build.imported(build.dataset(group, "Items"), f"ITEM_ID,GENRE\n{genres}")
    return group


@pytest.fixture
def stage(world, build, clients, once):
    return Stage(world, build, clients, once(lambda: stocked(build)))


@pytest.fixture
def campaign(stage, once):
    return once(stage.deploy)


def test_what_rises_in_put_events_stands_first_at_the_next_interval(stage, campaign, personalize):
    before = stage.ask(campaign, 40)
    described = personalize.describe_campaign(campaignArn=campaign)["campaign"]
    stage.put(before[-1])
    early = (stage.look(hours=1.9), stage.ask(campaign, 40))

    refreshed = stage.look(hours=0.2)

    after = stage.ask(campaign, 40)
    assert early == ([], before)
    assert refreshed == [campaign]
    assert (after[0], sorted(after)) == (before[-1], sorted(before))
    assert personalize.describe_campaign(campaignArn=campaign)["campaign"] == described
    assert len(personalize.list_solution_versions()["solutionVersions"]) == 1


def test_one_users_clicks_are_no_trend_between_trainings_either(stage, campaign):
    for number in range(100):
        stage.put("i9", 1, ago=number)

    stage.look(hours=2.1)

    assert stage.found(campaign)["rising"] == []


def test_what_rises_is_there_for_its_trend_and_the_rest_for_its_popularity(stage, campaign):
    stage.put("i7")
    stage.look(hours=2.1)

    with headers(stage.clients.personalize_runtime, reasons="true"):
        found = stage.reply(campaign)["itemList"]

    assert [item["reason"] for item in found] == [["Trend 100%"], *[["Popularity 100%"]] * 4]


def test_an_item_put_since_the_training_may_rise_and_be_filtered(stage, campaign):
    dataset = stage.group.replace("dataset-group", "dataset") + "/ITEMS"
    items = [{"itemId": "fresh", "properties": '{"genre": "b"}'}, {"itemId": "idle", "properties": '{"genre": "b"}'}]
    stage.clients.personalize_events.put_items(datasetArn=dataset, items=items)
    stage.put("fresh")
    stage.look(hours=2.1)

    reply = stage.reply(campaign, 40, filterArn=stage.rule(NEWS))
    found = [item["itemId"] for item in reply["itemList"]]

    assert (found[0], found[-1], len(found)) == ("fresh", "idle", 22)
    assert stage.replay(reply)["identical"]


def test_looking_twice_does_nothing_twice(stage, campaign):
    stage.put("i7")
    first, keys, answer = stage.look(hours=2.1), stage.stored(), stage.ask(campaign)

    assert (first, stage.look(), stage.look(hours=2.1)) == ([campaign], [], [])
    assert (stage.stored(), stage.ask(campaign)) == (keys, answer)


def test_a_trend_that_is_over_goes_and_an_item_that_falls_stands_last(stage, campaign):
    stage.put("i7")
    stage.look(hours=2.1)
    stage.world.now += HOUR
    for other in ("i1", "i2", "i3", "i4"):
        stage.put(other)

    stage.look(hours=1.5)

    found = stage.ask(campaign, 40)
    assert set(found[:4]) == {"i1", "i2", "i3", "i4"}
    assert found[-1] == "i7"


@pytest.mark.parametrize(
    ("frequency", "after"), [("30 minutes", 0.5), ("1 hour", 1), ("2 hours", 2), ("3 hours", 2), ("1 day", 2)]
)
def test_trends_are_looked_for_at_each_interval_but_every_two_hours_at_least(stage, frequency, after):
    campaign = stage.deploy(frequency)
    stage.put("i7")

    assert stage.look(hours=after - 0.1) == []
    assert stage.look(hours=0.2) == [campaign]


def test_the_longer_interval_is_compared_all_the_same(stage):
    daily, hourly = stage.deploy("1 day"), stage.deploy("1 hour")
    for hour in range(40):
        stage.put("i8", 2, ago=hour * HOUR, crowd=f"{hour}-")
        stage.put("i7", 2 * (hour < 20), ago=hour * HOUR, crowd=f"{hour}-")

    stage.look(hours=2.1)

    assert [stage.found(each)["rising"] for each in (daily, hourly)] == [["i7"], []]
    assert stage.ask(daily, 1) == ["i7"]


def test_a_demonstration_rests_less_between_two_looks(stage, campaign):
    stage.put("i7")

    assert stage.look(hours=1 / 1_000, day=60.0) == []
    assert stage.look(hours=1 / 1_000, day=60.0) == [campaign]


def test_a_new_item_is_there_without_a_training_and_filters_ask_what_they_can_of_it(stage, campaign):
    stage.put("brand-new")
    stage.put("i25", 20)
    before = stage.ask(campaign)
    stage.look(hours=2.1)
    news, others, done = map(stage.rule, (NEWS, NEWS.replace("INCLUDE", "EXCLUDE"), DONE))

    assert "brand-new" not in before
    assert stage.ask(campaign)[:2] == ["brand-new", "i25"]
    # It has no genre that was known at training, so nothing that asks for one finds it.
    assert stage.ask(campaign, filterArn=news)[0] == "i25"
    assert stage.ask(campaign, filterArn=others)[0] == "brand-new"
    assert not {"brand-new", "i25"} & {*stage.ask(campaign, 40, filterArn=done, userId="u1")}
    assert stage.ask(campaign, filterArn=done, userId="u25")[0] == "i25"


def test_promotions_hold(stage, campaign):
    stage.put("brand-new")
    stage.put("i25", 20)
    stage.look(hours=2.1)

    promotion = {"name": "p", "filterArn": stage.rule(NEWS), "percentPromotedItems": 40}
    items = stage.reply(campaign, promotions=[promotion])["itemList"]

    promoted = [item["itemId"] for item in items if "promotionName" in item]
    others = [item["itemId"] for item in items if "promotionName" not in item]
    assert (len(promoted), promoted[0], others[0]) == (2, "i25", "brand-new")


def test_only_events_count_that_the_solution_learns_from(world, build, clients):
    stage = Stage(world, build, clients, build.group())
    build.imported(build.dataset(stage.group, "Interactions", EVENT_TYPE, EVENT_VALUE), clicks_and_purchases())
    campaign = stage.deploy(eventType="Purchase", solutionConfig={"eventValueThreshold": "2"})
    stage.put("i7", 40, eventType="Click", eventValue=5)
    stage.put("i8", 40, eventType="purchase", eventValue=1)
    stage.put("i9", 40, eventType="purchase")
    stage.put("i30", 10, eventType="purchase", eventValue=2)

    stage.look(hours=2.1)

    found = stage.ask(campaign, 50)
    assert found[0] == "i30"
    assert not {"i7", "i8", "i9"} & {*found}


def test_repetitions_strangers_and_clocks_that_are_wrong_do_not_count(stage, campaign):
    stage.put("i7", 30, eventId="the same")
    stage.put("i8", 1, ago=-900 * DAY)  # in years to come
    stage.put("i9", 12)
    for number in range(30):
        event = {"eventType": "click", "sentAt": int(stage.world.now), "itemId": "i10"}
        stage.clients.personalize_events.put_events(
            trackingId=stage.tracking, sessionId=f"nobody{number}", eventList=[event]
        )

    stage.look(hours=2.1)

    assert stage.found(campaign)["rising"] == ["i9"]
    assert stage.found(campaign)["newest"] <= stage.world.now


def test_of_too_many_events_the_newest_decide_in_shorter_intervals(stage, campaign):
    stage.put("i7", 60)
    stage.world.now += HOUR
    stage.put("i8")
    stage.world.now += 60
    stage.put("i9")
    stage.world.now += HOUR
    record = stage.world.resources.get(campaign)

    trending.refresh(Deps(**stage.world.parts), record, day=DAY, most=60)

    found = stage.found(campaign)
    assert 20 < found["interval"] < 60
    assert (found["rising"], found["falling"]) == (["i9"], ["i8"])


def test_nothing_recorded_since_is_nothing_to_do(stage, campaign):
    assert stage.look(hours=48) == []
    assert stage.stored() == []
    assert "_trends" not in stage.world.resources.get(campaign)


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_without_its_trends_a_campaign_answers_as_it_was_trained(stage, campaign, caplog, damage):
    before = stage.ask(campaign)
    stage.put("i39")
    stage.look(hours=2.1)
    [key] = stage.stored()
    if damage == "gone":
        stage.world.objects.delete("models", key)
    else:
        stage.world.objects.write("models", key, b'{"rising": ["i1"], "falling": []}')

    assert stage.ask(campaign) == before
    assert f"the trends {key} cannot be read" in caplog.text


def test_an_update_keeps_the_trends_of_a_model_and_a_new_model_begins_anew(stage, campaign, personalize):
    stage.put("i39", 40)
    stage.look(hours=2.1)
    rising = stage.ask(campaign)
    personalize.update_campaign(campaignArn=campaign, minProvisionedTPS=2)
    stage.put("i38", 40)
    during = (stage.look(hours=2.1), stage.ask(campaign))
    stage.world.run()
    updated = stage.ask(campaign)
    solution = personalize.list_solutions()["solutions"][0]["solutionArn"]
    personalize.update_campaign(campaignArn=campaign, solutionVersionArn=stage.build.version(solution))
    stage.world.run()
    fresh = stage.look(hours=48)
    stage.put("i37", 40)

    assert (rising[0], during, updated) == ("i39", ([], rising), rising)
    assert (fresh, stage.look()) == ([], [campaign])
    assert stage.ask(campaign)[0] == "i37"


def test_a_campaign_that_is_deleted_meanwhile_takes_no_trends(stage, campaign, personalize):
    stage.put("i39")
    stage.world.meanwhile(lambda: personalize.delete_campaign(campaignArn=campaign))

    assert (stage.look(hours=2.1), stage.stored()) == ([], [])
    assert stage.world.resources.get(campaign)["status"] == "DELETE PENDING"


def test_a_campaign_whose_model_is_gone_keeps_no_other_from_its_trends(stage, caplog):
    lost, kept = stage.deploy(), stage.deploy()
    serving = stage.world.resources.get(lost)["_serving"]
    nothing = {**serving, "artifact": {"prefix": "no/where/", "sha256": "0" * 64}}
    stage.world.resources.update(lost, {"_serving": nothing})
    stage.put("i39")

    assert stage.look(hours=2.1) == [kept]
    assert f"the trends of {lost} cannot be refreshed" in caplog.text


def test_trends_go_with_their_campaign_and_those_of_others_stay(stage, personalize):
    gone, stays = stage.deploy(), stage.deploy()
    stage.put("i39")
    stage.look(hours=2.1)
    personalize.delete_campaign(campaignArn=gone)
    stage.world.run()

    assert [key.split("/")[0] for key in stage.stored()] == [f"trends.campaign.{stays.rpartition('/')[2]}"]


@pytest.mark.usefixtures("campaign")
def test_trends_are_kept_as_long_as_answers_are(stage):
    kept = []
    for _ in range(9):
        stage.put("i39", 2)
        stage.look(hours=24)
        kept.append(len(stage.stored()))
    stage.look(hours=24 * 30)
    stage.put("i39", 2)
    stage.look(hours=24)
    rested = len(stage.stored())
    stage.world.config = replace(stage.world.config, answer_days=0)
    stage.put("i39", 2)
    stage.look(hours=24)

    assert kept == [1, 2, 3, 4, 5, 6, 7, 8, 8]
    # The ones that served until a day ago, and the newest.
    assert rested == 2
    # The one before may be about to be read.
    assert len(stage.stored()) == 2


def test_a_replay_gives_the_list_of_its_trends_and_says_when_they_are_gone(stage, campaign):
    stage.put("i39")
    stage.look(hours=2.1)
    reply = stage.reply(campaign)
    stage.put("i38", 40)
    stage.look(hours=2.1)
    same = stage.replay(reply)
    [older, _] = stage.stored()
    stage.world.objects.delete("models", older)
    stage.world.cold_start()
    lost = stage.replay(reply)

    assert (same["identical"], same["differences"]) == (True, [])
    assert stage.ask(campaign, 1) == ["i38"]
    assert not lost["identical"]
    assert lost["differences"][0] == f"The trends {older} are no longer there."


@pytest.fixture
def films(world, build, clients, add):
    made = Stage(world, build, clients, build.group(domain="VIDEO_ON_DEMAND"))
    build.imported(add(made.group, "Interactions", [*INTERACTIONS, EVENT_TYPE]), viewing(liked=3))
    add(made.group, "Items", [ITEMS[0], GENRES, CREATED])
    return made


def test_a_use_case_follows_trends_unless_it_is_stopped(films, world, personalize):
    recipe = "arn:aws:personalize:::recipe/aws-vod-trending-now"
    arn = personalize.create_recommender(name="now", datasetGroupArn=films.group, recipeArn=recipe)["recommenderArn"]
    world.run()
    before = films.ask(arn)
    films.put("i39")
    personalize.stop_recommender(recommenderArn=arn)
    world.run()
    stopped = films.look(hours=2.1)
    personalize.start_recommender(recommenderArn=arn)
    world.run()

    assert before[0] != "i39"
    assert (stopped, films.look(), films.ask(arn)[0]) == ([], [arn], "i39")
    personalize.delete_recommender(recommenderArn=arn)
    world.run()
    assert [key for bucket, key in world.objects.objects if bucket == "models"] == []
