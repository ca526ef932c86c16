"""Trainings by Spark through the API: in local mode on this machine, where there is a JDK and pyspark."""

import json
import shutil
from importlib.util import find_spec

import pytest

from tests.integration.client import readings
from tests.processes import until

SPARK = [{"tagKey": "tastemaker:rung", "tagValue": "spark"}]
DATA = "tastemaker-data-123456789012-us-east-1"
THERE = bool(find_spec("pyspark") and shutil.which("java"))
PATIENCE = 600
by_spark = pytest.mark.skipif(not THERE, reason="it takes a JDK and pyspark (pip install 'tastemaker[spark]')")


def solution(client, group, name, recipe="aws-user-personalization-v2", **options):
    recipe = f"arn:aws:personalize:::recipe/{recipe}"
    reply = client.personalize.create_solution(name=name, datasetGroupArn=group, recipeArn=recipe, **options)
    return client.personalize.create_solution_version(solutionArn=reply["solutionArn"])["solutionVersionArn"]


def trained(client, version):
    """Return a version that no longer changes, and its quote."""

    def described():
        return client.personalize.describe_solution_version(solutionVersionArn=version)

    until(lambda: not described()["solutionVersion"]["status"].endswith(("PENDING", "IN_PROGRESS")), patience=PATIENCE)
    reply = described()
    headers = reply["ResponseMetadata"]["HTTPHeaders"]
    return reply["solutionVersion"], json.loads(headers.get("x-tastemaker-quote", "{}"))


def lists(client, name, version):
    arn = client.personalize.create_campaign(name=name, solutionVersionArn=version)["campaignArn"]
    client.settled("campaign", arn)
    ask = client.runtime.get_recommendations
    answers = {user: ask(campaignArn=arn, userId=f"reader-{user}", numResults=25)["itemList"] for user in range(60)}
    return {user: [item["itemId"] for item in items] for user, items in answers.items()}


def kept(client):
    return [each["Key"] for each in client.s3.list_objects_v2(Bucket=DATA, Prefix="jobs/").get("Contents", [])]


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
    assert not [key for key in kept(client) if "/files/" in key]
