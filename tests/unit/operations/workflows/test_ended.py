"""An execution that ends without a word is found by the look, and its resource says what happened."""

import pytest

from tastemaker.store.ports import Ending
from tests.unit.operations.histories import shop


@pytest.fixture
def group(world, personalize):
    """A dataset group whose workflow has begun, five minutes ago."""
    arn = personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    world.forget_starts()
    world.resources.update(arn, {"status": "CREATE IN_PROGRESS"})
    world.now += 301
    return arn


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Ending("create-1", "ABORTED"), "Somebody stopped the execution create-1"),
        (Ending("create-1", "TIMED_OUT"), "took longer than it may"),
        (Ending("create-1", "UNKNOWN"), "no longer knows the execution create-1"),
        (Ending("create-1", "FAILED", "States.DataLimitExceeded"), "more than Step Functions takes"),
        (Ending("create-1", "FAILED", "States.Runtime", "no such path"), "under execution create-1"),
    ],
)
def test_a_change_whose_execution_ended_fails_with_what_ended_it(world, personalize, group, ending, words):
    world.workflows.endings[group] = ending

    world.look()

    described = personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]
    assert described["status"] == "CREATE FAILED"
    assert words in described["failureReason"]


@pytest.mark.usefixtures("group")
def test_what_runs_and_what_has_just_begun_is_left_alone(world, personalize):
    young = personalize.create_dataset_group(name="young")["datasetGroupArn"]
    world.forget_starts()
    world.workflows.endings[young] = Ending("create-2", "ABORTED")

    world.look()

    statuses = {one["name"]: one["status"] for one in personalize.list_dataset_groups()["datasetGroups"]}
    assert statuses == {"shop": "CREATE IN_PROGRESS", "young": "CREATE PENDING"}


def test_a_start_that_was_lost_is_made_good_and_no_failure(world, personalize):
    arn = personalize.create_dataset_group(name="lost")["datasetGroupArn"]
    world.forget_starts()
    world.workflows.endings[arn] = Ending("create-1", "UNKNOWN")
    world.now += 301

    world.look()

    assert personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["status"] == "ACTIVE"


def test_a_change_that_ended_before_anybody_took_it_up_fails_and_is_not_started_again(world, personalize):
    arn = personalize.create_dataset_group(name="stopped")["datasetGroupArn"]
    world.forget_starts()
    world.workflows.endings[arn] = Ending("create-1", "ABORTED")
    world.now += 301

    started = world.look()

    described = personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
    assert described["status"] == "CREATE FAILED"
    assert started == []


def test_an_update_and_a_weekly_training_that_ended_leave_what_serves_as_it_is(world, personalize, build):
    group = build.group()
    build.imported(build.dataset(group), shop())
    version = build.version(build.solution(group, "aws-popularity-count"))
    campaign = build.campaign(version)
    personalize.update_campaign(campaignArn=campaign, minProvisionedTPS=2)
    retraining = {"status": "CREATE IN_PROGRESS", "began": world.now, "attempt": "1.000000"}
    world.resources.update(version, {"_retraining": retraining})
    world.forget_starts()
    world.workflows.endings = {arn: Ending("x", "ABORTED") for arn in (campaign, version)}
    world.now += 301

    world.look()

    described = personalize.describe_campaign(campaignArn=campaign)["campaign"]
    assert (described["status"], described["latestCampaignUpdate"]["status"]) == ("ACTIVE", "CREATE FAILED")
    assert world.resources.get(version)["_retraining"]["status"] == "CREATE FAILED"
    assert world.resources.get(version)["status"] == "ACTIVE"
