"""What is left when a workflow cannot be started, or nobody lives to start it."""

import pytest
from botocore.exceptions import ClientError

from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.upkeep.unsettled import all_unsettled, overdue
from tastemaker.store.memory import MemoryWorkflows
from tests.unit.operations.errors import code
from tests.unit.operations.histories import shop


class Troubled(MemoryWorkflows):
    """A Step Functions that once cannot be reached, or whose answer gets lost."""

    trouble = ""

    def start(self, workflow: str, arn: str, change: str, **details: object) -> None:
        trouble, self.trouble = self.trouble, ""
        if trouble != "unreachable":
            super().start(workflow, arn, change, **details)
        if trouble:
            raise ConnectionError(trouble)


@pytest.fixture
def workflows(world):
    world.workflows = Troubled()
    return world.workflows


def failed(call) -> None:
    with pytest.raises(ClientError) as error:
        call()
    assert code(error) == "InternalServerException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_a_creation_whose_workflow_does_not_start_leaves_its_name_free(world, personalize, workflows):
    workflows.trouble = "unreachable"
    failed(lambda: personalize.create_dataset_group(name="shop"))

    assert personalize.list_dataset_groups()["datasetGroups"] == []
    arn = personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    world.run()
    assert personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["status"] == "ACTIVE"


def test_a_tracker_whose_workflow_does_not_start_leaves_its_group_free(personalize, build, workflows):
    group = build.group()
    build.dataset(group)
    create = {"name": "clicks", "datasetGroupArn": group}

    workflows.trouble = "unreachable"
    failed(lambda: personalize.create_event_tracker(**create))

    personalize.create_event_tracker(**create)


def test_a_workflow_that_started_all_the_same_leaves_the_second_attempt_alone(world, personalize, workflows):
    workflows.trouble = "answer lost"
    failed(lambda: personalize.create_dataset_group(name="shop"))
    arn = personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    first, second = started(world)

    world.workflows.started.append(first)
    world.run()
    between = personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
    world.workflows.started.append(second)
    world.run()

    after = personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
    assert (between["status"], after["status"]) == ("CREATE PENDING", "ACTIVE")
    assert "failureReason" not in after


def test_an_update_whose_workflow_does_not_start_has_not_begun(world, personalize, build, workflows):
    group = build.group()
    build.imported(build.dataset(group), shop())
    campaign = build.campaign(build.version(build.solution(group)))
    before = world.resources.get(campaign)

    workflows.trouble = "unreachable"
    failed(lambda: personalize.update_campaign(campaignArn=campaign, minProvisionedTPS=2))

    assert world.resources.get(campaign) == before
    personalize.update_campaign(campaignArn=campaign, minProvisionedTPS=2)
    world.run()
    assert personalize.describe_campaign(campaignArn=campaign)["campaign"]["minProvisionedTPS"] == 2


def test_a_deletion_whose_workflow_does_not_start_has_not_begun(world, personalize, build, workflows):
    group = build.group()
    before = world.resources.get(group)

    workflows.trouble = "unreachable"
    failed(lambda: personalize.delete_dataset_group(datasetGroupArn=group))

    assert world.resources.get(group) == before
    personalize.delete_dataset_group(datasetGroupArn=group)


def test_a_change_that_nobody_has_taken_up_is_found_when_it_is_old(world, personalize, build):
    settled, changed = build.group(), build.dataset(type_="Items")
    created = personalize.create_dataset_group(name="lost")["datasetGroupArn"]
    personalize.update_dataset(
        datasetArn=changed, schemaArn=build.schema("Items", {"name": "SIZE", "type": ["null", "int"]})
    )
    personalize.delete_dataset_group(datasetGroupArn=settled)
    lost = {(m, w["arn"], w["change"], w["attempt"]) for m, w in started(world)}
    deps = Deps(**world.parts)

    young = overdue(deps, all_unsettled(deps), older_than=60.0)
    world.now += 61
    old = overdue(deps, all_unsettled(deps), older_than=60.0)

    assert young == []
    assert len(old) == len(lost)
    assert {(one.workflow, one.arn, one.change, one.attempt) for one in old} == lost
    assert {(one.arn, one.change) for one in old} == {(created, "create"), (changed, "update"), (settled, "delete")}


def test_a_lost_change_started_again_comes_to_its_end_and_is_no_longer_overdue(world, personalize):
    arn = personalize.create_dataset_group(name="lost")["datasetGroupArn"]
    started(world)
    world.now += 61
    deps = Deps(**world.parts)

    for one in overdue(deps, all_unsettled(deps), older_than=60.0):
        world.workflows.start(one.workflow, one.arn, one.change, attempt=one.attempt)
    world.run()

    assert personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["status"] == "ACTIVE"
    assert overdue(deps, all_unsettled(deps), older_than=0.0) == []


def started(world) -> list:
    """Take what was started away, as if the process had ended before it."""
    taken, world.workflows.started[:] = list(world.workflows.started), []
    return taken
