"""Imports by Spark through the API: in local mode on this machine, where there is a JDK and pyspark."""

import json
import os
import shutil
from importlib.util import find_spec

import pytest

from tastemaker.store.emr import Application, SparkJobs
from tastemaker_local.emulation import emr
from tests.integration.client import readings
from tests.processes import until

SPARK = [{"tagKey": "tastemaker:rung", "tagValue": "spark"}]
DATA = "tastemaker-data-123456789012-us-east-1"
VERSION = "arn:aws:personalize:us-east-1:123456789012:solution"
ROLE = "arn:aws:iam::123456789012:role/spark"
THERE = bool(find_spec("pyspark") and shutil.which("java"))


def imported(client, dataset, name, text, **options):
    client.s3.put_object(Bucket="readings", Key=f"{name}.csv", Body=text.encode())
    source = {"dataLocation": f"s3://readings/{name}.csv"}
    arn = client.personalize.create_dataset_import_job(jobName=name, datasetArn=dataset, dataSource=source, **options)[
        "datasetImportJobArn"
    ]
    describe = client.personalize.describe_dataset_import_job
    ended = {"ACTIVE", "CREATE FAILED"}
    until(lambda: describe(datasetImportJobArn=arn)["datasetImportJob"]["status"] in ended, patience=600)
    reply = describe(datasetImportJobArn=arn)
    job = reply["datasetImportJob"]
    return job, json.loads(reply["ResponseMetadata"]["HTTPHeaders"].get("x-tastemaker-imported", "{}"))


def keys(client, prefix):
    return [each["Key"] for each in client.s3.list_objects_v2(Bucket=DATA, Prefix=prefix).get("Contents", [])]


@pytest.mark.skipif(THERE, reason="there is one here")
def test_where_there_is_no_spark_an_import_by_it_says_so(client):
    dataset = client.dataset(client.group())

    job, _ = imported(client, dataset, "many", readings(), tags=SPARK)

    assert job["status"] == "CREATE FAILED"
    assert "pip install 'tastemaker[spark]'" in job["failureReason"]
    assert keys(client, "snapshots/") == []
    # What was gathered for Spark is nobody's, and removed once the job has failed.
    until(lambda: [key for key in keys(client, "jobs/") if "/files/" in key] == [])


@pytest.mark.skipif(not THERE, reason="it takes a JDK and pyspark (pip install 'tastemaker[spark]')")
def test_an_import_by_spark_is_the_import_of_one_machine(client):
    dataset = client.dataset(client.group())

    _, alone = imported(client, dataset, "alone", readings())
    insights = client.personalize.describe_dataset(datasetArn=dataset)["dataset"]
    job, many = imported(client, dataset, "many", readings(), tags=SPARK)

    assert job["status"] == "ACTIVE", job
    different = {"stored bytes"}  # the writers are others
    assert {k: v for k, v in many.items() if k not in different} == {
        k: v for k, v in alone.items() if k not in different
    }
    assert client.personalize.describe_dataset(datasetArn=dataset)["dataset"].keys() == insights.keys()
    assert [key for key in keys(client, "jobs/") if "/files/" in key] == []


@pytest.mark.skipif(not THERE, reason="it takes a JDK and pyspark (pip install 'tastemaker[spark]')")
def test_a_bad_cell_fails_an_import_by_spark_with_its_place(client):
    dataset = client.dataset(client.group())

    job, _ = imported(client, dataset, "bad", f"{readings()}reader-1,book-1,tomorrow\n", tags=SPARK)

    assert job["status"] == "CREATE FAILED"
    assert "tomorrow" in job["failureReason"]
    assert "s3://readings/bad.csv" in job["failureReason"]


def test_a_training_that_spark_cannot_do_is_told_why(client):
    group = client.group()
    client.imported(client.dataset(group), readings())
    recipe = "arn:aws:personalize:::recipe/aws-popularity-count"
    solution = client.personalize.create_solution(name="s", datasetGroupArn=group, recipeArn=recipe, tags=SPARK)

    version = client.personalize.create_solution_version(solutionArn=solution["solutionArn"])["solutionVersionArn"]

    reason = client.settled("solutionVersion", version)["failureReason"]
    assert "The tag tastemaker:rung asks for spark, which cannot do this: " in reason


def test_a_run_that_nobody_wants_any_more_is_cancelled_by_the_step_that_looks_at_it(client, tastemaker, tmp_path):
    runs = tastemaker.client("emr-serverless")
    [application] = [each["id"] for each in runs.list_applications()["applications"]]
    job = SparkJobs(lambda: runs, Application(application, "s3://assets/job.py", ROLE, DATA))
    client.s3.put_object(Bucket=DATA, Key="jobs/run.json", Body=b"{}")
    (script := tmp_path / "job.py").write_text("import time; time.sleep(600)")
    with emr.installed(script, os.environ, lambda: ""):
        run = job.start("a-run", "jobs/run.json", memory=16 << 10, vcpus=4, seconds=3_600)
        work = {"arn": f"{VERSION}/gone/1", "rung": {"name": "spark"}, "job": {"id": run}}
        reply = tastemaker.client("lambda").invoke(
            FunctionName="tastemaker-tasks", Payload=json.dumps({"step": "ladder.look", "input": work})
        )

        assert json.loads(reply["Payload"].read())["errorType"] == "JobStopped"
        assert runs.get_job_run(applicationId=application, jobRunId=run)["jobRun"]["state"] == "CANCELLED"
