"""Trainings by Spark in local mode: by Spark itself, where it can run, and by what counts as it does."""

import json
import os
import shutil
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from tastemaker_local.emulation import emr
from tests import counting
from tests.processes import until

SPARK, CONTAINER = ([{"tagKey": "tastemaker:rung", "tagValue": rung}] for rung in ("spark", "container"))
DATA, MODELS = (f"tastemaker-{kind}-123456789012-us-east-1" for kind in ("data", "models"))
THERE = bool(find_spec("pyspark") and shutil.which("java"))
by_spark = pytest.mark.skipif(not THERE, reason="it takes a JDK and pyspark (pip install 'tastemaker[spark]')")
PATIENCE = 600


@contextmanager
def ran_by(script):
    """Let runs of Spark be runs of another script."""
    with emr.installed(Path(script), os.environ, lambda: ""):
        yield


def counted_alike():
    """Let runs of Spark be counted by what needs no Spark."""
    return ran_by(counting.__file__)


def solution(client, group, name, recipe="aws-user-personalization-v2", **options):
    recipe = f"arn:aws:personalize:::recipe/{recipe}"
    reply = client.personalize.create_solution(name=name, datasetGroupArn=group, recipeArn=recipe, **options)
    return client.personalize.create_solution_version(solutionArn=reply["solutionArn"])["solutionVersionArn"]


def trained(client, version):
    """Return a version that no longer changes, and its quote."""

    def described():
        return client.personalize.describe_solution_version(solutionVersionArn=version)

    until(lambda: not described()["solutionVersion"]["status"].endswith(("ING", "IN_PROGRESS")), patience=PATIENCE)
    reply = described()
    headers = reply["ResponseMetadata"]["HTTPHeaders"]
    return reply["solutionVersion"], json.loads(headers.get("x-tastemaker-quote", "{}"))


def keys(client, bucket, prefix=""):
    return [each["Key"] for each in client.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def files(client):
    """Return what lies where Spark reads and writes."""
    return [key for key in keys(client, DATA, "jobs/") if "/files/" in key]
