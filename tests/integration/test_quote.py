"""`tastemaker quote` through the deployed templates: before a training, and after it."""

import json
from functools import partial

import pytest

from tests.integration.client import readings

RECIPE = "arn:aws:personalize:::recipe/aws-sims"


@pytest.fixture
def quote(command):
    return partial(command, "quote")


@pytest.fixture
def group(client):
    group = client.group()
    client.imported(client.dataset(group), readings())
    return group


def test_a_solution_is_quoted_before_and_its_version_afterwards(client, quote, group):
    solution = client.personalize.create_solution(name="next", datasetGroupArn=group, recipeArn=RECIPE)["solutionArn"]

    before = json.loads(quote("--solution", solution, "--json")[1])
    version = client.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    assert client.settled("solutionVersion", version)["status"] == "ACTIVE"
    after = json.loads(quote("--solution-version", version, "--json")[1])
    status, said, _ = quote("--solution-version", version)

    assert "measured" not in before
    # Nobody says before the first training that this service's function has no limit.
    rungs = [rung | {"memory": 0} if rung["rung"] == "function" else rung for rung in before["rungs"]]
    assert {key: after[key] for key in before} == before | {"rungs": rungs}
    assert [(rung["rung"], rung["memory"]) for rung in before["rungs"]] == [("function", 3008), ("container", 4096)]
    assert (before["events"], before["users"], before["items"]) == (1200, 60, 40)
    assert set(after["measured"]) == {"seconds", "peakMemory", "cost", "rung"}
    assert (after["measured"]["rung"], "climbed" in after) == ("function", False)
    assert status == 0
    for word in (
        "predicted",
        "measured",
        "time",
        "most memory",
        "cost",
        "1,200 interactions",
        "learned from 1,200 events",
        "no limit",
        "container",
        "done on: function",
    ):
        assert word in said


def test_what_the_last_training_was_told_says_how_large_the_function_is(client, quote, group):
    client.campaign(group, "aws-sims", "again")

    again = json.loads(quote("--solution", "again", "--json")[1])
    by_size = json.loads(quote("--solution", "again", "--memory", "4096", "--json")[1])

    assert [(rung["rung"], rung["memory"]) for rung in again["rungs"]] == [("function", 0), ("container", 4096)]
    assert [(rung["rung"], rung["memory"]) for rung in by_size["rungs"]] == [("function", 4096), ("container", 4096)]


def test_any_recipe_is_quoted_for_a_groups_data(quote, group):
    status, said, _ = quote("--dataset-group", group, "--recipe", "aws-user-personalization-v2", "--memory", "10240")

    assert status == 0
    assert "10,240 MB of Lambda" in said
    assert "no training to go by" in said


def test_what_cannot_be_quoted_is_said(client, quote, group):
    unknown = quote("--dataset-group", group, "--recipe", "aws-unheard-of")
    empty = client.personalize.create_dataset_group(name="empty")["datasetGroupArn"]
    nothing = quote("--dataset-group", empty, "--recipe", "aws-sims")
    missing = quote("--solution", group.replace("dataset-group", "solution"))

    assert [each[0] for each in (unknown, nothing, missing)] == [1, 1, 1]
    assert "there is no recipe aws-unheard-of" in unknown[2]
    assert "no interactions were imported yet" in nothing[2]
    assert "ResourceNotFoundException" in missing[2]


def test_names_do_as_well_as_arns(client, quote, group):
    client.personalize.create_solution(name="next", datasetGroupArn=group, recipeArn=RECIPE)
    by_group = quote("--dataset-group", "library", "--recipe", "aws-sims", "--json")
    none_yet = quote("--solution-version", "next")
    campaign = client.personalize.describe_campaign(campaignArn=client.campaign(group, "aws-sims", "again"))
    version = campaign["campaign"]["solutionVersionArn"]

    by_version = [quote("--solution-version", name, "--json") for name in (version, "again", version.partition("/")[2])]

    assert (by_group[0], json.loads(by_group[1])["events"], quote("--solution", "next")[0]) == (0, 1200, 0)
    assert (none_yet[0], "the solution next has no version yet" in none_yet[2]) == (1, True)
    assert [each[0] for each in by_version] == [0, 0, 0]
    assert len({each[1] for each in by_version}) == 1


def test_an_unknown_name_is_named(quote):
    for words in (
        ("--solution", "nothing"),
        ("--dataset-group", "nothing", "--recipe", "aws-sims"),
        ("--solution-version", "nothing/1"),
    ):
        status, _, said = quote(*words)
        assert (status, "named nothing" in said) == (1, True), said


def test_a_recipe_needs_its_group_and_a_group_its_recipe(quote):
    assert quote("--dataset-group", "arn")[0] == 2
    assert quote("--solution", "arn", "--recipe", "aws-sims")[0] == 2
