"""What CloudFormation asks of the provider, and what it is told."""

import json
from dataclasses import replace

import pytest

from tastemaker.errors import Refused
from tastemaker.stacks.kinds import STACK_KINDS
from tests.fields import FIELDS
from tests.unit.operations.stacks.formation import Formation

HOME = "arn:aws:personalize:us-east-1:123456789012:"
POPULARITY = "arn:aws:personalize:::recipe/aws-popularity-count"
RECIPES = "arn:aws:personalize:::recipe/aws-ecomm-"
SIMS = "arn:aws:personalize:::recipe/aws-sims"
TEXT = json.dumps(
    {
        "type": "record",
        "name": "Interactions",
        "namespace": "com.amazonaws.personalize.schema",
        "version": "1.0",
        "fields": FIELDS["Interactions"],
    }
)
DRAMA = 'INCLUDE ItemID WHERE Items.GENRE IN ("drama")'
DAILY = {"AutoTrainingConfig": {"SchedulingExpression": "rate(1 days)"}}
TITLES = {
    *("DatasetGroup", "Schema", "Dataset", "DatasetImportJob", "Solution", "SolutionVersion"),
    *("Campaign", "Recommender", "Filter", "EventTracker"),
}


@pytest.fixture
def stack(world, personalize):
    return Formation(world, personalize)


@pytest.fixture
def shop(build):
    group = build.stocked()
    build.dataset(group, "Items")
    return group


def views(build):
    """Make a group of the e-commerce domain with what its use cases learn from."""
    group = build.group(domain="ECOMMERCE")
    fields = [*FIELDS["Interactions"], {"name": "EVENT_TYPE", "type": "string"}]
    text = json.dumps({**json.loads(TEXT), "fields": fields})
    schema = build.client.create_schema(name="views", schema=text, domain="ECOMMERCE")["schemaArn"]
    dataset = build.client.create_dataset(
        name="views", datasetGroupArn=group, schemaArn=schema, datasetType="Interactions"
    )["datasetArn"]
    build.world.run()
    build.imported(dataset, "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n" + "".join(map(view, range(1200))))
    return group


def view(number):
    return f"u{number % 40},i{number * 7 % 31},{1_700_000_000 + number},View\n"


@pytest.fixture
def version(build, shop):
    return build.version(build.solution(shop))


def test_there_are_ten_kinds():
    assert {kind.title for kind in STACK_KINDS.values()} == TITLES
    assert STACK_KINDS.keys() == {f"Custom::Tastemaker{title}" for title in TITLES}


def let_another_run_be_quicker(stack, monkeypatch, operation, work):
    """Let the work be looked at to its end by a second run, right before the first one's call."""
    call = stack.provider.api.call

    def late(asked, /, **members):
        if asked == operation:
            monkeypatch.undo()
            stack.finish(work)
        return call(asked, **members)

    monkeypatch.setattr(stack.provider.api, "call", late)


def test_a_look_that_is_late_finds_what_the_other_run_made(stack, personalize, monkeypatch):
    work = stack.send("Create", "DatasetGroup", {"Name": "library"})
    let_another_run_be_quicker(stack, monkeypatch, "CreateDatasetGroup", work)

    stack.finish(work)

    assert [answer["Status"] for _, answer in stack.answers] == ["SUCCESS"] * 2
    assert len(personalize.list_dataset_groups()["datasetGroups"]) == 1


def test_a_look_that_is_late_changes_nothing_again(stack, build, version, monkeypatch):
    newer = build.version(
        build.client.describe_solution_version(solutionVersionArn=version)["solutionVersion"]["solutionArn"]
    )
    old, new = ({"Name": "shelf", "SolutionVersionArn": arn} for arn in (version, newer))
    campaign = stack.create("Campaign", **old)["PhysicalResourceId"]
    work = stack.send("Update", "Campaign", new, PhysicalResourceId=campaign, OldResourceProperties=old)
    let_another_run_be_quicker(stack, monkeypatch, "UpdateCampaign", work)

    stack.finish(work)

    assert [answer["Status"] for _, answer in stack.answers] == ["SUCCESS"] * 3


def test_a_group_is_made_waited_for_and_told_of(stack, personalize):
    answer = stack.create("DatasetGroup", Name="library")

    assert answer == {
        "Status": "SUCCESS",
        "PhysicalResourceId": f"{HOME}dataset-group/library",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/0a1b",
        "RequestId": "request-0",
        "LogicalResourceId": "Thing",
        "Data": {
            "Arn": f"{HOME}dataset-group/library",
            "Name": "library",
            "DatasetGroupArn": f"{HOME}dataset-group/library",
        },
    }
    assert personalize.describe_dataset_group(datasetGroupArn=answer["PhysicalResourceId"])["datasetGroup"]
    assert stack.pauses == [1]


def test_what_has_no_name_is_named_by_stack_and_request(stack):
    first, second = stack.create("DatasetGroup")["Data"]["Name"], stack.create("DatasetGroup")["Data"]["Name"]

    assert first.startswith("shop-Thing-")
    assert second.startswith("shop-Thing-")
    assert first != second


def properties_of(title, build, shop):
    """Properties of a resource of each kind, and what they need."""

    def version():
        return build.version(build.solution(shop, performAutoTraining=False))

    return {
        "DatasetGroup": lambda: {"Domain": "ECOMMERCE"},
        "Schema": lambda: {"Schema": TEXT},
        "Dataset": lambda: {
            "DatasetGroupArn": build.group(),
            "DatasetType": "Interactions",
            "SchemaArn": build.schema(),
        },
        "DatasetImportJob": lambda: {
            "DatasetArn": f"{shop.replace('dataset-group', 'dataset')}/INTERACTIONS",
            "DataSource": {"DataLocation": "s3://bucket/data.csv"},
            "ImportMode": "FULL",
        },
        "Solution": lambda: {
            "DatasetGroupArn": shop,
            "RecipeArn": POPULARITY,
            "PerformAutoTraining": "true",
            "SolutionConfig": DAILY | {"AlgorithmHyperParameters": {}},
        },
        "SolutionVersion": lambda: {"SolutionArn": version().rpartition("/")[0], "TrainingMode": "FULL"},
        "Campaign": lambda: {"SolutionVersionArn": version(), "MinProvisionedTPS": "2"},
        "Recommender": lambda: {
            "DatasetGroupArn": views(build),
            "RecipeArn": f"{RECIPES}popular-items-by-views",
            "RecommenderConfig": {"MinRecommendationRequestsPerSecond": "3"},
        },
        "Filter": lambda: {"DatasetGroupArn": shop, "FilterExpression": DRAMA},
        "EventTracker": lambda: {"DatasetGroupArn": shop},
    }[title]()


@pytest.mark.parametrize("title", sorted(TITLES))
def test_every_kind_is_made_once_changed_in_nothing_and_deleted_twice(stack, build, shop, title):
    name = "JobName" if title == "DatasetImportJob" else "Name"
    properties = {name: "thing", **properties_of(title, build, shop)}
    work = stack.send("Create", title, properties, id_="one")
    stack.look(work)  # and what came of it is lost

    answer = stack.finish(work)

    arn = answer["PhysicalResourceId"]
    assert (answer["Status"], arn[: len(HOME)]) == ("SUCCESS", HOME), answer
    assert stack.update(title, arn, properties, properties)["PhysicalResourceId"] == arn
    assert stack.drift(title, arn, properties) == {"StackResourceDriftStatus": "IN_SYNC", "PropertyDifferences": []}
    assert [stack.delete(title, arn)["Status"] for _ in range(2)] == ["SUCCESS", "SUCCESS"]


class Unreliable:
    """The API over a line that loses the first answer to each operation of a kind."""

    def __init__(self, api) -> None:
        self._api, self.lost = api, []

    def call(self, operation, **members):
        reply = self._api.call(operation, **members)
        if operation not in self.lost:
            self.lost.append(operation)
            raise Refused("ServiceUnavailable", "the line is broken", passing=True)
        return reply


def test_a_creation_whose_answer_is_lost_is_made_once(stack, version, personalize):
    stack.provider = replace(stack.provider, api=Unreliable(stack.provider.api))

    # The lists before it and the descriptions after it are lost as well.
    answer = stack.create("SolutionVersion", SolutionArn=version.rpartition("/")[0])

    versions = personalize.list_solution_versions(solutionArn=version.rpartition("/")[0])["solutionVersions"]
    assert answer["Status"] == "SUCCESS"
    assert [each["solutionVersionArn"] for each in versions] == [version, answer["PhysicalResourceId"]]


def test_a_request_that_comes_again_is_the_same_work(stack, personalize):
    for _ in range(2):
        work = stack.send("Create", "Schema", {"Schema": TEXT}, id_="one")
    assert len(stack.begun) == 1

    stack.finish(work)
    stack.finish(work)

    assert len(personalize.list_schemas()["schemas"]) == 1
    assert stack.answers[0] == stack.answers[1]


def test_what_somebody_else_has_made_is_not_taken_over(stack, world, personalize):
    personalize.create_schema(name="theirs", schema=TEXT)
    world.now += 60

    answer = stack.create("Schema", Name="theirs", Schema=TEXT)

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", "none-request-0")
    assert "schema/theirs" in answer["Reason"]
    assert stack.delete("Schema", answer["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert len(personalize.list_schemas()["schemas"]) == 1


@pytest.mark.parametrize(
    ("title", "properties", "reason"),
    [
        (
            "Campaign",
            {"SolutionVersionArn": "x", "MinTPS": "1"},
            "Custom::TastemakerCampaign has no MinTPS; it has Name",
        ),
        ("Campaign", {"SolutionVersionArn": "x", "MinProvisionedTPS": "many"}, "must be of type integer, not 'many'"),
        ("Campaign", {"SolutionVersionArn": "x", "CampaignConfig": "much"}, "must be of type structure"),
        ("Solution", {"PerformAutoTraining": "perhaps"}, "PerformAutoTraining must be of type boolean"),
        ("Schema", {"Schema": "{"}, "schema"),
        ("Filter", {"FilterExpression": "INCLUDE"}, "datasetGroupArn"),
        ("Bucket", {}, "There is no Custom::TastemakerBucket"),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_service(stack, title, properties, reason):
    answer = stack.create(title, **properties)

    assert answer["Status"] == "FAILED"
    assert reason in answer["Reason"]


def test_a_failed_creation_is_told_with_its_reason_and_deleted_by_its_arn(stack, shop, world):
    world.objects.write("bucket", "bad.csv", b"USER_ID,ITEM_ID,TIMESTAMP\na,b,never\n")
    dataset = f"{shop.replace('dataset-group', 'dataset')}/INTERACTIONS"

    answer = stack.create("DatasetImportJob", DatasetArn=dataset, DataSource={"DataLocation": "s3://bucket/bad.csv"})

    assert answer["Status"] == "FAILED"
    assert "TIMESTAMP" in answer["Reason"]
    assert ":dataset-import-job/" in answer["PhysicalResourceId"]
    assert stack.delete("DatasetImportJob", answer["PhysicalResourceId"])["Status"] == "SUCCESS"


def test_a_deletion_waits_for_what_uses_the_resource(stack, build, version, personalize):
    campaign = build.campaign(version)
    work = stack.send("Delete", "Solution", {}, PhysicalResourceId=version.rpartition("/")[0].replace("-version", ""))

    work = stack.look(work)
    assert work["over"] is False
    personalize.delete_campaign(campaignArn=campaign)

    assert stack.finish(work)["Status"] == "SUCCESS"
    assert personalize.list_solutions()["solutions"] == []


def test_the_deletion_of_a_training_version_stops_it(stack, build, shop, personalize):
    solution = build.solution(shop)
    arn = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]

    assert stack.delete("SolutionVersion", arn)["Status"] == "SUCCESS"
    assert (
        personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]["status"] == "CREATE STOPPED"
    )


def test_what_takes_longer_than_cloudformation_waits_fails_with_what_it_is_at(stack):
    work = stack.send("Create", "DatasetGroup", {"Name": "slow"})

    answer = stack.finish(work, runs=False)

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("Not done after 3600 seconds, as long as CloudFormation waits: arn:")
    assert answer["PhysicalResourceId"] == f"{HOME}dataset-group/slow"
    assert stack.pauses[:7] == [1, 2, 4, 8, 16, 20, 20]
    assert 3400 < sum(stack.pauses) < 3600


def test_a_template_may_ask_for_a_shorter_wait_or_for_none(stack):
    short = stack.finish(stack.send("Create", "DatasetGroup", {"ServiceTimeout": "120"}), runs=False)
    none = stack.finish(stack.send("Create", "DatasetGroup", {"Wait": "false", "Name": "soon"}), runs=False)

    assert "Not done after 120 seconds" in short["Reason"]
    assert (none["Status"], none["Data"]["Name"]) == ("SUCCESS", "soon")


def test_an_update_in_place_keeps_the_resource(stack, version, personalize):
    old = {"SolutionVersionArn": version, "Name": "next", "Tags": [{"TagKey": "a", "TagValue": "1"}]}
    new = old | {"MinProvisionedTPS": "3", "Tags": [{"TagKey": "b", "TagValue": "2"}]}
    arn = stack.create("Campaign", **old)["PhysicalResourceId"]

    answer = stack.update("Campaign", arn, old, new)

    found = personalize.describe_campaign(campaignArn=arn)["campaign"]
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", arn)
    assert (found["minProvisionedTPS"], found["latestCampaignUpdate"]["status"]) == (3, "ACTIVE")
    assert personalize.list_tags_for_resource(resourceArn=arn)["tags"] == [{"tagKey": "b", "tagValue": "2"}]


def test_a_campaign_takes_the_next_version_of_its_solution_and_is_replaced_for_another(stack, build, shop, version):
    solution = version.rpartition("/")[0]
    other, foreign = build.version(solution), build.version(build.solution(shop))
    old = {"SolutionVersionArn": version}
    arn = stack.create("Campaign", **old)["PhysicalResourceId"]

    same = stack.update("Campaign", arn, old, {"SolutionVersionArn": other})
    another = stack.update("Campaign", arn, {"SolutionVersionArn": other}, {"SolutionVersionArn": foreign})

    assert (same["Status"], same["PhysicalResourceId"]) == ("SUCCESS", arn)
    assert another["Status"] == "SUCCESS"
    assert another["PhysicalResourceId"] not in {arn, ""}


def test_a_solutions_schedule_is_changed_in_place_and_its_recipe_is_not(stack, shop, personalize):
    old = {"DatasetGroupArn": shop, "RecipeArn": POPULARITY, "PerformAutoTraining": "true", "SolutionConfig": DAILY}
    weekly = {"AutoTrainingConfig": {"SchedulingExpression": "rate(7 days)"}}
    arn = stack.create("Solution", **old)["PhysicalResourceId"]
    bare = {name: value for name, value in old.items() if name != "SolutionConfig"}
    assert stack.update("Solution", arn, bare, old)["PhysicalResourceId"] == arn

    assert stack.update("Solution", arn, old, old | {"SolutionConfig": weekly})["PhysicalResourceId"] == arn
    replaced = stack.update("Solution", arn, old, old | {"RecipeArn": SIMS})["PhysicalResourceId"]

    config = personalize.describe_solution(solutionArn=arn)["solution"]["solutionConfig"]
    assert config == {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}}
    assert replaced != arn


def test_a_changed_filter_is_another_one(stack, shop, personalize):
    old = {"DatasetGroupArn": shop, "FilterExpression": DRAMA}
    arn = stack.create("Filter", **old)["PhysicalResourceId"]

    other = stack.update("Filter", arn, old, old | {"FilterExpression": DRAMA.replace("INCLUDE", "EXCLUDE")})

    assert other["Status"] == "SUCCESS"
    assert stack.delete("Filter", arn)["Status"] == "SUCCESS"
    assert [each["filterArn"] for each in personalize.list_filters()["Filters"]] == [other["PhysicalResourceId"]]


def test_a_replacement_of_the_same_name_says_that_it_needs_another(stack, shop, world):
    old = {"Name": "few", "DatasetGroupArn": shop, "FilterExpression": DRAMA}
    arn = stack.create("Filter", **old)["PhysicalResourceId"]
    world.now += 60

    answer = stack.update("Filter", arn, old, old | {"FilterExpression": DRAMA.replace("INCLUDE", "EXCLUDE")})

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", arn)
    assert "filterExpression of a filter can be changed only by a new one" in answer["Reason"]


def test_a_replacement_that_fails_is_taken_away_again(stack, build, personalize, world):
    old = {"DatasetGroupArn": views(build), "RecipeArn": f"{RECIPES}popular-items-by-views"}
    arn = stack.create("Recommender", **old)["PhysicalResourceId"]

    answer = stack.update("Recommender", arn, old, old | {"RecipeArn": f"{RECIPES}popular-items-by-purchases"})

    world.run()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", arn)
    assert "Purchase" in answer["Reason"]
    assert [each["recommenderArn"] for each in personalize.list_recommenders()["recommenders"]] == [arn]


def test_a_replacement_that_takes_too_long_is_taken_away_when_it_can_be(stack, shop, personalize, world):
    old = {"DatasetGroupArn": shop, "FilterExpression": DRAMA}
    arn = stack.create("Filter", **old)["PhysicalResourceId"]
    new = old | {"FilterExpression": DRAMA.replace("drama", "film"), "ServiceTimeout": "61"}
    work = stack.send("Update", "Filter", new, PhysicalResourceId=arn, OldResourceProperties=old)

    while not work.get("doomed"):
        work = stack.look(work)
        world.now += 2
    [_, (_, answer)] = stack.answers
    world.run()
    stack.finish(work)

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", arn)
    assert len(stack.answers) == 2
    assert [each["filterArn"] for each in personalize.list_filters()["Filters"]] == [arn]


def test_a_step_that_dies_is_told_and_takes_away_what_was_to_replace(stack, shop, personalize, world):
    old = {"DatasetGroupArn": shop, "FilterExpression": DRAMA}
    arn = stack.create("Filter", **old)["PhysicalResourceId"]
    new = old | {"FilterExpression": DRAMA.replace("drama", "film")}
    work = stack.look(stack.send("Update", "Filter", new, PhysicalResourceId=arn, OldResourceProperties=old))
    world.run()

    stack.provider.fail({**work, "error": {"Error": "Fault", "Cause": '{"errorMessage": "no memory"}'}})

    world.run()
    _, answer = stack.answers[-1]
    assert (answer["Status"], answer["PhysicalResourceId"], answer["Reason"]) == ("FAILED", arn, "Fault: no memory")
    assert [each["filterArn"] for each in personalize.list_filters()["Filters"]] == [arn]


def test_an_update_that_is_taken_back_changes_nothing(stack, shop):
    old = {"DatasetGroupArn": shop, "FilterExpression": DRAMA}
    arn = stack.create("Filter", **old)["PhysicalResourceId"]
    refused = stack.update("Filter", arn, old, old | {"Colour": "red"})

    back = stack.update("Filter", arn, old | {"Colour": "red"}, old)

    assert (refused["Status"], back["Status"], back["PhysicalResourceId"]) == ("FAILED", "SUCCESS", arn)


def test_drift_is_how_a_resource_differs_from_its_template(stack, version, personalize, world):
    properties = {"SolutionVersionArn": version, "MinProvisionedTPS": "1", "Tags": [{"TagKey": "a", "TagValue": "1"}]}
    arn = stack.create("Campaign", **properties)["PhysicalResourceId"]
    tag = {"tagKey": "a", "tagValue": "1"}
    assert stack.drift("Campaign", arn, properties)["StackResourceDriftStatus"] == "IN_SYNC"
    personalize.update_campaign(campaignArn=arn, minProvisionedTPS=9)
    personalize.untag_resource(resourceArn=arn, tagKeys=["a"])
    world.run()

    changed = stack.drift("Campaign", arn, properties)
    stack.delete("Campaign", arn)
    gone = stack.drift("Campaign", arn, properties)

    assert changed == {
        "StackResourceDriftStatus": "MODIFIED",
        "PropertyDifferences": [
            {"PropertyPath": "/MinProvisionedTPS", "ExpectedValue": 1, "ActualValue": 9},
            {"PropertyPath": "/Tags", "ExpectedValue": [tag], "ActualValue": []},
        ],
    }
    assert gone["StackResourceDriftStatus"] == "DELETED"
