"""Executions are named by what they were started with, so how they ended can be asked without remembering them."""

from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from tastemaker.store.ports import Ending
from tastemaker.store.workflows import StepFunctions
from tests.processes import until

GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/shop"
WAITS = '{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": true}}}'
ROLE = "arn:aws:iam::123456789012:role/machines"


@pytest.fixture
def states():
    # Executions that only a test ends: moto's interpreter stays off.
    with mock_aws():
        yield boto3.client("stepfunctions", region_name="us-east-1")


@pytest.fixture
def workflows(states):
    # Of a name of its own: where a local service runs in this process, it has one of the usual name.
    arn = states.create_state_machine(name=f"training-{uuid4()}", definition=WAITS, roleArn=ROLE)["stateMachineArn"]
    yield StepFunctions(lambda: states, {"training": arn})
    for execution in states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
        states.stop_execution(executionArn=execution["executionArn"])


def test_what_was_started_runs_until_it_has_ended(states, workflows):
    workflows.start("training", GROUP, "create", attempt="1.5")
    running = workflows.ending("training", GROUP, "create", attempt="1.5")
    [execution] = states.list_executions(stateMachineArn=workflows._machines["training"])["executions"]

    states.stop_execution(executionArn=execution["executionArn"])

    # Where a local service runs in this process, an execution ends in its own time.
    until(lambda: workflows.ending("training", GROUP, "create", attempt="1.5"))
    assert running is None
    assert workflows.ending("training", GROUP, "create", attempt="1.5") == Ending(execution["name"], "ABORTED")


def test_what_was_never_started_is_unknown(workflows):
    workflows.start("training", GROUP, "create", attempt="1.5")

    assert workflows.ending("training", GROUP, "create", attempt="2.5").status == "UNKNOWN"
    assert workflows.ending("training", GROUP, "retrain", attempt="1.5").status == "UNKNOWN"
