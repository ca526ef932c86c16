"""Two callers at once, and workflows that come late or twice: one consistent state is left."""

import json
from functools import partial

import pytest
from botocore.exceptions import ClientError

from tastemaker.pipelines.deployment import steps as deployment
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.lifecycle import steps
from tests.unit.operations.errors import code
from tests.unit.operations.executions import run_machine

TWICE = {"minProvisionedTPS": 2}


@pytest.fixture
def campaign(build, group):
    return build.campaign(build.version(build.solution(group)))


@pytest.fixture
def describe(personalize, campaign):
    return lambda: personalize.describe_campaign(campaignArn=campaign)["campaign"]


@pytest.fixture
def deps(world):
    return Deps(**world.parts)


def refused(call) -> str:
    with pytest.raises(ClientError) as error:
        call()
    return code(error)


def test_of_an_update_and_a_deletion_at_once_the_update_that_came_first_wins(world, personalize, campaign, describe):
    world.meanwhile(partial(personalize.update_campaign, campaignArn=campaign, **TWICE))

    assert refused(lambda: personalize.delete_campaign(campaignArn=campaign)) == "ResourceInUseException"

    world.run()
    assert (describe()["status"], describe()["minProvisionedTPS"]) == ("ACTIVE", 2)


def test_of_an_update_and_a_deletion_at_once_the_deletion_that_came_first_wins(world, personalize, campaign):
    world.meanwhile(partial(personalize.delete_campaign, campaignArn=campaign))

    assert refused(lambda: personalize.update_campaign(campaignArn=campaign, **TWICE)) == "ResourceInUseException"

    world.run()
    assert world.resources.find(campaign) is None


def test_of_two_updates_at_once_one_wins(world, personalize, campaign, describe):
    world.meanwhile(partial(personalize.update_campaign, campaignArn=campaign, **TWICE))

    call = partial(personalize.update_campaign, campaignArn=campaign, minProvisionedTPS=3)
    assert refused(call) == "ResourceInUseException"

    world.run()
    assert describe()["minProvisionedTPS"] == describe()["latestCampaignUpdate"]["minProvisionedTPS"] == 2


@pytest.mark.parametrize("begun", [False, True])
def test_an_update_that_settles_late_does_not_bring_a_deleted_resource_back(world, personalize, campaign, deps, begun):
    _, work = updated(world, personalize, campaign)
    steps.fail(deps, {**work, "error": "States.Timeout"})
    personalize.delete_campaign(campaignArn=campaign)
    (_, deletion) = world.workflows.started.pop()
    if begun:
        steps.begin(deps, deletion)
    before = world.resources.get(campaign)

    run_machine("deployment", work, deps)

    assert world.resources.get(campaign) == before
    run_machine("lifecycle", deletion, deps)
    assert world.resources.find(campaign) is None


def test_an_update_that_settles_late_leaves_the_next_one_alone(world, personalize, campaign, describe, deps):
    _, first = updated(world, personalize, campaign)
    steps.fail(deps, {**first, "error": "States.Timeout"})
    _, second = updated(world, personalize, campaign, minProvisionedTPS=3)
    before = world.resources.get(campaign)

    for step in (steps.begin, partial(deployment.publish), steps.settle):
        with pytest.raises(Exception, match="overtaken by another change"):
            step(deps, {**first, "serving": {"artifact": "of the first"}})
    steps.fail(deps, {**first, "error": "JobFailed", "cause": json.dumps({"errorMessage": "late"})})

    assert world.resources.get(campaign) == before
    world.workflows.started.append(("deployment", second))
    world.run()
    assert (describe()["minProvisionedTPS"], describe()["latestCampaignUpdate"]["status"]) == (3, "ACTIVE")


def test_the_last_step_of_an_update_may_be_repeated_without_effect(world, personalize, campaign, deps):
    _, first = updated(world, personalize, campaign)
    done = deployment.publish(deps, deployment.verify(deps, steps.begin(deps, first)))
    once = world.resources.get(campaign)

    deployment.publish(deps, done)

    assert world.resources.get(campaign) == once


def test_a_repeated_creation_does_not_undo_an_update(world, personalize, campaign, deps):
    created = {"arn": campaign, "change": "create", "attempt": world.resources.get(campaign)["_created"]}
    personalize.update_campaign(campaignArn=campaign, **TWICE)
    world.run()
    before = world.resources.get(campaign)

    with pytest.raises(Exception, match="overtaken"):
        deployment.publish(deps, {**created, "serving": {"artifact": "old"}})

    assert world.resources.get(campaign) == before


def test_a_repeated_deletion_spares_a_new_resource_of_the_same_name(world, personalize, deps):
    arn = personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    world.run()
    personalize.delete_dataset_group(datasetGroupArn=arn)
    _, deletion = world.workflows.started[0]
    world.run()
    personalize.create_dataset_group(name="shop")
    world.run()
    before = world.resources.get(arn)

    steps.settle(deps, deletion)

    assert world.resources.get(arn) == before


def test_tags_of_two_callers_at_once_are_all_there(world, personalize, build):
    arn = build.group(tags=[{"tagKey": "old", "tagValue": ""}])
    world.meanwhile(
        partial(personalize.tag_resource, resourceArn=arn, tags=[{"tagKey": "a", "tagValue": "1"}]),
    )

    personalize.untag_resource(resourceArn=arn, tagKeys=["old"])
    world.meanwhile(
        partial(personalize.tag_resource, resourceArn=arn, tags=[{"tagKey": "b", "tagValue": "2"}]),
    )
    personalize.tag_resource(resourceArn=arn, tags=[{"tagKey": "c", "tagValue": "3"}])

    tags = {tag["tagKey"]: tag["tagValue"] for tag in personalize.list_tags_for_resource(resourceArn=arn)["tags"]}
    assert tags == {"a": "1", "b": "2", "c": "3"}


def test_an_import_that_is_overtaken_while_it_publishes_merges_once_more(world, personalize, build):
    dataset = build.dataset()
    rows = "USER_ID,ITEM_ID,TIMESTAMP\n"
    build.imported(dataset, rows + "u1,i,1\n")
    begun = [begin_import(world, personalize, dataset, name, f"{rows}{name},i,1\n") for name in ("u2", "u3")]
    update = world.resources.update

    def overtaken(arn: str, changes: object, **conditions: object) -> dict:
        if arn == dataset and world.workflows.started:
            world.run()
        return update(arn, changes, **conditions)

    world.resources.update = overtaken
    world.workflows.started.reverse()
    world.run()

    assert {world.resources.get(job)["status"] for job in begun} == {"ACTIVE"}
    snapshot = json.loads(world.objects.read("data", world.resources.get(dataset)["_snapshot"]))
    assert (snapshot["rows"], snapshot["stats"]["distinct USER_ID"]) == (3, 3)


def updated(world, personalize, campaign, **members) -> tuple[str, dict]:
    """Begin an update and take its workflow away, for the test to run."""
    personalize.update_campaign(campaignArn=campaign, **(members or TWICE))
    return world.workflows.started.pop()


def begin_import(world, personalize, dataset, name, text) -> str:
    world.objects.write("bucket", f"{name}.csv", text.encode())
    return personalize.create_dataset_import_job(
        jobName=name,
        datasetArn=dataset,
        dataSource={"dataLocation": f"s3://bucket/{name}.csv"},
        importMode="INCREMENTAL",
    )["datasetImportJobArn"]
