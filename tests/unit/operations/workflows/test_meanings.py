"""aws-semantic-similarity through the API: items, a version, a campaign and answers, with and without interactions."""

import json

import numpy as np
import pytest
from botocore.exceptions import ClientError

from tastemaker import bootstrap
from tastemaker.pipelines.deps import Deps
from tests.unit.operations.errors import code, message
from tests.unit.operations.executions import run_machine
from tests.unit.operations.shelves import FIELDS, FIRST, Shop


@pytest.fixture
def shop(build, clients):
    return Shop(build, clients)


@pytest.fixture
def busy_shop(build, clients):
    return Shop(build, clients, bought=True)


def test_it_learns_without_any_interactions(shop):
    campaign = shop.campaign()

    assert set(shop.like(campaign, "tea-1")) == {"tea-0", "tea-2", "tea-3"}
    assert set(shop.like(campaign, "lamp-2")) == {"lamp-0", "lamp-1", "lamp-3"}


def test_its_metrics_are_those_of_lists_where_no_users_are_known(shop, personalize):
    metrics = personalize.get_solution_metrics(solutionVersionArn=shop.version())["metrics"]

    assert set(metrics) == {"coverage", "item_freshness", "item_popularity", "item_similarity"}
    assert metrics["item_popularity"] == 0
    assert 0 < metrics["item_similarity"] < 1
    assert metrics["coverage"] == 1


def test_users_are_asked_where_there_are_some(busy_shop, personalize):
    metrics = personalize.get_solution_metrics(solutionVersionArn=busy_shop.version())["metrics"]

    assert {"coverage", "item_similarity", "precision_at_5", "mean_reciprocal_rank_at_25"} <= set(metrics)
    assert metrics["item_popularity"] > 0


def test_an_unknown_item_gets_popular_ones(busy_shop):
    assert set(busy_shop.like(busy_shop.campaign(), "never seen", 3)) == {"tea-3", "lamp-3", "rope-3"}


def test_what_is_popular_or_new_comes_up_as_far_as_a_campaign_says(busy_shop, personalize):
    version = busy_shop.version()
    plain = busy_shop.campaign(version)
    popular = busy_shop.campaign(version, campaignConfig={"rankingInfluence": {"POPULARITY": 1.0}})
    assert busy_shop.like(popular, "rope-0") != busy_shop.like(plain, "rope-0")
    assert busy_shop.like(popular, "rope-0")[0] == "rope-3"

    personalize.update_campaign(campaignArn=plain, campaignConfig={"rankingInfluence": {"FRESHNESS": 1.0}})
    busy_shop.world.run()

    assert busy_shop.like(plain, "lamp-0") == ["lamp-3", "lamp-2", "lamp-1"]
    assert personalize.describe_campaign(campaignArn=plain)["campaign"]["campaignConfig"]["rankingInfluence"] == {
        "FRESHNESS": 1.0
    }


@pytest.mark.parametrize(
    ("influence", "told"),
    [
        ({"POPULARITY": 1.5}, "rankingInfluence"),
        ({"PRICE": 0.5}, "rankingInfluence"),
        ({"POPULARITY": 0.5}, "campaignConfig.rankingInfluence POPULARITY needs INTERACTIONS.ITEM_ID"),
    ],
)
def test_an_influence_that_cannot_be_is_refused(shop, influence, told):
    with pytest.raises(ClientError) as error:
        shop.campaign(campaignConfig={"rankingInfluence": influence})

    assert told in message(error)


def test_an_influence_of_dates_needs_dates(build, clients):
    shop = Shop(build, clients, fields=FIELDS[:-1])
    version = shop.version()

    with pytest.raises(ClientError) as error:
        shop.campaign(version, campaignConfig={"rankingInfluence": {"FRESHNESS": 0.1}})

    assert "campaignConfig.rankingInfluence FRESHNESS needs ITEMS.CREATION_TIMESTAMP" in message(error)
    assert shop.campaign(version, campaignConfig={"rankingInfluence": {"FRESHNESS": 0.0}})


def test_new_items_are_there_at_once_and_metadata_see_them(shop, clients):
    campaign = shop.campaign()
    told = {"name": "Smoked Breakfast Tea", "about": "a warm drink to brew in a pot", "kind": "tea"}
    shop.put({"itemId": "tea-9", "properties": json.dumps(told)})

    reply = clients.personalize_runtime.get_recommendations(
        campaignArn=campaign, itemId="tea-1", numResults=4, metadataColumns={"ITEMS": ["NAME"]}
    )

    assert {each["itemId"] for each in reply["itemList"]} == {"tea-0", "tea-2", "tea-3", "tea-9"}
    assert {"itemId": "tea-9", "metadata": {"NAME": "Smoked Breakfast Tea"}} in reply["itemList"]
    assert set(shop.like(campaign, "tea-9", 4)) == {"tea-0", "tea-1", "tea-2", "tea-3"}


def test_an_answer_passes_filters_also_on_the_item_asked_about(shop, personalize):
    campaign = shop.campaign()
    arns = [
        personalize.create_filter(name=name, datasetGroupArn=shop.group, filterExpression=text)["filterArn"]
        for name, text in (
            ("others", 'INCLUDE ItemID WHERE Items.KIND IN ("rope")'),
            ("same", "INCLUDE ItemID WHERE Items.KIND = CurrentItem.KIND"),
        )
    ]
    shop.world.run()

    assert set(shop.like(campaign, "tea-0", 5, filterArn=arns[0])) == {"rope-0", "rope-1", "rope-2", "rope-3"}
    assert set(shop.like(campaign, "tea-0", 5, filterArn=arns[1])) == {"tea-1", "tea-2", "tea-3"}


def test_reasons_name_the_item_and_what_was_to_count(busy_shop, clients):
    campaign = busy_shop.campaign(
        campaignConfig={"rankingInfluence": {"POPULARITY": 1.0}},
        tags=[{"tagKey": "tastemaker:reasons", "tagValue": "true"}],
    )

    reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, itemId="rope-0", numResults=2)

    assert reply["itemList"][0] == {"itemId": "rope-3", "reason": ["Item 50% rope-0", "Popularity 50%"]}
    assert reply["itemList"][1]["reason"] == ["Item 100% rope-0"]


def test_it_ranks_no_lists_and_needs_an_item(shop, clients):
    campaign = shop.campaign()

    with pytest.raises(ClientError) as ranking:
        clients.personalize_runtime.get_personalized_ranking(campaignArn=campaign, userId="u", inputList=["tea-0"])
    with pytest.raises(ClientError) as nothing:
        clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u")

    assert (code(ranking), code(nothing)) == ("InvalidInputException", "InvalidInputException")
    assert message(nothing) == "itemId is required for recipe aws-semantic-similarity."


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (None, "Recipe aws-semantic-similarity needs a dataset of type ITEMS: the dataset group has none."),
        ([FIELDS[2]], 'needs a string column of ITEMS with "itemName": true'),
        ([FIELDS[1]], 'needs a string column of ITEMS with "textual": true'),
        (FIELDS[1:3], "has nothing to train on"),
    ],
)
def test_a_group_without_items_or_their_texts_is_refused(build, personalize, fields, told):
    group = build.group()
    if fields:
        build.dataset(group, "Items", *fields)

    with pytest.raises(ClientError) as error:
        personalize.create_solution(
            name="s", datasetGroupArn=group, recipeArn="arn:aws:personalize:::recipe/aws-semantic-similarity"
        )

    assert code(error) == "InvalidInputException"
    assert told in message(error)


def test_columns_may_be_chosen_but_some_text_must_stay(shop):
    left_out = {"excludedDatasetColumns": {"ITEMS": ["NAME", "ABOUT"]}}
    with pytest.raises(ClientError) as error:
        shop.solution(solutionConfig={"trainingDataConfig": left_out})
    chosen = {"includedDatasetColumns": {"ITEMS": ["ABOUT"]}}
    version = shop.version(shop.solution(solutionConfig={"trainingDataConfig": chosen}))

    assert message(error).endswith("leaves recipe aws-semantic-similarity nothing to read: include ABOUT or NAME.")
    manifest = shop.world.manifest(version)
    assert manifest["settings"]["columns"] == ["ABOUT"]


def test_a_batch_job_answers_as_a_campaign_does(shop, personalize):
    version = shop.version()
    shop.world.objects.write("bucket", "asked.json", b'{"itemId": "tea-0"}\n{"itemId": "rope-1"}\n')
    place = {"s3DataSource": {"path": "s3://bucket/asked.json"}}
    arn = personalize.create_batch_inference_job(
        jobName="all",
        solutionVersionArn=version,
        jobInput=place,
        jobOutput={"s3DataDestination": {"path": "s3://bucket/out/"}},
        roleArn="arn:aws:iam::123456789012:role/r",
        numResults=3,
        batchInferenceJobConfig={"rankingInfluence": {"FRESHNESS": 1.0}},
    )["batchInferenceJobArn"]
    shop.world.run()

    assert personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]["status"] == "ACTIVE"
    lines = shop.world.objects.read("bucket", "out/asked.json.out").decode().splitlines()
    assert [json.loads(line)["output"]["recommendedItems"] for line in lines] == [
        ["tea-3", "tea-2", "tea-1"],
        ["rope-3", "rope-2", "rope-0"],
    ]


def test_an_answer_is_replayed(shop, clients):
    campaign = shop.campaign(campaignConfig={"rankingInfluence": {"FRESHNESS": 1.0}})
    reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, itemId="tea-0")

    again = clients.personalize_runtime.replay_recommendation(recommendationId=reply["recommendationId"])

    assert again["identical"]


def test_freshness_of_a_new_item_is_by_its_date(shop):
    campaign = shop.campaign(campaignConfig={"rankingInfluence": {"FRESHNESS": 1.0}})
    text = {"name": "Oolong Leaf Tea", "about": "a warm drink to brew in a pot", "kind": "tea"}
    shop.put({"itemId": "old", "properties": json.dumps({**text, "creationTimestamp": FIRST - 5})})
    shop.put({"itemId": "new", "properties": json.dumps({**text, "creationTimestamp": FIRST + 10**7})})

    order = shop.like(campaign, "tea-0", 6)

    assert order.index("new") < order.index("old")


class Kinds:
    """Says of a text that it is of one kind of goods, whatever else it says."""

    name = "kinds"

    def encode(self, texts):
        kinds = ("tea", "lamp", "rope")
        return np.array([[kind in text.lower() for kind in kinds] for text in texts], np.float32)


def test_an_encoder_that_is_installed_says_what_texts_mean(shop, personalize):
    solution = shop.solution()
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    [(machine, work)] = shop.world.workflows.started
    shop.world.forget_starts()
    run_machine(machine, work, Deps(**shop.world.parts, find_encoder=Kinds))

    manifest = shop.world.manifest(version)

    assert manifest["settings"]["encoder"] == "kinds"
    assert set(shop.like(shop.campaign(version), "tea-1")) == {"tea-0", "tea-2", "tea-3"}


def test_an_encoder_is_found_by_its_entry_point(tmp_path, monkeypatch):
    package = tmp_path / "knower-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: knower\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[tastemaker.encoders]\nknower = knower:Knower\n")
    (tmp_path / "knower.py").write_text("class Knower:\n    name = 'knower'\n")
    assert bootstrap.installed_encoder.__wrapped__() is None

    monkeypatch.syspath_prepend(str(tmp_path))

    assert bootstrap.installed_encoder.__wrapped__().name == "knower"


def test_items_alone_are_news_for_automatic_training(shop, personalize):
    solution = shop.solution(performAutoTraining=True, performIncrementalUpdate=False)
    shop.world.later(days=1)
    first = shop.world.look()
    shop.world.later(days=8)
    assert shop.world.look() == []
    shop.put({"itemId": "tea-9", "properties": json.dumps({"name": "Tea"})})
    shop.world.later(days=8)

    second = shop.world.look()

    versions = personalize.list_solution_versions(solutionArn=solution)["solutionVersions"]
    assert [v["solutionVersionArn"] for v in versions] == [*first, *second]
    assert {v["status"] for v in versions} == {"ACTIVE"}


def test_promoted_items_stand_among_those_alike(shop, clients, personalize):
    campaign = shop.campaign()
    arn = personalize.create_filter(
        name="ropes", datasetGroupArn=shop.group, filterExpression='INCLUDE ItemID WHERE Items.KIND IN ("rope")'
    )["filterArn"]
    shop.world.run()

    reply = clients.personalize_runtime.get_recommendations(
        campaignArn=campaign,
        itemId="tea-0",
        numResults=4,
        promotions=[{"name": "p", "filterArn": arn, "percentPromotedItems": 25}],
    )

    promoted = [each["itemId"] for each in reply["itemList"] if each.get("promotionName") == "p"]
    assert len(promoted) == 1
    assert promoted[0].startswith("rope")
    assert {each["itemId"] for each in reply["itemList"]} - {*promoted} == {"tea-1", "tea-2", "tea-3"}
