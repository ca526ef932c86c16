"""What changes nothing is taken as the real service takes it, and said so in a header."""

import json
from pathlib import Path

import pytest

from tastemaker.domain.ineffective import SETTINGS, warnings_of
from tastemaker.recipes import catalog

PAGE = (Path(__file__).parents[4] / "docs" / "settings.md").read_text()
SEARCH = {
    "hpoObjective": {"type": "Minimize", "metricName": "precision_at_5", "metricRegex": "loss=(.*)"},
    "hpoResourceConfig": {"maxNumberOfTrainingJobs": "2", "maxParallelTrainingJobs": "2"},
    "algorithmHyperParameterRanges": {
        "integerHyperParameterRanges": [{"name": "bptt", "minValue": 2, "maxValue": 4}],
        "continuousHyperParameterRanges": [],
        "categoricalHyperParameterRanges": [],
    },
}


def warnings(reply) -> list[str]:
    return json.loads(reply["ResponseMetadata"]["HTTPHeaders"].get("x-tastemaker-warnings", "[]"))


def named(reply) -> list[str]:
    return [warning.partition(" has no effect: ")[0] for warning in warnings(reply)]


def test_a_solution_says_what_of_its_search_has_no_effect(personalize, build):
    config = {"hpoConfig": SEARCH, "algorithmHyperParameters": {"hidden_dimension": "64", "recency_mask": "false"}}
    group = build.data(build.group())
    made = personalize.create_solution(
        name="searching",
        datasetGroupArn=group,
        recipeArn="arn:aws:personalize:::recipe/aws-user-personalization",
        performHPO=True,
        solutionConfig=config,
    )

    described = personalize.describe_solution(solutionArn=made["solutionArn"])

    search = "solutionConfig.hpoConfig"
    assert named(described) == [
        f"{search}.hpoObjective.type",
        f"{search}.hpoObjective.metricName",
        f"{search}.hpoObjective.metricRegex",
        f"{search}.hpoResourceConfig.maxParallelTrainingJobs",
        "solutionConfig.algorithmHyperParameters.hidden_dimension",
        f"{search}.algorithmHyperParameterRanges.integerHyperParameterRanges bptt",
    ]
    assert warnings(made) == warnings(described)
    assert described["solution"]["solutionConfig"] == config  # what was said is told as it was said


def test_what_has_an_effect_is_not_warned_of(personalize, build):
    solution = build.solution(build.group(), "aws-user-personalization-v2")

    assert warnings(personalize.describe_solution(solutionArn=solution)) == []


def test_a_campaign_says_that_a_minimum_of_requests_changes_nothing(world, personalize, build):
    version = build.version(build.solution(build.group()))
    world.resources.update(version, {"status": "ACTIVE"})
    made = personalize.create_campaign(name="c", solutionVersionArn=version, minProvisionedTPS=5)
    usual = personalize.create_campaign(name="d", solutionVersionArn=version, minProvisionedTPS=1)

    described = personalize.describe_campaign(campaignArn=made["campaignArn"])

    assert named(made) == named(described) == ["minProvisionedTPS"]
    assert named(usual) == []


def test_an_update_says_so_too(world, personalize, build):
    version = build.version(build.solution(build.group()))
    world.resources.update(version, {"status": "ACTIVE"})
    campaign = personalize.create_campaign(name="c", solutionVersionArn=version)["campaignArn"]
    world.workflows.started.clear()
    world.resources.update(campaign, {"status": "ACTIVE"})

    updated = personalize.update_campaign(campaignArn=campaign, minProvisionedTPS=7)

    assert named(updated) == ["minProvisionedTPS"]
    assert named(personalize.describe_campaign(campaignArn=campaign)) == ["minProvisionedTPS"]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.path)
def test_the_page_names_each_of_them(setting):
    assert f"`{setting.path.rpartition('.')[2]}`" in PAGE


def test_the_page_names_each_parameter_that_a_recipe_does_not_use():
    rows = [row for recipe in catalog.recipes() for row in (*recipe["hyperparameters"], *recipe["featurization"])]

    assert {row["name"] for row in rows if row.get("inert")} == {
        *("hidden_dimension", "bptt", "item_id_hidden_dim", "item_metadata_hidden_dim"),
        *("min_item_interaction_count_percentile", "max_item_interaction_count_percentile"),
    }
    assert [row["name"] for row in rows if row.get("inert") and f"`{row['name']}`" not in PAGE] == []


def test_what_asks_for_nothing_is_no_warning():
    record = {"recommenderConfig": {"minRecommendationRequestsPerSecond": 1}}

    assert warnings_of(record, ()) == []
    assert len(warnings_of({"recommenderConfig": {"minRecommendationRequestsPerSecond": 2}}, ())) == 1


def test_an_update_of_a_solution_passes_through_its_statuses(world, personalize, build):
    solution = build.solution(build.group(), performAutoTraining=False)
    assert "latestSolutionUpdate" not in personalize.describe_solution(solutionArn=solution)["solution"]
    plan = {"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}}

    personalize.update_solution(solutionArn=solution, performAutoTraining=True, solutionUpdateConfig=plan)
    pending = personalize.describe_solution(solutionArn=solution)["solution"]
    world.run()
    active = personalize.describe_solution(solutionArn=solution)["solution"]

    assert (pending["status"], pending["performAutoTraining"]) == ("ACTIVE", False)
    update = pending["latestSolutionUpdate"]
    assert (update["status"], update["performAutoTraining"]) == ("CREATE PENDING", True)
    assert update["solutionUpdateConfig"] == plan
    assert active["latestSolutionUpdate"]["status"] == "ACTIVE"
    assert active["performAutoTraining"] is True
    assert active["latestSolutionUpdate"]["lastUpdatedDateTime"] > update["lastUpdatedDateTime"]
