"""Where nothing is to train by itself, the look goes on with all else."""

import pytest

from tastemaker.pipelines.deps import Deps
from tests.fields import INTERACTIONS
from tests.unit.operations.executions import run_machine
from tests.unit.operations.other_versions import as_stored_by_another_version
from tests.unit.operations.workflows.tastes import EVENT_TYPE, viewing

SYNC = {"syncWithLatestSolutionVersion": True}


@pytest.fixture
def recommender(world, build, add):
    group = build.group(domain="VIDEO_ON_DEMAND")
    build.imported(add(group, "Interactions", [*INTERACTIONS, EVENT_TYPE]), viewing(liked=3))
    recipe = "arn:aws:personalize:::recipe/aws-vod-most-popular"
    arn = build.client.create_recommender(name="films", datasetGroupArn=group, recipeArn=recipe)["recommenderArn"]
    world.run()
    return arn


def test_no_solution_trains_by_itself_until_it_may_again(world, build, group):
    build.solution(group)
    world.later(days=30)

    assert world.look(training=False) == []
    assert len(world.look()) == 1


def test_no_recommender_learns_anew_until_it_may_again(world, recommender):
    world.later(days=30)

    assert world.look(training=False) == []
    assert world.look() == [recommender]


def test_nothing_replaces_a_model_of_another_version(world, build, group, recommender):
    campaign = build.campaign(build.version(build.solution(group)))
    for arn in (campaign, recommender):
        as_stored_by_another_version(world, arn, format=1)

    assert world.look(training=False) == []
    assert len(world.look()) == 2


def test_a_retraining_that_was_begun_is_carried_out(world, recommender):
    world.later(days=8)
    run_machine("schedule", {"day": 86_400}, Deps(**world.parts))
    world.forget_starts()
    world.now += 61

    assert world.look(training=False) == [recommender]
    assert world.resources.get(recommender)["_retraining"]["status"] == "ACTIVE"


def test_a_version_asked_for_whose_start_was_lost_is_trained(world, build, personalize, group):
    solution = build.solution(group)
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    world.forget_starts()
    world.now += 61

    assert world.look(training=False) == [version]
    assert personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]["status"] == "ACTIVE"


def test_a_campaign_follows_a_version_that_was_asked_for(world, build, personalize, group):
    solution = build.solution(group)
    campaign = build.campaign(build.version(solution))
    newest = build.version(solution)
    personalize.update_campaign(campaignArn=campaign, campaignConfig=SYNC)
    world.run()

    assert world.look(training=False) == [campaign]
    assert personalize.describe_campaign(campaignArn=campaign)["campaign"]["solutionVersionArn"] == newest
