"""What only local mode takes beyond AWS, and its `--strict`.

Other kinds are in tests/unit/operations/rules/test_supersets.py.
"""

import http.client
import json
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.processes import Process, running, until

HOME = "arn:aws:personalize:us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.fixture(scope="module")
def services():
    """Run a service as it usually is, and a strict one."""
    with running() as usual, running("--strict") as strict:
        yield {"usual": usual, "strict": strict}


def unsigned(service, path="/recommendations", method="POST", headers=None):
    connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=30)
    connection.request(method, path, json.dumps({"campaignArn": f"{HOME}:campaign/no", "userId": "u"}), headers or {})
    reply = connection.getresponse()
    text = json.loads(reply.read() or "{}")
    connection.close()
    return reply, text


def test_a_request_without_a_signature_is_refused_strictly(services):
    usual, _ = unsigned(services["usual"])
    strict, text = unsigned(services["strict"], headers={"Origin": "http://localhost:3000"})

    assert (usual.status, strict.status) == (404, 403)
    assert strict.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    assert strict.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert text["message"] == "Missing Authentication Token"


def test_preflights_are_not_signed_anywhere(services):
    headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}

    reply, _ = unsigned(services["strict"], "/events", "OPTIONS", headers)

    assert reply.status < 300


def test_a_signed_request_is_answered(services):
    personalize = services["strict"].client("personalize")

    assert "datasetGroups" in personalize.list_dataset_groups()


@pytest.mark.parametrize(
    ("kind", "names", "status"),
    [
        ("usual", "dn", "SUCCEEDED"),
        ("strict", "dn", "FAILED"),
        ("usual", "DN", "SUCCEEDED"),
        ("strict", "DN", "SUCCEEDED"),
    ],
)
def test_tasks_of_step_functions_name_members_as_aws_does(services, kind, names, status):
    states = services[kind].client("stepfunctions")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:personalize:listDatasetGroups",
        "Parameters": {"maxResults" if names == "dn" else "MaxResults": 5},
        "End": True,
    }
    definition = json.dumps({"StartAt": "A", "States": {"A": task}})
    machine = states.create_state_machine(name=f"m{names}", definition=definition, roleArn=ROLE)["stateMachineArn"]

    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    until(lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING")

    ended = states.describe_execution(executionArn=execution)
    assert ended["status"] == status
    if status == "FAILED":
        assert "The field 'maxResults' is not supported by Step Functions" in ended["cause"]


def test_the_other_kinds_are_taken_by_a_service_that_is_not_strict(services):
    assert doubles(services["usual"])["datasetArn"]


def test_the_other_kinds_are_refused_in_a_strict_service(services):
    with pytest.raises(ClientError, match="EVENT_VALUE must be float, not double"):
        doubles(services["strict"])


def doubles(service):
    """Create a dataset with a double where AWS asks for a float."""
    personalize = service.client("personalize")
    fields = [("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long"), ("EVENT_VALUE", "double")]
    schema = {"type": "record", "name": "Interactions", "namespace": "n", "version": "1.0"}
    text = json.dumps(schema | {"fields": [{"name": name, "type": type_} for name, type_ in fields]})
    arn = personalize.create_schema(name="s", schema=text)["schemaArn"]
    group = personalize.create_dataset_group(name="g")["datasetGroupArn"]
    until(lambda: personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"] == "ACTIVE")
    return personalize.create_dataset(name="d", datasetGroupArn=group, datasetType="Interactions", schemaArn=arn)


def test_strictly_the_minimum_of_data_stays():
    process = Process("--port", 0, "--strict", "--quota", "training-interactions=10")

    status, errors = process.end()

    assert status == 2
    assert "a strict service keeps AWS's minimum of data: the quota training-interactions cannot be 10" in errors
