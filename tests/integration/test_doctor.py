"""`tastemaker doctor` on local mode: healthy, and broken in the ways that AWS's own services can be."""

import json

import pytest

from tastemaker_local import cli
from tests.integration.client import readings

RULE = "tastemaker-schedule"


@pytest.fixture
def examined(command):
    """Examine the service, and return the exit status with the findings by their check."""

    def examine():
        status, said, _ = command("doctor", "--json")
        found = {}
        for one in json.loads(said):
            found.setdefault(one["check"], []).append(one)
        return status, found

    return examine


@pytest.fixture
def events(tastemaker):
    """EventBridge, whose rule is enabled again afterwards."""
    client = tastemaker.client("events")
    yield client
    client.enable_rule(Name=RULE)


@pytest.fixture
def alarm(tastemaker):
    """Sets the state of an alarm of the stack, and takes it away afterwards."""
    client = tastemaker.client("cloudwatch")
    made = tastemaker.client("cloudformation").describe_stack_resources(StackName="TastemakerService")["StackResources"]
    name = next(one["PhysicalResourceId"] for one in made if one["ResourceType"] == "AWS::CloudWatch::Alarm")
    client.put_metric_alarm(
        AlarmName=name,
        AlarmDescription="The API answered with 5xx",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="5XXError",
        Namespace="AWS/ApiGateway",
        Period=300,
        Statistic="Sum",
        Threshold=0,
    )
    yield lambda state: client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="5 requests failed")
    client.delete_alarms(AlarmNames=[name])


def test_a_healthy_service_has_nothing_wrong(command, examined):
    status, found = examined()
    _, table, _ = command("doctor")

    assert status == 0
    assert {one["level"] for findings in found.values() for one in findings} == {"fine"}
    assert found.keys() >= {
        "api",
        "stack",
        "schedule",
        "functions",
        "announcements",
        "alarms",
        "stuck",
        "failures",
        "trust",
        "models",
        "costs",
    }
    assert "TastemakerService is CREATE_COMPLETE" in table
    assert found["costs"][0]["text"].startswith("idle it costs $1.")


def test_a_rule_that_is_switched_off_is_wrong(events, examined):
    events.disable_rule(Name=RULE)

    status, found = examined()

    [finding] = found["schedule"]
    assert (status, finding["level"]) == (1, "wrong")
    assert finding["advice"] == f"aws events enable-rule --name {RULE}"


def test_an_alarm_that_rings_is_told_with_its_meaning(alarm, examined):
    alarm("ALARM")

    status, found = examined()

    assert (status, [one["level"] for one in found["alarms"]]) == (1, ["wrong"])
    assert found["alarms"][0]["text"].startswith("The API answered with 5xx: the alarm ")
    assert found["alarms"][0]["advice"] == "5 requests failed"


def test_a_role_that_is_gone_and_the_import_that_failed_of_it_are_told(client, examined):
    dataset = client.dataset(client.group())
    client.s3.create_bucket(Bucket="theirs")
    client.s3.put_object(Bucket="theirs", Key="data.csv", Body=readings().encode())
    job = client.personalize.create_dataset_import_job(
        jobName="j",
        datasetArn=dataset,
        dataSource={"dataLocation": "s3://theirs/data.csv"},
        roleArn="arn:aws:iam::123456789012:role/gone",
    )["datasetImportJobArn"]
    client.settled("datasetImportJob", job)

    status, found = examined()

    assert (status, [one["level"] for one in found["trust"]]) == (0, ["look"])
    assert "role/gone" in found["trust"][0]["text"]
    assert job in found["failures"][0]["text"]


def test_where_nobody_answers_that_is_said(capsys):
    status = cli.main(["doctor", "--endpoint", "http://127.0.0.1:9"])

    said = capsys.readouterr().out
    assert status == 1
    assert "http://127.0.0.1:9 does not answer" in said
