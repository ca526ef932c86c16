"""Solutions with `performAutoML`, as a boto3 client sees them: what was chosen, why, and what goes on with it."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message

POPULARITY, V2, V1 = "aws-popularity-count", "aws-user-personalization-v2", "aws-user-personalization"
BARE, WITH_METADATA, COLD_START = "aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart"
METRIC = "normalized_discounted_cumulative_gain_at_25"


def recipe(name: str) -> str:
    return f"arn:aws:personalize:::recipe/{name}"


@pytest.fixture
def choosing(personalize, build):
    """Creates a solution that chooses its recipe."""

    def create(group: str, *recipes: str, metric: str | None = None, **members) -> str:
        config = {"recipeList": [recipe(name) for name in recipes]} if recipes else {}
        config |= {"metricName": metric} if metric else {}
        settings = members.pop("solutionConfig", {}) | ({"autoMLConfig": config} if config else {})
        about = {"solutionConfig": settings} if settings else {}
        return personalize.create_solution(
            name=build.name(), datasetGroupArn=group, performAutoML=True, **about, **members
        )["solutionArn"]

    return create


def told(reply) -> dict:
    return json.loads(reply["ResponseMetadata"]["HTTPHeaders"]["x-tastemaker-automl"])


def test_the_recipe_with_the_best_metric_is_chosen_and_said(personalize, build, group, choosing):
    solution = choosing(group)
    before = personalize.describe_solution(solutionArn=solution)["solution"]

    version = build.version(solution)

    reply = personalize.describe_solution_version(solutionVersionArn=version)
    described, choice = reply["solutionVersion"], told(reply)
    assert (before["performAutoML"], "recipeArn" in before, "autoMLResult" in before) == (True, False, False)
    assert (described["status"], described["performAutoML"], described["recipeArn"]) == ("ACTIVE", True, recipe(V2))
    after = personalize.describe_solution(solutionArn=solution)
    assert after["solution"]["autoMLResult"] == {"bestRecipeArn": recipe(V2)}
    assert "recipeArn" not in after["solution"]
    assert told(after) == choice
    assert (choice["metric"], choice["chosen"]) == (METRIC, V2)


def test_no_choice_is_below_the_best_beyond_doubt(personalize, build, group, choosing):
    choice = told(personalize.describe_solution_version(solutionVersionArn=build.version(choosing(group))))

    values = {each["recipe"]: each["value"] for each in choice["candidates"]}
    (chosen,) = [each for each in choice["candidates"] if each["recipe"] == choice["chosen"]]
    assert values.keys() == {POPULARITY, V2}
    assert chosen["lessThanBest"][2] >= 0.0
    assert {each["recipe"] for each in choice["leftOut"]} == {V1, BARE, WITH_METADATA, COLD_START}
    assert all(each["reason"].startswith("It learns the same here as") for each in choice["leftOut"])


def test_a_campaign_answers_with_what_was_chosen(build, clients, group, choosing):
    campaign = build.campaign(build.version(choosing(group)))

    items = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u1", numResults=5)["itemList"]

    assert len(items) == 5


def test_only_recipes_of_the_list_are_chosen_from(personalize, build, group, choosing):
    solution = choosing(group, POPULARITY)

    reply = personalize.describe_solution_version(solutionVersionArn=build.version(solution))

    assert reply["solutionVersion"]["recipeArn"] == recipe(POPULARITY)
    assert [each["recipe"] for each in told(reply)["candidates"]] == [POPULARITY]


def test_each_training_chooses_anew(personalize, build, group, choosing):
    solution = choosing(group)

    versions = [build.version(solution) for _ in range(2)]

    recipes = [personalize.describe_solution_version(solutionVersionArn=each)["solutionVersion"] for each in versions]
    assert [each["recipeArn"] for each in recipes] == [recipe(V2)] * 2


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"performAutoML": True, "recipeArn": recipe(V2)}, "recipeArn and performAutoML exclude each other"),
        ({"performAutoML": False}, "recipeArn is required unless performAutoML is true"),
        (
            {"recipeArn": recipe(V2), "solutionConfig": {"autoMLConfig": {"metricName": METRIC}}},
            "solutionConfig.autoMLConfig needs performAutoML true",
        ),
        (
            {"performAutoML": True, "solutionConfig": {"algorithmHyperParameters": {"hidden_dimension": "64"}}},
            "solutionConfig.algorithmHyperParameters and performAutoML exclude each other",
        ),
        (
            {"performAutoML": True, "solutionConfig": {"autoMLConfig": {"recipeList": [recipe(V2), recipe(V2)]}}},
            "recipeList.2.member names aws-user-personalization-v2 again",
        ),
        (
            {"performAutoML": True, "solutionConfig": {"autoMLConfig": {"recipeList": [recipe("aws-sims")]}}},
            "recipeList.1.member",
        ),
        (
            {"performAutoML": True, "solutionConfig": {"autoMLConfig": {"metricName": "beauty"}}},
            "solutionConfig.autoMLConfig.metricName",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(personalize, build, group, members, words):
    with pytest.raises(ClientError) as error:
        personalize.create_solution(name=build.name(), datasetGroupArn=group, **members)

    assert code(error) == "InvalidInputException"
    assert words in message(error)
