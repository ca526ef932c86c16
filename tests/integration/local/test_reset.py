"""moto's control paths: a reset gives a fresh deployment; the others work or get a clear no."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.integration.client import Client, readings
from tests.processes import BUCKET, SCHEMA, running

WAITING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
ROLE = "arn:aws:iam::123456789012:role/any"
BY_MOTOS_DECORATOR = """
import boto3
import pytest
from moto import mock_aws


@mock_aws
@pytest.mark.parametrize("turn", [1, 2])
def test_each_turn_finds_nothing(turn):
    client = boto3.client("personalize", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="a")
    assert client.list_dataset_groups()["datasetGroups"] == []
    client.create_dataset_group(name="shop")
"""


def ask(url, method, path, body=None):
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request(method, path, body)
    reply = connection.getresponse()
    answer = reply.status, reply.read().decode()
    connection.close()
    return answer


def reset(url):
    assert ask(url, "POST", "/moto-api/reset") == (200, '{"status": "ok"}')


def seen(tastemaker):
    """Return what clients see of everything that a start makes."""
    client = tastemaker.client
    iam, s3, states = client("iam"), client("s3"), client("stepfunctions")
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    return {
        "groups": client("personalize").list_dataset_groups()["datasetGroups"],
        "schemas": client("personalize").list_schemas()["schemas"],
        "abroad": client("personalize", region_name="eu-west-1").list_schemas()["schemas"],
        "buckets": {bucket: s3.get_bucket_versioning(Bucket=bucket).get("Status") for bucket in buckets},
        "objects": [s3.list_objects_v2(Bucket=bucket)["KeyCount"] for bucket in buckets],
        "tables": client("dynamodb").list_tables()["TableNames"],
        "roles": [role["RoleName"] for role in iam.list_roles()["Roles"]],
        "machines": {m["name"]: m["stateMachineArn"] for m in states.list_state_machines()["stateMachines"]},
        "functions": [each["FunctionName"] for each in client("lambda").list_functions()["Functions"]],
    }


def leave_traces(tastemaker):
    client = tastemaker.client
    client("personalize").create_dataset_group(name="shop")
    client("personalize").create_schema(name="s", schema=SCHEMA)
    client("personalize", region_name="eu-west-1").create_schema(name="s", schema=SCHEMA)
    client("s3").create_bucket(Bucket="mine")
    client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    client("dynamodb").update_table(TableName="tastemaker-resources", DeletionProtectionEnabled=False)
    client("dynamodb").delete_table(TableName="tastemaker-resources")
    client("iam").create_role(RoleName="guest", AssumeRolePolicyDocument="{}")
    client("lambda").delete_function(FunctionName=client("lambda").list_functions()["Functions"][0]["FunctionName"])


def test_after_a_reset_everything_is_as_after_a_start(tastemaker):
    tastemaker.reset()
    fresh = seen(tastemaker)

    for _ in range(2):
        leave_traces(tastemaker)
        tastemaker.reset()
        assert seen(tastemaker) == fresh
    assert tastemaker.client("personalize").create_schema(name="s", schema=SCHEMA)["schemaArn"]


def test_a_reset_ends_what_runs_and_takes_about_a_second(tastemaker):
    client = Client(tastemaker)
    group = client.group()
    client.imported(client.dataset(group), readings())
    recipe = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
    solution = client.personalize.create_solution(name="n", datasetGroupArn=group, recipeArn=recipe)["solutionArn"]
    client.personalize.create_solution_version(solutionArn=solution)
    states = tastemaker.client("stepfunctions")
    machine = states.create_state_machine(name="w", definition=json.dumps(WAITING), roleArn=ROLE)["stateMachineArn"]
    states.start_execution(stateMachineArn=machine)

    start = time.monotonic()
    tastemaker.reset()

    assert time.monotonic() - start < 5  # a second where nothing else runs
    # A step that nothing could end would write its model, or its failure, within this time.
    again = Client(tastemaker)
    assert again.imported(again.dataset(again.group()), readings())["status"] == "ACTIVE"
    assert again.personalize.list_solutions()["solutions"] == []
    models = "tastemaker-models-123456789012-us-east-1"
    assert tastemaker.client("s3").list_objects_v2(Bucket=models)["KeyCount"] == 0


def test_motos_own_decorator_in_server_mode_begins_each_test_anew(tmp_path, tastemaker):
    (tmp_path / "test_theirs.py").write_text(BY_MOTOS_DECORATOR)
    variables = os.environ | {"TEST_SERVER_MODE": "true", "TEST_SERVER_MODE_ENDPOINT": tastemaker.endpoint_url}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:tastemaker", str(tmp_path)]

    done = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603

    assert done.returncode == 0, done.stdout + done.stderr
    assert tastemaker.client("personalize").list_dataset_groups()["datasetGroups"] == []


def test_a_reset_empties_the_data_folder(tmp_path):
    with running("--data", tmp_path) as service:
        personalize, s3 = service.client("personalize"), service.client("s3")
        personalize.create_dataset_group(name="before")
        s3.create_bucket(Bucket="before")
        s3.put_object(Bucket=BUCKET, Key="before", Body=b"1" * 5000)
        reset(service.url)
        assert personalize.list_dataset_groups()["datasetGroups"] == []
        personalize.create_schema(name="after", schema=SCHEMA)
        s3.put_object(Bucket=BUCKET, Key="after", Body=b"2")
        service.kill()

    with running("--data", tmp_path) as service:
        personalize, s3 = service.client("personalize"), service.client("s3")
        assert personalize.list_dataset_groups()["datasetGroups"] == []
        assert [schema["name"] for schema in personalize.list_schemas()["schemas"]] == ["after"]
        assert "before" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
        assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["after"]
    assert not [file for file in tmp_path.glob("objects/*/*") if file.read_bytes() == b"1" * 5000]


def test_a_folder_in_which_an_older_version_noted_a_reset_can_be_used(tmp_path):
    with running("--data", tmp_path) as service:
        service.client("personalize").create_schema(name="s", schema=SCHEMA)
        service.terminate()
    head = {"method": "POST", "target": "/moto-api/reset", "headers": {}, "peer": "127.0.0.1", "spelled": {}}
    with sqlite3.connect(tmp_path / "state.sqlite3") as database:
        database.execute("INSERT INTO journal VALUES (NULL, 1, 'us-east-1', 'a', ?, '')", [json.dumps(head)])
    database.close()

    with running("--data", tmp_path) as service:
        listed = service.client("personalize").list_schemas()["schemas"]

    assert [schema["name"] for schema in listed] == ["s"]


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        (("GET", "/moto-api/reset", None), 400, "Need to POST"),
        (("POST", "/moto-api/seed", None), 400, "/moto-api/seed"),
        (("POST", "/moto-api/recorder/start-recording", None), 501, "not recorded here"),
        (("POST", "/moto-api/recorder/replay-recording", None), 501, "not recorded here"),
        (("GET", "/moto-api/recorder/download-recording", None), 501, "not recorded here"),
        (("GET", "/moto-api/data.json", None), 501, "is off here"),
        (("GET", "/moto-api/", None), 501, "is off here"),
        (("GET", "/moto-api", None), 501, "is off here"),
        (("POST", "/moto-api/reset-auth", "0"), 501, "not evaluated"),
        (("POST", "/moto-api/proxy/passthrough", "{}"), 501, "no proxy"),
        (("POST", "/moto-api/config", '{"stepfunctions": {"execute_state_machine": false}}'), 501, "stepfunctions"),
        (("POST", "/moto-api/config", "nonsense"), 400, "/moto-api/config"),
        (("GET", "/moto-api/config", None), 201, "lambda"),
        (("GET", "/moto-api/state-manager/get-transition?model_name=dax::cluster", None), 200, "progression"),
        (("GET", "/moto-api/state-manager/get-transition", None), 400, "get-transition"),
        (("POST", "/moto-api/state-manager/set-transition", "{}"), 400, "model_name"),
        (("POST", "/moto-api/static/athena/query-results", '{"results": [{}]}'), 400, "rows"),
        (("GET", "/moto-api/unheard-of", None), 404, ""),
    ],
)
def test_another_control_path_works_or_gets_a_clear_no(tastemaker, asked, status, part):
    told = ask(tastemaker.endpoint_url, *asked)

    assert (told[0], part in told[1]) == (status, True), told
    assert tastemaker.client("personalize").list_dataset_groups()["datasetGroups"] == []


def test_the_state_managers_transitions_can_be_set(tastemaker):
    manual = {"progression": "manual", "times": 3}
    path = "/moto-api/state-manager/{}-transition"
    asked = json.dumps({"model_name": "dax::cluster", "transition": manual})

    assert ask(tastemaker.endpoint_url, "POST", path.format("set"), asked)[0] == 201
    got = ask(tastemaker.endpoint_url, "GET", path.format("get") + "?model_name=dax::cluster")
    assert ask(tastemaker.endpoint_url, "POST", path.format("unset"), asked)[0] == 201

    assert json.loads(got[1]) == manual


@pytest.mark.parametrize("kept", [False, True])
def test_a_seed_decides_what_moto_draws(tmp_path, kept):
    drawn = []
    for turn in ("first", "second"):
        with running(*(("--data", tmp_path / turn) if kept else ())) as service:
            assert ask(service.url, "POST", "/moto-api/seed?a=42")[0] == 200
            service.client("iam").create_user(UserName="u")
            drawn.append(service.client("iam").create_access_key(UserName="u")["AccessKey"]["AccessKeyId"])

    assert drawn[0] == drawn[1]
