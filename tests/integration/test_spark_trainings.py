"""Trainings by Spark through the API: refused, failed, stopped; in local mode by Spark, where there is one."""

import json
import os
import signal

import pytest

from tests import counting
from tests.integration.client import INTERACTIONS, readings
from tests.integration.spark_runs import (
    DATA,
    MODELS,
    SPARK,
    THERE,
    by_spark,
    counted_alike,
    files,
    keys,
    ran_by,
    solution,
    trained,
)
from tests.integration.traces import kept_of
from tests.processes import processes, until

ROLE = "arn:aws:iam::123456789012:role/of-the-caller"
# A run that waits until it may count.
WAITING = """
import runpy, time
from pathlib import Path
Path({begun!r}).touch()
while not Path({go!r}).exists():
    time.sleep(0.05)
runpy.run_path({script!r}, run_name="__main__")
"""
ALONE = "The tag tastemaker:rung asks for spark, which cannot do this: "


def lists(client, name, version):
    arn = client.personalize.create_campaign(name=name, solutionVersionArn=version)["campaignArn"]
    client.settled("campaign", arn)
    ask = client.runtime.get_recommendations
    answers = {user: ask(campaignArn=arn, userId=f"reader-{user}", numResults=25)["itemList"] for user in range(60)}
    return {user: [item["itemId"] for item in items] for user, items in answers.items()}


@by_spark
def test_a_training_by_spark_answers_as_one_of_one_machine(client):
    group = client.group()
    client.imported(client.dataset(group), readings())

    one, _ = trained(client, solution(client, group, "one"))
    many, quote = trained(client, solution(client, group, "many", tags=SPARK))

    assert many["status"] == "ACTIVE", many
    alone, spread = (lists(client, name, made["solutionVersionArn"]) for name, made in (("a", one), ("b", many)))
    same = [len({*alone[user]} & {*spread[user]}) / len(alone[user]) for user in alone]
    assert sum(same) / len(same) > 0.9
    metrics = client.personalize.get_solution_metrics
    assert (
        metrics(solutionVersionArn=one["solutionVersionArn"])["metrics"]
        == metrics(solutionVersionArn=many["solutionVersionArn"])["metrics"]
    )
    assert quote["measured"]["rung"] == "spark"
    until(lambda: files(client) == [])


@pytest.fixture
def library(client):
    """Return a dataset group of readers."""
    group = client.group()
    client.imported(client.dataset(group), readings())
    return group


def test_a_training_needs_no_spark_but_what_counts_as_it_does(client, library, command):
    with counted_alike():
        version, quote = trained(client, solution(client, library, "many", tags=SPARK))

    assert version["status"] == "ACTIVE", version
    assert quote["measured"]["rung"] == "spark"
    assert "done on: spark" in command("quote", "--solution-version", version["solutionVersionArn"])[1]
    # What many machines took says nothing of one of them.
    options = ("--dataset-group", library, "--recipe", "aws-user-personalization-v2")
    assert "no training to go by" in " ".join(command("quote", *options)[1].split())
    until(lambda: files(client) == [])


@pytest.mark.parametrize("recipe", ["aws-similar-items", "aws-user-personalization", "aws-item-affinity"])
def test_what_one_machine_has_to_learn_alone_is_said(client, library, recipe):
    version, _ = trained(client, solution(client, library, "alone", recipe, tags=SPARK))

    why = f"{ALONE}{recipe} learns from all events at once."
    assert (version["status"], version["failureReason"]) == ("CREATE FAILED", why)
    assert keys(client, MODELS) == []


def test_a_recipe_that_is_to_be_chosen_is_not_learned_by_spark(client, library):
    made = client.personalize.create_solution(name="any", datasetGroupArn=library, performAutoML=True, tags=SPARK)

    version = client.personalize.create_solution_version(solutionArn=made["solutionArn"])["solutionVersionArn"]

    why = "its recipe is chosen among several, each of which learns from all events."
    assert trained(client, version)[0]["failureReason"] == f"{ALONE}{why}"


def test_a_recommender_is_not_learned_by_spark(client):
    group = client.personalize.create_dataset_group(name="shop", domain="ECOMMERCE")["datasetGroupArn"]
    client.settled("datasetGroup", group)
    fields = [*INTERACTIONS["fields"], {"name": "EVENT_TYPE", "type": "string"}]
    schema = {"name": "shop", "schema": json.dumps({**INTERACTIONS, "fields": fields}), "domain": "ECOMMERCE"}
    made = {"name": "shop", "datasetGroupArn": group, "datasetType": "Interactions"}
    schema_arn = client.personalize.create_schema(**schema)["schemaArn"]
    dataset = client.personalize.create_dataset(**made, schemaArn=schema_arn)["datasetArn"]
    client.settled("dataset", dataset)
    header, *rows = readings().split()
    client.imported(dataset, "\n".join([f"{header},EVENT_TYPE", *(f"{row},View" for row in rows)]) + "\n")
    recipe = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"

    made = client.personalize.create_recommender(name="you", datasetGroupArn=group, recipeArn=recipe, tags=SPARK)

    recommender = client.settled("recommender", made["recommenderArn"])
    why = f"{ALONE}aws-ecomm-recommended-for-you learns from all events at once."
    assert (recommender["status"], recommender["failureReason"]) == ("CREATE FAILED", why)


def test_what_is_under_a_key_of_its_own_is_not_given_to_spark(client, tastemaker):
    iam, kms, personalize = tastemaker.client("iam"), tastemaker.client("kms"), client.personalize
    iam.create_role(RoleName="of-the-caller", AssumeRolePolicyDocument="{}")
    allowed = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName="of-the-caller", PolicyName="keys", PolicyDocument=policy)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    group = personalize.create_dataset_group(name="vault", roleArn=ROLE, kmsKeyArn=key)["datasetGroupArn"]
    assert client.settled("datasetGroup", group)["status"] == "ACTIVE"
    assert client.imported(client.dataset(group), readings(), roleArn=ROLE)["status"] == "ACTIVE"

    version, _ = trained(client, solution(client, group, "many", tags=SPARK))

    why = f"{ALONE}its dataset group has a key of its own, which Spark may not use."
    assert (version["status"], version["failureReason"]) == ("CREATE FAILED", why)


def test_too_few_events_are_refused_as_by_one_machine(client):
    group = client.group()
    client.imported(client.dataset(group), "\n".join(readings().split("\n")[:900]) + "\n")

    one, _ = trained(client, solution(client, group, "one"))
    many, _ = trained(client, solution(client, group, "many", tags=SPARK))

    assert one["status"] == many["status"] == "CREATE FAILED"
    assert many["failureReason"] == one["failureReason"]
    assert "fewer than 1000 interactions" in many["failureReason"]
    until(lambda: files(client) == [])


@pytest.mark.skipif(THERE, reason="there is one here")
def test_where_there_is_no_spark_a_training_by_it_says_so(client, library):
    version, _ = trained(client, solution(client, library, "many", tags=SPARK))

    assert version["status"] == "CREATE FAILED"
    assert "pip install 'tastemaker[spark]'" in version["failureReason"]
    assert keys(client, MODELS) == []
    until(lambda: files(client) == [])


def test_a_run_that_fails_is_told_and_leaves_nothing(client, library, tmp_path):
    (script := tmp_path / "job.py").write_text("raise SystemExit('executors were lost')")

    with ran_by(script):
        version, _ = trained(client, solution(client, library, "many", tags=SPARK))

    assert version["status"] == "CREATE FAILED"
    assert "executors were lost" in version["failureReason"]
    assert keys(client, MODELS) == []
    until(lambda: files(client) == [])


def test_a_training_is_stopped_while_spark_works(client, library, tastemaker, tmp_path):
    (script := tmp_path / "job.py").write_text(f"open(r'{tmp_path}/begun', 'w').close(); import time; time.sleep(600)")
    with ran_by(script):
        version = solution(client, library, "long", tags=SPARK)
        until((tmp_path / "begun").exists)
        assert files(client) != []
        described = client.personalize.describe_solution_version(solutionVersionArn=version)
        assert "counting on many machines" in described["ResponseMetadata"]["HTTPHeaders"]["x-tastemaker-progress"]

        client.personalize.stop_solution_version_creation(solutionVersionArn=version)

        assert trained(client, version)[0]["status"] == "CREATE STOPPED"
        until(lambda: processes(str(script)) == [])
    runs = tastemaker.client("emr-serverless")
    [application] = [each["id"] for each in runs.list_applications()["applications"]]
    assert [run["state"] for run in runs.list_job_runs(applicationId=application)["jobRuns"]] == ["CANCELLED"]
    assert keys(client, MODELS) == []
    until(lambda: files(client) == [])


@pytest.mark.parametrize("leg", ["gather", "assemble"])
def test_a_training_is_stopped_in_the_container_of_a_leg(client, library, leg):
    with counted_alike():
        version = solution(client, library, "long", tags=SPARK)
        document = f"jobs/{version.rpartition(':')[2]}/training-{leg}-"
        until(lambda: processes(document) != [] and files(client) != [])
        # It does not notice by itself any more that it is to stop.
        for process in processes(document):
            os.kill(process, signal.SIGSTOP)

        client.personalize.stop_solution_version_creation(solutionVersionArn=version)

        assert trained(client, version)[0]["status"] == "CREATE STOPPED"
    until(lambda: processes(document) == [])
    assert keys(client, MODELS) == []
    until(lambda: files(client) == [])


def test_who_leaves_while_spark_counts_is_in_no_model(client, library, tastemaker, tmp_path):
    tastemaker.client("iam").create_role(RoleName="of-the-caller", AssumeRolePolicyDocument="{}")
    for bucket in (DATA, MODELS):
        client.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.s3.put_object(Bucket="readings", Key="gone.csv", Body=b"USER_ID\nreader-7\n")
    source = {"dataLocation": "s3://readings/gone.csv"}
    begun, go, script = (tmp_path / name for name in ("begun", "go", "job.py"))
    script.write_text(WAITING.format(begun=str(begun), go=str(go), script=counting.__file__))
    with ran_by(script):
        version = solution(client, library, "many", tags=SPARK)
        until(begun.exists)
        before = keys(client, DATA, "snapshots/")

        leaving = client.personalize.create_data_deletion_job(
            jobName="leave", datasetGroupArn=library, dataSource=source, roleArn=ROLE
        )["dataDeletionJobArn"]
        # What was gathered is all that is left of this reader.
        until(lambda: not {*before} & {*keys(client, DATA, "snapshots/")})
        assert files(client) != []
        go.touch()

        assert trained(client, version)[0]["status"] == "ACTIVE"
    assert client.settled("dataDeletionJob", leaving)["status"] == "COMPLETED"
    assert kept_of("reader-7", tastemaker, client.s3, tmp_path, DATA, MODELS) == []
    assert "user_ids.npy" in {key.rpartition("/")[2] for key in keys(client, MODELS)}
