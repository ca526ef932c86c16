"""Solutions with `performAutoML`, as a boto3 client sees them: what was chosen, why, and what goes on with it."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message
from tests.unit.operations.histories import shop

POPULARITY, V2, V1 = "aws-popularity-count", "aws-user-personalization-v2", "aws-user-personalization"
BARE, WITH_METADATA, COLD_START = "aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart"
METRIC = "normalized_discounted_cumulative_gain_at_25"


def recipe(name: str) -> str:
    return f"arn:aws:personalize:::recipe/{name}"


@pytest.fixture
def group(build):
    """A dataset group whose users have tastes."""
    arn = build.group()
    build.imported(build.dataset(arn), shop())
    return arn


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


def test_it(world, personalize, build, group, choosing):
    solution = choosing(group)
    before = personalize.describe_solution(solutionArn=solution)["solution"]
    version = build.version(solution)
    reply = personalize.describe_solution_version(solutionVersionArn=version)
    print(reply)
    print(personalize.describe_solution(solutionArn=solution))
    assert 0
