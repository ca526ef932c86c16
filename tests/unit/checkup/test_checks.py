"""What checks say of deployments that local mode cannot have: hours that passed, an account's limits, signatures."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from tastemaker_local.checkup import checks
from tastemaker_local.checkup.deployments import Deployment

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
URL = "https://abc.execute-api.us-east-1.amazonaws.com/prod"
ROLE = "arn:aws:iam::123456789012:role/TastemakerState-Tasks"


def deployment(resources=(), **services):
    """A deployment that was told what it has; whatever else is asked for is refused."""
    made = Deployment(
        url=URL,
        client=lambda service: SimpleNamespace(**services[service]) if service in services else refuse(),
        is_local=False,
        now=NOW,
    )
    # A cached property that is there is not asked for.
    vars(made).update(resources=list(resources), outputs={"TaskRoleArn": ROLE})
    return made


def resource(status, hours, arn="arn:aws:personalize:us-east-1:123456789012:solution/s/1", **members):
    return {"arn": arn, "status": status, "lastUpdatedDateTime": NOW - timedelta(hours=hours), **members}


def refuse(code="AccessDenied", message="you may not"):
    raise ClientError({"Error": {"Code": code, "Message": message}}, "Any")


def told(check, one):
    return [(each.level, each.text, each.advice) for each in check(one)]


@pytest.mark.parametrize(("hours", "level"), [(1.5, "fine"), (3, "wrong")])
def test_what_has_been_under_way_for_longer_than_anything_can_be_is_stuck(hours, level):
    one = deployment([resource("CREATE IN_PROGRESS", hours), resource("ACTIVE", 99)])
    vars(one)["_parts"] = []

    [(found, text, _)] = told(checks.stuck, one)

    assert found == level
    assert ("3 hours" in text) == (level == "wrong")


@pytest.mark.parametrize(("hours", "level"), [(3, "fine"), (25, "wrong")])
def test_where_there_are_containers_what_works_may_take_a_day(hours, level):
    one = deployment([resource("CREATE IN_PROGRESS", hours)])
    vars(one)["_parts"] = [{"ResourceType": "AWS::Batch::JobQueue", "PhysicalResourceId": "jobs"}]

    assert [found for found, *_ in told(checks.stuck, one)] == [level]


def with_containers(*, status="VALID", jobs=()):
    batch = {
        "describe_job_queues": lambda **_: {
            "jobQueues": [{"jobQueueName": "jobs", "state": "ENABLED", "status": "VALID"}]
        },
        "describe_compute_environments": lambda **_: {
            "computeEnvironments": [
                {"computeEnvironmentName": "arm", "state": "ENABLED", "status": status, "statusReason": "no role"}
            ]
        },
        "list_jobs": lambda **_: {"jobSummaryList": list(jobs)},
    }
    one = deployment(batch=batch)
    kinds = ("JobQueue", "ComputeEnvironment")
    vars(one)["_parts"] = [{"ResourceType": f"AWS::Batch::{kind}", "PhysicalResourceId": kind} for kind in kinds]
    return one


def waiting(minutes):
    return {"jobName": "training-fit-1", "createdAt": (NOW - timedelta(minutes=minutes)).timestamp() * 1000}


def test_containers_that_can_run_are_fine():
    assert told(checks.containers, with_containers(jobs=[waiting(5)])) == [("fine", "containers can run; 1 wait", "")]


def test_a_deployment_without_containers_has_none_to_look_at():
    one = deployment()
    vars(one)["_parts"] = []

    assert told(checks.containers, one) == []


def test_what_containers_would_run_on_and_cannot_is_wrong():
    [(level, text, advice)] = told(checks.containers, with_containers(status="INVALID"))

    assert level == "wrong"
    assert "arm of AWS Batch is ENABLED and INVALID: no role" in text
    assert "deploy again" in advice


def test_a_container_that_waits_for_long_is_told_with_the_quota_that_it_may_wait_for():
    [(level, text, advice)] = told(checks.containers, with_containers(jobs=[waiting(90), waiting(5)]))

    assert level == "look"
    assert text == "the container training-fit-1 has waited for 1.5 hours"
    assert "AWS Fargate, vCPUs" in advice


def test_a_failure_of_yesterday_is_told_with_its_kind_and_reason():
    failed = [resource("CREATE FAILED", 1, failureReason="too few"), resource("CREATE FAILED", 30)]

    [(level, text, reason)] = told(checks.failures, deployment(failed))

    assert (level, reason) == ("look", "too few")
    assert text.startswith("1 of kind solution-version failed")


@pytest.mark.parametrize(
    ("state", "last", "level"),
    [
        ("Enabled", "OK", "fine"),
        ("Enabled", None, "fine"),
        ("Disabled", "OK", "wrong"),
        ("Enabled", "PROBLEM: Function call failed", "wrong"),
    ],
)
def test_a_stream_that_nobody_reads_is_told(state, last, level):
    one = deployment(
        **{"lambda": {"get_event_source_mapping": lambda **_: {"State": state, "LastProcessingResult": last}}}
    )
    vars(one)["_parts"] = [{"ResourceType": "AWS::Lambda::EventSourceMapping", "PhysicalResourceId": "1234"}]

    [(found, text, advice)] = told(checks.announcements, one)

    assert found == level
    assert ("1234" in text and "runbooks.md#lateannouncements" in advice) == (level == "wrong")


@pytest.mark.parametrize(("limit", "level"), [(10, "look"), (1000, "fine")])
def test_a_new_accounts_ten_functions_are_told(limit, level):
    settings = {"AccountLimit": {"ConcurrentExecutions": limit}}

    [(found, text, _)] = told(checks.concurrency, deployment(**{"lambda": {"get_account_settings": lambda: settings}}))

    assert (found, f"{limit:,}" in text) == (level, True)


def test_who_signs_for_another_service_is_told_how_to():
    def signed():
        refuse("InvalidSignatureException", "Credential should be scoped to correct service: 'execute-api'")

    [(level, _, advice)] = told(checks.api, deployment(personalize={"list_recipes": signed}))

    assert level == "wrong"
    assert "tastemaker proxy" in advice


@pytest.mark.parametrize(
    ("principal", "trusted"),
    [
        ({"AWS": ROLE}, True),
        ({"AWS": ["arn:aws:iam::123456789012:root"]}, True),
        ({"AWS": "*"}, True),
        ({"Service": "personalize.amazonaws.com"}, False),
        ({"AWS": "arn:aws:iam::999999999999:root"}, False),
    ],
)
def test_a_role_must_trust_the_task_role_or_the_account(principal, trusted):
    document = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    job = {"dataDeletionJob": {"roleArn": "arn:aws:iam::123456789012:role/theirs"}}
    one = deployment(
        [resource("COMPLETED", 1, arn="arn:aws:personalize:us-east-1:123456789012:data-deletion-job/d")],
        personalize={"describe_data_deletion_job": lambda **_arn: job},
        iam={"get_role": lambda **_name: {"Role": {"AssumeRolePolicyDocument": document}}},
    )

    assert [level for level, _, _ in told(checks.trust, one)] == ["fine" if trusted else "wrong"]


def test_what_may_not_be_looked_at_is_told_and_ends_nothing():
    levels = {one.check: one.level for one in checks.examine(deployment(personalize={"list_recipes": refuse}))}

    assert levels["api"] == "wrong"
    assert {levels[name] for name in ("stack", "schedule", "concurrency", "alarms", "models")} == {"unseen"}
    assert {levels[name] for name in ("stuck", "failures", "trust")} == {"fine"}
