"""What a training by Spark answers with, of a shop that has everything, is what one container's does."""

import json
from contextlib import nullcontext
from dataclasses import dataclass

import pytest

from tests.integration.described import BEGAN, DAY, EVENTS_CONFIG, USERS, Shop
from tests.integration.spark_runs import (
    CONTAINER,
    DATA,
    MODELS,
    SPARK,
    by_spark,
    counted_alike,
    files,
    solution,
    trained,
)
from tests.integration.traces import kept_of
from tests.processes import until

ASK_WHY = {"x-tastemaker-reasons": "true"}
DEVICES = ("tv", "phone", "radio")
ROLE = "arn:aws:iam::123456789012:role/of-the-caller"
CONFIG = {"solutionConfig": {"eventsConfig": EVENTS_CONFIG}, "performAutoTraining": False}
COLUMNS = {"campaignConfig": {"enableMetadataWithRecommendations": True}}
FILTERS = {
    "bought": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Buy")',
    "skipped": 'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Skip")',
    "crime": 'INCLUDE ItemID WHERE Items.GENRE IN ("crime") AND Items.PRICE < 12',
    "young": 'EXCLUDE ItemID WHERE Items.GENRE IN ("war") IF CurrentUser.AGE = "young"',
}
EVERYBODY = [*(f"user-{number:03d}" for number in range(USERS + 6)), "visitor", "lost", "nobody"]
SOME = ["user-004", "user-005", "user-007", "user-055", f"user-{USERS + 3}", "visitor", "lost", "nobody"]
by_both = pytest.mark.parametrize("counting", [counted_alike, pytest.param(nullcontext, marks=by_spark, id="spark")])


@dataclass
class Two:
    """A shop with two campaigns: of what a container has learned, and of what Spark has."""

    shop: Shop
    campaigns: dict[str, str]
    versions: dict[str, str]
    quote: dict

    @classmethod
    def of(cls, shop, recipe, **members):
        versions, arns = {}, {}
        for name, tags in (("one", CONTAINER), ("many", SPARK)):
            version, quote = trained(shop, solution(shop, shop.group_arn, name, recipe, tags=tags, **CONFIG))
            assert version["status"] == "ACTIVE", version
            versions[name] = version["solutionVersionArn"]
            made = shop.personalize.create_campaign(name=name, solutionVersionArn=versions[name], **members)
            arns[name] = made["campaignArn"]
            assert shop.settled("campaign", arns[name])["status"] == "ACTIVE"
        return cls(shop, arns, versions, quote)

    def told(self, describe):
        """Return what is said of the container's version, which is said of Spark's, too."""
        one, many = (describe(version) for version in self.versions.values())
        assert one == many
        return one

    def asked(self, operation="get_recommendations", of="itemList", **members):
        """Return the answer of both: the same items in the same order, with the same scores, reasons and columns."""
        ask = getattr(self.shop.runtime, operation)
        one, many = (ask(campaignArn=arn, **members)[of] for arn in self.campaigns.values())
        scores = [[item.pop("score", 0.0) for item in items] for items in (one, many)]
        assert one == many
        assert scores[0] == pytest.approx(scores[1], rel=1e-3, abs=1e-5)
        return one


@pytest.fixture
def shop(tastemaker):
    """Return a full shop whose clients ask for reasons."""
    shop, ask = Shop(tastemaker), "before-call.personalize-runtime"
    tastemaker.client("iam").create_role(RoleName="of-the-caller", AssumeRolePolicyDocument="{}")
    for bucket in (DATA, MODELS):
        shop.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    shop.runtime.meta.events.register(ask, lambda params, **_: params["headers"].update(ASK_WHY))
    shop.group_arn = shop.filled()
    return shop


def filters(shop):
    make, group = shop.personalize.create_filter, shop.group_arn
    arns = [make(name=n, datasetGroupArn=group, filterExpression=text)["filterArn"] for n, text in FILTERS.items()]
    for arn in arns:
        assert shop.settled("filter", arn)["status"] == "ACTIVE"
    return arns


def ids(items):
    return [item["itemId"] for item in items]


@by_both
def test_all_that_is_known_of_a_shop_is_answered_with(shop, counting, tastemaker, tmp_path):
    with counting():
        two = Two.of(shop, "aws-user-personalization-v2", **COLUMNS)

    two.told(lambda version: shop.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"])
    learned = two.told(lambda version: header(shop, version, "learned"))
    assert learned["contexts"]["DEVICE"]["factor"] > 0
    assert [each["eventType"] for each in learned["eventTypes"]] == ["View", "Buy"]
    assert (two.quote["measured"]["rung"], two.quote["rungs"][-1]["rung"]) == ("spark", "spark")
    until(lambda: files(shop) == [])
    answers = {user: two.asked(userId=user, numResults=25) for user in EVERYBODY}
    assert {len(items) for items in answers.values()} == {25}
    reasons = {why.split()[0] for items in answers.values() for item in items for why in item.get("reason", [])}
    assert {"History", "Popularity", "Metadata"} <= reasons
    filtered = [two.asked(userId=user, numResults=25, filterArn=arn) for arn in filters(shop) for user in SOME]
    assert sum(bool(items) for items in filtered) > 3 * len(SOME)
    for user in SOME:
        columns = {"metadataColumns": {"ITEMS": ["GENRE", "PRICE"]}}
        there = {d: two.asked(userId=user, numResults=25, context={"DEVICE": d}, **columns) for d in DEVICES}
        assert ids(there["tv"]) != ids(there["phone"])
        assert there["tv"][0]["metadata"].keys() == {"GENRE", "PRICE"}
    _in_a_batch(two)
    _go_on(two)
    _forget(two, tastemaker, tmp_path)


def _in_a_batch(two):
    s3, lines = two.shop.s3, "".join(f'{{"userId": "{user}"}}\n' for user in EVERYBODY)
    s3.put_object(Bucket="readings", Key="asked.json", Body=lines.encode())
    for name, version in two.versions.items():
        arn = two.shop.personalize.create_batch_inference_job(
            jobName=name,
            solutionVersionArn=version,
            jobInput={"s3DataSource": {"path": "s3://readings/asked.json"}},
            jobOutput={"s3DataDestination": {"path": f"s3://readings/{name}/"}},
            roleArn=ROLE,
        )["batchInferenceJobArn"]
        assert two.shop.settled("batchInferenceJob", arn)["status"] == "ACTIVE"
    one, many = (
        [
            json.loads(line)
            for line in s3.get_object(Bucket="readings", Key=f"{name}/asked.json.out")["Body"].iter_lines()
        ]
        for name in two.versions
    )
    assert len(one) == len(EVERYBODY)
    assert [row["output"]["recommendedItems"] for row in one] == [row["output"]["recommendedItems"] for row in many]


def _go_on(two):
    """What is put and recorded after the trainings is answered with all the same."""
    war = json.dumps({"genre": "war|fresh", "price": 2, "story": "a war that is new", "creation_timestamp": BEGAN})
    two.shop.events.put_items(datasetArn=two.shop.items, items=[{"itemId": "newest", "properties": war}])
    two.shop.put("later", "user-004", (10, 14), BEGAN + 20 * DAY)
    fresh = two.shop.personalize.create_filter(
        name="fresh",
        datasetGroupArn=two.shop.group_arn,
        filterExpression='INCLUDE ItemID WHERE Items.GENRE IN ("fresh")',
    )["filterArn"]
    assert two.shop.settled("filter", fresh)["status"] == "ACTIVE"
    until(lambda: ids(two.asked(userId="user-004", filterArn=fresh)) == ["newest"])
    for user in SOME:
        two.asked(userId=user, numResults=25)


def _forget(two, tastemaker, folder):
    """A user who is deleted is in no model any more, and the others are answered as before."""
    before = {user: two.asked(userId=user, numResults=25) for user in SOME}
    assert "user_ids.npy" in {
        key.rpartition("/")[2] for key in kept_of("user-055", tastemaker, two.shop.s3, folder, MODELS)
    }
    two.shop.s3.put_object(Bucket="readings", Key="gone.csv", Body=b"USER_ID\nuser-055\n")
    arn = two.shop.personalize.create_data_deletion_job(
        jobName="leave",
        datasetGroupArn=two.shop.group_arn,
        dataSource={"dataLocation": "s3://readings/gone.csv"},
        roleArn=ROLE,
    )["dataDeletionJobArn"]
    assert two.shop.settled("dataDeletionJob", arn)["status"] == "COMPLETED"
    assert kept_of("user-055", tastemaker, two.shop.s3, folder, DATA, MODELS) == []
    after = {user: two.asked(userId=user, numResults=25) for user in SOME}
    assert after.pop("user-055") != before.pop("user-055")
    assert after == before


@by_both
def test_lists_are_ranked_as_by_one_machine(shop, counting):
    with counting():
        two = Two.of(shop, "aws-personalized-ranking-v2")

    two.told(lambda version: shop.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"])
    asked = [*(f"item-{number:02d}" for number in range(0, 68, 3)), "put", "unheard-of"]
    for user in SOME:
        for context in ({}, {"context": {"DEVICE": "tv"}}):
            ranked = two.asked(
                "get_personalized_ranking", "personalizedRanking", userId=user, inputList=asked, **context
            )
            assert sorted(ids(ranked)) == sorted(asked)


def header(shop, version, name):
    reply = shop.personalize.describe_solution_version(solutionVersionArn=version)
    return json.loads(reply["ResponseMetadata"]["HTTPHeaders"][f"x-tastemaker-{name}"])
