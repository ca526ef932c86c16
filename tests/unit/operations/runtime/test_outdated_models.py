"""Models of another version of Tastemaker: callers are told, and what trains by itself trains them anew."""

import pytest
from botocore.exceptions import ClientError

from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.upkeep.steps import unanswering
from tastemaker.serving.artifacts import FORMAT
from tests.unit.operations.histories import shop
from tests.unit.operations.other_versions import as_stored_by_another_version

RECIPE = "aws-user-personalization-v2"


@pytest.fixture
def group(build):
    arn = build.group()
    build.imported(build.dataset(arn), shop())
    return arn


@pytest.fixture
def campaign(build, group):
    """One whose solution trains by itself, and which follows it."""
    solution = build.solution(group, RECIPE, performAutoTraining=True)
    build.version(solution)
    return build.campaign(f"{solution}/$LATEST", campaignConfig={"syncWithLatestSolutionVersion": True})


def ask(clients, **source: str) -> list[str]:
    reply = clients.personalize_runtime.get_recommendations(userId="u1", **source)
    return [item["itemId"] for item in reply["itemList"]]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 1}, f"the model has format 1, not {FORMAT}: train a new version"),
        ({"format": 9}, f"the model has format 9, not {FORMAT}: train a new version"),
        ({"settings": {}}, "the model was stored by another version"),
        ({"recipe": "aws-gone"}, "the model was stored by another version"),
    ],
)
def test_a_campaign_with_a_model_of_another_format_says_so_by_its_name(clients, world, campaign, changes, why):
    as_stored_by_another_version(world, campaign, **changes)

    replies = []
    for _ in range(2):  # the second time the shelf remembers
        with pytest.raises(ClientError) as refused:
            ask(clients, campaignArn=campaign)
        replies.append(refused.value.response)

    assert [reply["ResponseMetadata"]["HTTPStatusCode"] for reply in replies] == [400, 400]
    assert all(reply["Error"]["Code"] == "InvalidInputException" for reply in replies)
    assert all(campaign in reply["Error"]["Message"] and why in reply["Error"]["Message"] for reply in replies)


def test_a_ranking_says_the_same(clients, world, campaign):
    as_stored_by_another_version(world, campaign, format=1)

    with pytest.raises(ClientError, match=f"format 1, not {FORMAT}: train a new version"):
        clients.personalize_runtime.get_personalized_ranking(campaignArn=campaign, userId="u1", inputList=["i1"])


def test_a_solution_that_trains_by_itself_replaces_such_a_version_at_the_next_look(clients, world, campaign):
    before = ask(clients, campaignArn=campaign)
    as_stored_by_another_version(world, campaign, format=1)

    started = world.look()
    world.look()  # the campaign follows

    assert len(started) == 1
    assert ask(clients, campaignArn=campaign) == before
    assert world.look() == []


def test_a_solution_that_does_not_is_left_to_its_owner(build, world, group):
    campaign = build.campaign(build.version(build.solution(group, performAutoTraining=False)))
    as_stored_by_another_version(world, campaign, format=1)

    assert world.look() == []


def test_the_replacement_is_tried_once_until_the_next_date(build, world, group):
    campaign = build.campaign(build.version(build.solution(group, performAutoTraining=True)))
    as_stored_by_another_version(world, campaign, format=1)
    [version] = world.look()
    world.resources.update(version, {"status": "CREATE FAILED"})

    assert world.look() == []
    world.later(days=7.1)
    assert len(world.look()) == 1


def test_what_cannot_answer_is_named(world, build, group, campaign):
    build.campaign(build.version(build.solution(group, performAutoTraining=False)))  # of which there is nothing to say
    as_stored_by_another_version(world, campaign, format=1)

    told = unanswering(Deps(**world.parts), {})["unanswering"]

    name = world.resources.get(campaign)["name"]
    assert told == [f"campaign {name} cannot answer: the model has format 1, not {FORMAT}: train a new version"]
