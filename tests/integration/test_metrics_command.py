"""`tastemaker metrics` and `tastemaker choose` through the deployed templates: a model and its choice."""

import json

import pytest

from tests.integration.client import readings

HOME = "arn:aws:personalize:us-east-1:123456789012"


@pytest.fixture
def version(client):
    """A version of the solution `next`, whose recipe was chosen."""
    group = client.group()
    client.imported(client.dataset(group), readings())
    config = {
        "autoMLConfig": {"recipeList": [f"arn:aws:personalize:::recipe/aws-{n}" for n in ("popularity-count", "hrnn")]}
    }
    solution = client.personalize.create_solution(
        name="next", datasetGroupArn=group, performAutoML=True, solutionConfig=config
    )["solutionArn"]
    version = client.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    assert client.settled("solutionVersion", version)["status"] == "ACTIVE"
    return version


def test_a_version_is_judged_by_users_items_and_choices(command, version):
    status, said, _ = command("metrics", version)
    by_name = command("metrics", "next")
    other = command("metrics", version, "--metric", "precision_at_5")
    found = json.loads(command("metrics", version, "--json")[1])

    assert status == 0
    assert by_name == (0, said, "")
    for word in (
        version,
        "showing what is popular",
        "repeating the user's own history",
        "NDCG@10 ",
        "coverage",
        "less popularity",
        "less own-history",
        "casual-users",
        "tail-items",
        "discoveries",
        "95 % of it",
    ):
        assert word in said
    assert "precision@5, by users, items and choices" in other[1]
    assert (found["resourceArn"], found["users"]) == (version, 6)
    _shows_the_choice(command, version)
    _says_what_cannot_be_told(command, version)


def _shows_the_choice(command, version):
    status, said, _ = command("choose", "next")
    of_version = command("choose", version)

    assert status == 0
    for word in (
        "scored",
        "less best",
        "took",
        "cost",
        "hrnn",
        "popularity-count",
        "held-out users, all asked the same",
    ):
        assert word in said
    assert of_version[1].partition("\n")[2] == said.partition("\n")[2]


def _says_what_cannot_be_told(command, version):
    unknown = command("metrics", version, "--metric", "clicks")
    missing = command("metrics", "none")
    untrained = command("metrics", f"{HOME}:solution/none/1")

    assert [each[0] for each in (unknown, missing, untrained)] == [1, 1, 1]
    assert "there is no metric clicks; measured were mean_reciprocal_rank_at_25" in unknown[2]
    assert "there is no solution or recommender named none" in missing[2]
    assert "ResourceNotFoundException" in untrained[2]
