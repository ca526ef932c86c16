"""Anonymous sessions are no strangers after a training that did not learn from them."""

import json

import pytest

from tests.actions import ACTIONS, EVENT_TYPE, FIELDS, bought, offered
from tests.unit.operations.runtime.market import V2

SEEN = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'
MINE = [f"i{n}" for n in range(20, 30)]


class Site:
    """A market in which users of one taste buy i0 to i19, those of the other i20 to i39, and visitors of it."""

    def __init__(self, build, clients, world, market) -> None:
        self.build, self.clients, self.world, self.group = build, clients, world, market
        self.tracking = build.tracker(market)
        self.solution = build.solution(market, V2)

    def put(self, session: str, items: list[str], *, type_: str = "buy", **user) -> None:
        for begin in range(0, len(items), 10):
            events = [{"eventType": type_, "itemId": i, "sentAt": self.world.now} for i in items[begin : begin + 10]]
            self.clients.personalize_events.put_events(
                trackingId=self.tracking, sessionId=session, eventList=events, **user
            )

    def train(self) -> str:
        return self.build.campaign(self.build.version(self.solution))

    def reply(self, campaign: str, user: str, k: int = 10, **members) -> dict:
        return self.clients.personalize_runtime.get_recommendations(
            campaignArn=campaign, userId=user, numResults=k, **members
        )

    def ask(self, campaign: str, user: str, k: int = 10, **members) -> list[str]:
        return [item["itemId"] for item in self.reply(campaign, user, k, **members)["itemList"]]

    def rule(self, expression: str = SEEN) -> str:
        arn = self.clients.personalize.create_filter(
            name="seen", datasetGroupArn=self.group, filterExpression=expression
        )["filterArn"]
        self.world.run()
        return arn


@pytest.fixture
def site(build, clients, world, market):
    return Site(build, clients, world, market)


def test_a_visitor_gets_the_same_before_and_after_trainings(site):
    before = site.train()
    site.put("visitor", MINE)
    lists = [site.ask(each, "visitor") for each in (before, site.train(), site.train())]

    assert [sum(int(item[1:]) >= 20 for item in each) for each in lists] == [10, 10, 10]
    assert site.ask(before, "stranger") != lists[0]


def test_a_filter_keeps_out_what_a_visitor_saw_before_the_training(site):
    site.put("visitor", MINE)
    campaign, rule = site.train(), site.rule()

    assert not {*MINE} & {*site.ask(campaign, "visitor", 100, filterArn=rule)}
    site.put("visitor", ["i5"])
    assert not {*MINE, "i5"} & {*site.ask(campaign, "visitor", 100, filterArn=rule)}
    assert {*MINE} < {*site.ask(campaign, "stranger", 100, filterArn=rule)}


def test_an_explanation_knows_what_a_visitor_saw(site, clients):
    site.put("visitor", MINE)
    campaign, rule = site.train(), site.rule()

    explained = [
        clients.personalize_runtime.explain_filter(filterArn=rule, campaignArn=campaign, userId=user, itemId="i25")
        for user in ("visitor", "stranger")
    ]

    assert explained[0] != explained[1]


def test_a_replay_sees_what_its_answer_saw_of_a_visitor(site, clients):
    site.put("visitor", MINE)
    campaign = site.train()
    reply = site.reply(campaign, "visitor")
    site.put("visitor", ["i3"])

    replay = clients.personalize_runtime.replay_recommendation(recommendationId=reply["recommendationId"])

    assert (replay["identical"], replay["differences"]) == (True, [])


def test_a_session_that_logged_in_is_its_users_and_counts_once(site, world):
    site.put("visit", MINE)
    site.put("visit", ["i30"], userId="member")
    campaign, rule = site.train(), site.rule()
    events = world.events.recorded(site.group, before=world.now)

    assert not {*MINE, "i30"} & {*site.ask(campaign, "member", 100, filterArn=rule)}
    # The session itself is who it was.
    assert not {*MINE} & {*site.ask(campaign, "visit", 100, filterArn=rule)}
    assert len(list(events)) == 11


def test_a_session_named_as_its_user_is_learned_from_and_not_read_twice(site, world):
    site.put("same", MINE)
    site.put("same", ["i30"], userId="same")
    campaign = site.train()

    assert sum(int(item[1:]) >= 20 for item in site.ask(campaign, "same")) == 10
    [answer] = world.answers._answers.values()
    assert answer["cut"]["count"] == 0


def test_a_user_who_is_imported_and_a_session_of_the_same_id_answer_as_one(site):
    # u1 is imported.
    site.put("u1", ["i2", "i4", "i6"])
    campaign, rule = site.train(), site.rule()

    assert not {"i2", "i4", "i6"} & {*site.ask(campaign, "u1", 100, filterArn=rule)}
    assert {"i2", "i4", "i6"} < {*site.ask(campaign, "u3", 100, filterArn=rule)}


def test_visitors_are_not_trained_on(site):
    first = site.train()
    site.put("visitor", [f"i{n}" for n in range(40)])
    again = site.train()

    assert site.ask(first, "stranger", 40) == site.ask(again, "stranger", 40)


def test_what_a_visitor_bought_stays_out_of_a_use_case(build, clients, world):
    group = build.group(domain="ECOMMERCE")
    rows = ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"]
    rows += [
        f"u{u},i{u % 2 * 20 + (s * (7 + u) + u) % 20},{1_700_000_000 + s * 86_400 + u},{t}"
        for u in range(60)
        for s in range(20)
        for t in ("View", "Purchase")
    ]
    schema = build.schema("Interactions", {"name": "EVENT_TYPE", "type": "string"}, domain="ECOMMERCE")
    dataset = clients.personalize.create_dataset(
        name="shop", datasetGroupArn=group, datasetType="Interactions", schemaArn=schema
    )["datasetArn"]
    world.run()
    build.imported(dataset, "\n".join(rows) + "\n")
    events = [{"eventType": "Purchase", "itemId": item, "sentAt": world.now} for item in MINE]
    clients.personalize_events.put_events(trackingId=build.tracker(group), sessionId="visitor", eventList=events)
    arn = clients.personalize.create_recommender(
        name="r", datasetGroupArn=group, recipeArn="arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
    )["recommenderArn"]
    world.run()

    shown = [
        {
            item["itemId"]
            for item in clients.personalize_runtime.get_recommendations(recommenderArn=arn, userId=user, numResults=40)[
                "itemList"
            ]
        }
        for user in ("visitor", "stranger")
    ]

    assert not {*MINE} & shown[0]
    assert {*MINE} & shown[1]


def test_actions_are_recommended_by_what_a_visitor_did_before_the_training(build, clients, world):
    group = build.group()
    build.imported(build.dataset(group, "Interactions", EVENT_TYPE), bought())
    build.imported(build.dataset(group, "Actions", *FIELDS), ACTIONS)
    actions = build.dataset(group, "ActionInteractions")
    build.imported(actions, offered())
    events = [{"eventType": "buy", "itemId": f"dog-item{n}", "sentAt": world.now - n} for n in range(7)]
    clients.personalize_events.put_events(trackingId=build.tracker(group), sessionId="visitor", eventList=events)
    tracking = clients.personalize.describe_dataset(datasetArn=actions)["dataset"]["trackingId"]
    taken = {"actionId": "club", "sessionId": "visitor", "eventType": "Taken", "timestamp": world.now}
    clients.personalize_events.put_action_interactions(trackingId=tracking, actionInteractions=[taken])
    campaign = build.campaign(build.version(build.solution(group, "aws-next-best-action")))

    visitor, stranger = (
        {
            each["actionId"]: each["score"]
            for each in clients.personalize_runtime.get_action_recommendations(
                campaignArn=campaign, userId=user, numResults=100
            )["actionList"]
        }
        for user in ("visitor", "stranger")
    )

    assert visitor["dogfood"] > stranger["dogfood"]
    # Taken lately, it waits for its repeat frequency.
    assert ("club" in visitor, "club" in stranger) == (False, True)


def test_batches_know_what_a_visitor_did_before_the_training(site, clients, world):
    site.put("visitor", MINE)
    version = site.build.version(site.solution)
    world.objects.write("bucket", "users.json", b'{"userId": "visitor"}\n')
    clients.personalize.create_batch_inference_job(
        jobName="batch",
        solutionVersionArn=version,
        filterArn=site.rule(),
        numResults=100,
        roleArn="arn:aws:iam::123456789012:role/any",
        jobInput={"s3DataSource": {"path": "s3://bucket/users.json"}},
        jobOutput={"s3DataDestination": {"path": "s3://bucket/out/"}},
    )
    world.run()
    [body] = [
        body for (_, key), body in world.objects.objects.items() if key.startswith("out/") and key.endswith(".out")
    ]

    assert not {*MINE} & {*json.loads(body)["output"]["recommendedItems"]}
