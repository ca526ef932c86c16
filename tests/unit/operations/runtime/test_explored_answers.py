"""Exploration as a client meets it: by campaign, recommender and batch job, with what is logged of it."""

import json
from io import BytesIO

import numpy as np
import pytest

from tests.unit.operations.runtime.market import NEWEST, V1, V2, configured


@pytest.fixture
def version(build, market):
    return build.version(build.solution(market, V1, performAutoTraining=False))


def ask(clients, campaign: str, user: str = "u1", **members) -> list[str]:
    reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId=user, **members)
    return [item["itemId"] for item in reply["itemList"]]


def young(items: list[str]) -> set[str]:
    return {item for item in items if not item.startswith("i")}


def test_without_weight_the_same_list_comes_each_time(build, version, clients):
    campaign = build.campaign(version, **configured("0"))

    assert len({tuple(ask(clients, campaign, numResults=10)) for _ in range(10)}) == 1


def test_more_weight_shows_more_young_items(build, version, clients):
    campaigns = [build.campaign(version, **configured(weight)) for weight in ("0", "0.3", "1")]

    shown = [sum(len(young(ask(clients, each, f"u{n}", numResults=10))) for n in range(40)) for each in campaigns]

    assert shown[0] == 0
    # Of 400 places 4.5 % and 50 %.
    assert 4 <= shown[1] <= 40
    assert 130 <= shown[2] <= 230


def test_only_items_below_the_cut_off_are_explored(build, version, clients):
    narrow, wide = (build.campaign(version, **configured("1", explorationItemAgeCutOff=days)) for days in ("10", "30"))

    shown = [
        young([i for n in range(30) for i in ask(clients, each, f"u{n}", numResults=20)]) for each in (narrow, wide)
    ]

    assert shown[0] == {f"new{n}" for n in range(12)}
    assert shown[1] == {f"new{n}" for n in range(12)} | {f"late{n}" for n in range(5)}


def test_a_filter_holds_for_explored_items_too(build, version, clients, world, market):
    campaign = build.campaign(version, **configured("1"))
    only = clients.personalize.create_filter(
        name="old", datasetGroupArn=market, filterExpression='INCLUDE ItemID WHERE Items.GENRE IN ("a")'
    )["filterArn"]
    world.run()

    assert not young([item for n in range(20) for item in ask(clients, campaign, f"u{n}", filterArn=only)])


def test_the_default_explores_a_little(build, version, clients, world):
    campaign = build.campaign(version)

    reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u1", numResults=10)

    logged = world.answers.find(reply["recommendationId"])
    assert logged["question"]["serving"]["exploring"] == {"chance": pytest.approx(0.045), "days": 30.0}
    assert len(logged["shown"]) == 10
    assert all("_propensity" not in item for item in reply["itemList"])


def test_rankings_and_the_second_version_do_not_explore(build, market, clients, world):
    for recipe in (V2, "aws-personalized-ranking"):
        campaign = build.campaign(build.version(build.solution(market, recipe, performAutoTraining=False)))
        if recipe == V2:
            ask(clients, campaign)
        else:
            clients.personalize_runtime.get_personalized_ranking(
                campaignArn=campaign, userId="u1", inputList=["i1", "i2"]
            )
        [logged], _ = world.answers.page(market, campaign, since=0, after=None, limit=5)
        assert {propensity for _, _, propensity in logged["shown"]} == {1.0}


def test_a_batch_job_explores_and_writes_the_same_answers_again(version, personalize, world):
    lines = "".join(json.dumps({"userId": f"u{n}"}) + "\n" for n in range(20))
    world.objects.write("in", "users.json", lines.encode())

    def run(name: str, weight: str) -> bytes:
        personalize.create_batch_inference_job(
            jobName=name,
            solutionVersionArn=version,
            jobInput={"s3DataSource": {"path": "s3://in/users.json"}},
            jobOutput={"s3DataDestination": {"path": f"s3://out/{name}/"}},
            roleArn="arn:aws:iam::123456789012:role/reader",
            numResults=10,
            batchInferenceJobConfig={"itemExplorationConfig": {"explorationWeight": weight}},
        )
        started = list(world.workflows.started)
        world.run()
        first = world.objects.read("out", f"{name}/users.json.out")
        world.workflows.started = started
        world.run()
        assert world.objects.read("out", f"{name}/users.json.out") == first
        return first

    assert b"new" not in run("none", "0")
    assert b"new" in run("most", "1")


def test_what_was_shown_without_a_click_loses_its_bonus_with_the_next_training(build, market, version, clients, world):
    campaign = build.campaign(version, **configured("1"))
    tracker = build.tracker(market)
    for _ in range(3):
        reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u1", numResults=20)
        event = {
            "eventType": "view",
            "sentAt": NEWEST + 60,
            "itemId": "i1",
            "recommendationId": reply["recommendationId"],
        }
        # Two clicks on one answer are one showing of it.
        events = [event, {**event, "itemId": "i2"}]
        clients.personalize_events.put_events(trackingId=tracker, userId="u1", sessionId="s", eventList=events)
    explicit = {**event, "impression": ["new3", "i3"], "itemId": "i3"}
    clients.personalize_events.put_events(trackingId=tracker, userId="u2", sessionId="s2", eventList=[explicit])

    again = build.version(build.solution(market, V1, performAutoTraining=False))

    seen = {name: seen_of(world, arn) for name, arn in (("before", version), ("after", again))}
    assert seen["before"]["new3"] == 0
    assert seen["after"]["new3"] > 0
    assert sum(seen["after"].values()) - sum(seen["before"].values()) == 3 * 20 + 2 + 3


def seen_of(world, version: str) -> dict[str, float]:
    """What a model knows of how often its items were seen."""
    prefix = world.resources.get(version)["_artifact"]["prefix"]
    ids, seen = (
        np.load(BytesIO(world.objects.read("models", f"{prefix}{name}.npy"))) for name in ("item_ids", "fresh_seen")
    )
    return dict(zip(ids.tolist(), seen.tolist(), strict=True))
