"""The port of Spark, as EMR Serverless."""

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tastemaker.store.emr import Application, SparkJobs
from tastemaker.store.ports import JobEnd

KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
ROLE = "arn:aws:iam::123456789012:role/spark"
ARN = "arn:aws:emr-serverless:us-east-1:123456789012:/applications/app/jobruns/run"
RUN = {"applicationId": "app", "jobRunId": "run"}
STARTED = {
    "applicationId": "app",
    "clientToken": "spark-1",
    "name": "spark-1",
    "executionRoleArn": ROLE,
    "jobDriver": {
        "sparkSubmit": {
            "entryPoint": "s3://assets/job.py",
            "entryPointArguments": ["s3://data/jobs/spark.json"],
            "sparkSubmitParameters": "--conf spark.executor.memory=14894m --conf spark.executor.cores=4 "
            "--conf spark.emr-serverless.executor.disk=200g",
        }
    },
    "executionTimeoutMinutes": 61,
}


@pytest.fixture
def spark():
    client = boto3.client("emr-serverless", region_name="us-east-1", **KEYS)
    with Stubber(client) as answers:
        yield answers, SparkJobs(lambda: client, Application("app", "s3://assets/job.py", ROLE, "data"))
        answers.assert_no_pending_responses()


def test_a_run_is_started_under_a_token_that_starts_it_once(spark):
    answers, jobs = spark
    answers.add_response("start_job_run", RUN | {"arn": ARN}, STARTED)

    assert jobs.start("spark-1", "jobs/spark.json", memory=16 << 10, vcpus=4, seconds=3601) == "run"


@pytest.mark.parametrize(
    ("state", "end"),
    [
        ("SUBMITTED", None),
        ("RUNNING", None),
        ("SUCCESS", JobEnd(succeeded=True, reason="why")),
        ("FAILED", JobEnd(succeeded=False, reason="why")),
        ("CANCELLED", JobEnd(succeeded=False, reason="why")),
    ],
)
def test_how_a_run_has_ended_it_says_itself(spark, state, end):
    answers, jobs = spark
    run = RUN | {"arn": ARN, "createdBy": ROLE, "createdAt": 1, "updatedAt": 1, "executionRole": ROLE}
    run |= {"state": state, "stateDetails": "why", "releaseLabel": "emr-7.10.0", "jobDriver": STARTED["jobDriver"]}
    answers.add_response("get_job_run", {"jobRun": run}, RUN)

    assert jobs.look("run") == end


def test_a_run_is_cancelled(spark):
    answers, jobs = spark
    answers.add_response("cancel_job_run", RUN, RUN)

    jobs.stop("run", "stopped")


@pytest.mark.parametrize("code", ["ValidationException", "ResourceNotFoundException"])
def test_of_a_run_that_has_ended_or_is_gone_nothing_is_cancelled(spark, code):
    answers, jobs = spark
    answers.add_client_error("cancel_job_run", code, expected_params=RUN)

    jobs.stop("run", "stopped")


@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalServerException"])
def test_a_run_that_could_not_be_cancelled_is_told_of(spark, code):
    answers, jobs = spark
    answers.add_client_error("cancel_job_run", code, expected_params=RUN)

    with pytest.raises(ClientError, match=code):
        jobs.stop("run", "stopped")
