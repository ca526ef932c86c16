"""The fixture in somebody else's project."""

import os
import subprocess
import sys

import pytest

TESTS = """
import os
import sys

def test_a_client_of_the_fixture_reaches_tastemaker(tastemaker, tastemaker_endpoint):
    assert tastemaker.client("personalize").list_dataset_groups()["datasetGroups"] == []
    assert tastemaker.endpoint_url == tastemaker_endpoint
"""
THEIR_SHOP = """
import boto3

KEYS = {"aws_access_key_id": "AKIAREAL", "aws_secret_access_key": "x"}
MADE_EARLY = boto3.client("personalize", region_name="eu-west-1", **KEYS)

def groups_of_each_client():
    session = boto3.session.Session()
    runtime = boto3.client("personalize-runtime", region_name="us-east-1")
    clients = [boto3.client("personalize"), session.client("personalize"), MADE_EARLY]
    assert runtime.meta.endpoint_url.startswith("http://127.0.0.1:")
    return [[group["name"] for group in client.list_dataset_groups()["datasetGroups"]] for client in clients]
"""
USING_THEIR_SHOP = """
import os
import subprocess
import sys

import boto3
import pytest

import shop

OTHERS = ("PYTEST_CURRENT_TEST", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")  # of the keys moto takes care


def variables():
    return {name: value for name, value in os.environ.items() if name not in OTHERS}


BEFORE = variables()


def test_no_client_reaches_aws(tastemaker):
    tastemaker.client("personalize").create_dataset_group(name="here")
    tastemaker.client("personalize", region_name="eu-west-1").create_dataset_group(name="there")

    assert shop.groups_of_each_client() == [["here"], ["here"], ["there"]]
    assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
    boto3.client("s3").create_bucket(Bucket="mine")
    assert "mine" in [each["Name"] for each in boto3.resource("s3").meta.client.list_buckets()["Buckets"]]


def test_a_child_process_comes_here_too(tastemaker):
    program = "import boto3; boto3.client('personalize').create_dataset_group(name='child')"
    subprocess.run([sys.executable, "-c", program], check=True)
    groups = tastemaker.client("personalize").list_dataset_groups()["datasetGroups"]
    assert [group["name"] for group in groups] == ["child"]


def test_what_moto_does_not_know_is_no_reason_to_go_out(tastemaker):
    early = boto3.client("personalize-runtime", region_name="us-east-1", endpoint_url="https://nothing.api.aws")
    with pytest.raises(early.exceptions.ClientError, match="nothing in local mode answers for nothing.api.aws"):
        early.get_recommendations(campaignArn="arn:aws:personalize:us-east-1:123456789012:campaign/c")


def test_the_environment_is_as_before():
    assert variables() == BEFORE


def test_a_reset_begins_anew_within_a_test(tastemaker):
    personalize, s3 = boto3.client("personalize"), boto3.client("s3")
    for _ in range(2):
        personalize.create_dataset_group(name="shop")
        s3.create_bucket(Bucket="mine")
        tastemaker.reset()
        assert personalize.list_dataset_groups()["datasetGroups"] == []
        assert "mine" not in [each["Name"] for each in s3.list_buckets()["Buckets"]]


def test_the_next_test_finds_nothing(tastemaker):
    assert boto3.client("personalize").list_dataset_groups()["datasetGroups"] == []
    boto3.client("personalize").create_dataset_group(name="shop")
"""
NOT_USING_IT = """
import sys

def test_nothing_is_imported_for_a_project_that_does_not_use_it():
    assert not {"moto", "boto3", "tastemaker_local.service"} & set(sys.modules)
"""


def _pytest(folder, content, **environment):
    (folder / "test_theirs.py").write_text(content)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(folder)]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | environment
    return subprocess.run(  # noqa: S603 - our own
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )


def test_a_project_gets_a_service_of_its_own(tmp_path):
    done = _pytest(tmp_path, TESTS)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_project_that_does_not_use_it_pays_nothing(tmp_path):
    done = _pytest(tmp_path, NOT_USING_IT)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "misleading",
    [
        {},
        {
            "AWS_PROFILE": "theirs",
            "AWS_CONFIG_FILE": "theirs.ini",
            "AWS_ACCESS_KEY_ID": "AKIAREAL",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_REGION": "eu-west-3",
        },
        {"AWS_ENDPOINT_URL_PERSONALIZE": "https://elsewhere.example", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true", "HTTP_PROXY": "http://127.0.0.1:9"},
    ],
)
def test_the_applications_own_clients_never_reach_aws(tmp_path, misleading):
    (tmp_path / "theirs.ini").write_text("[profile theirs]\nregion = eu-west-3\n")
    (tmp_path / "shop.py").write_text(THEIR_SHOP)

    done = _pytest(tmp_path, USING_THEIR_SHOP, **misleading)

    assert done.returncode == 0, done.stdout + done.stderr
