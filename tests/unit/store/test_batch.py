"""The port of containers, as AWS Batch and as a dictionary."""

from functools import partial

import boto3
import pytest
from botocore.stub import Stubber

from tastemaker.store.batch import BatchJobs
from tastemaker.store.ports import JobEnd

SUBMITTED = {
    "jobName": "fit-1",
    "jobQueue": "shop-jobs",
    "jobDefinition": "shop-job",
    "parameters": {"document": "jobs/fit-1.json"},
    "timeout": {"attemptDurationSeconds": 3600},
    "containerOverrides": {
        "resourceRequirements": [{"type": "MEMORY", "value": "4096"}, {"type": "VCPU", "value": "2"}]
    },
}
BY_NAME = {"jobQueue": "shop-jobs", "filters": [{"name": "JOB_NAME", "values": ["fit-1"]}]}


ended, failed = partial(JobEnd, True), partial(JobEnd, False)  # noqa: FBT003 - whether well
KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}


@pytest.fixture
def batch():
    client = boto3.client("batch", region_name="us-east-1", **KEYS)
    with Stubber(client) as answers:
        yield answers, BatchJobs(lambda: client, "shop-jobs", "shop-job")
        answers.assert_no_pending_responses()


def start(jobs):
    return jobs.start("fit-1", "jobs/fit-1.json", memory=4096, vcpus=2, seconds=3600)


def test_a_job_is_submitted_under_its_name(batch):
    answers, jobs = batch
    answers.add_response("list_jobs", {"jobSummaryList": []}, BY_NAME)
    answers.add_response("submit_job", {"jobName": "fit-1", "jobId": "j-1"}, SUBMITTED)

    assert start(jobs) == "j-1"


def test_a_name_that_was_submitted_is_not_submitted_again(batch):
    answers, jobs = batch
    answers.add_response("list_jobs", {"jobSummaryList": [{"jobId": "j-1", "jobName": "fit-1"}]}, BY_NAME)

    assert start(jobs) == "j-1"


KILLED = {"exitCode": 137, "reason": "OutOfMemoryError"}
TOO_LONG = "Job attempt duration exceeded timeout"


@pytest.mark.parametrize(
    ("job", "end"),
    [
        ({"status": "RUNNABLE"}, None),
        ({"status": "RUNNING"}, None),
        ({"status": "SUCCEEDED", "attempts": [{"container": {"exitCode": 0}}]}, ended(exit_code=0)),
        (
            {"status": "FAILED", "statusReason": "Task failed", "attempts": [{"container": KILLED}]},
            failed("OutOfMemoryError; Task failed", exit_code=137),
        ),
        ({"status": "FAILED", "statusReason": TOO_LONG}, failed(TOO_LONG)),
    ],
)
def test_how_a_job_has_ended_is_in_its_last_attempt(batch, job, end):
    answers, jobs = batch
    always = {"jobName": "fit-1", "jobId": "j-1", "jobQueue": "q", "startedAt": 1, "jobDefinition": "d"}
    answers.add_response("describe_jobs", {"jobs": [always | job]}, {"jobs": ["j-1"]})

    assert jobs.look("j-1") == end


def test_a_job_that_aws_batch_has_forgotten_has_failed(batch):
    answers, jobs = batch
    answers.add_response("describe_jobs", {"jobs": []}, {"jobs": ["j-1"]})

    assert jobs.look("j-1") == failed("it is gone")


def test_a_job_is_ended_with_a_reason(batch):
    answers, jobs = batch
    answers.add_response("terminate_job", {}, {"jobId": "j-1", "reason": "stopped"})

    jobs.stop("j-1", "stopped")
