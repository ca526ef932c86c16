"""A data folder of an older version: what its models cannot do any more is said at the start and to callers."""

import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from tastemaker.serving.artifacts import FORMAT
from tests.processes import Process

CAMPAIGN = "arn:aws:personalize:us-east-1:123456789012:campaign/next"
# The version before, as far as the format of models goes.
OLDER = """
import sys
from pathlib import Path
import boto3
from tastemaker.serving import artifacts
from tastemaker_local.service import LocalService
from tests.integration.client import Client, readings

artifacts.FORMAT -= 1
with LocalService(data=Path(sys.argv[1])) as service:
    class Keys:
        def client(self, name):
            return boto3.client(name, endpoint_url=service.url, region_name="us-east-1",
                                aws_access_key_id="a", aws_secret_access_key="b")
    client = Client(Keys())
    group = client.group()
    client.imported(client.dataset(group), readings())
    assert client.books(client.campaign(group), "reader-1")
"""


def test_an_older_data_folder_says_which_campaigns_cannot_answer(tmp_path):
    subprocess.run([sys.executable, "-c", OLDER, str(tmp_path)], check=True)  # noqa: S603 - our own script

    service = Process("--port", 0, "--data", tmp_path).ready()
    with pytest.raises(ClientError) as refused:
        service.client("personalize-runtime").get_recommendations(campaignArn=CAMPAIGN, userId="reader-1")
    service._process.terminate()
    _, said = service.end()

    why = f"cannot answer: the model has format {FORMAT - 1}, not {FORMAT}: train a new version"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert f"{CAMPAIGN} {why}" in str(refused.value)
    assert f"tastemaker: campaign next {why}; docs/upgrades.md" in said
