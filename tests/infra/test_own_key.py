"""A key of the deployment's own is on all that is stored, and each role may use it as far as it uses that."""

import json

import pytest

from infra.own_key import BadKey, checked
from tests.infra.assembly import KEY
from tests.processes import run_script

# The main job, then the same events without what allows the key: both by functions whose roles are judged.
MAIN_JOB = """
import json, sys
from pathlib import Path
import boto3
from moto.kms.models import kms_backends
from tastemaker_local.service import LocalService
from tests.integration.client import Client, readings

class Endpoint:
    def client(self, name):
        return boto3.client(name, endpoint_url=service.url, region_name="us-east-1",
                            aws_access_key_id="a", aws_secret_access_key="b")

def without(role, key):
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        kept = [one for one in document["Statement"] if one["Resource"] != key]
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document | {"Statement": kept}))

with LocalService(assembly=Path(sys.argv[1])) as service:
    client, iam = Client(Endpoint()), Endpoint().client("iam")
    keys = kms_backends["123456789012"]["us-east-1"].keys
    made = keys.pop(Endpoint().client("kms").create_key()["KeyMetadata"]["KeyId"])
    made.arn, made.id = sys.argv[2], sys.argv[2].rpartition("/")[2]  # which a real one has before it is deployed
    keys[made.id] = made
    group = client.group()
    assert client.imported(client.dataset(group), readings())["status"] == "ACTIVE"
    campaign = client.campaign(group)
    tracker = client.personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    event = {"eventType": "read", "itemId": "book-1-1", "sentAt": 1_800_000_000}
    put = lambda: client.events.put_events(trackingId=tracker, userId="u", sessionId="s", eventList=[event])
    put()
    print(json.dumps(client.books(campaign, "u")))
    for role in iam.list_roles()["Roles"]:
        without(role["RoleName"], sys.argv[2])
    try:
        put()
    except client.events.exceptions.ClientError as refused:
        print(refused.response["ResponseMetadata"]["HTTPStatusCode"])
"""


def test_tables_buckets_and_log_groups_are_under_it(closed_assembly):
    tables, buckets, groups = (
        closed_assembly.properties(kind) for kind in ("DynamoDB::Table", "S3::Bucket", "Logs::LogGroup")
    )

    assert [one["SSESpecification"] for one in tables] == 4 * [
        {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    ]
    [rule] = {json.dumps(one["BucketEncryption"]["ServerSideEncryptionConfiguration"]) for one in buckets}
    assert json.loads(rule) == [
        {
            "BucketKeyEnabled": True,
            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
        }
    ]
    assert len(groups) > 10
    assert {one["KmsKeyId"] for one in groups} == {KEY}


def test_by_default_there_is_none(assembly):
    text = "".join(json.dumps(assembly.template(stack)) for stack in ("TastemakerState", "TastemakerService"))

    assert "KMSMasterKeyId" not in text
    assert "KmsKeyId" not in text


def test_roles_may_use_it_through_dynamodb_alone_and_the_streams_reader_only_reads(closed_assembly):
    granted = {
        name.partition("Role")[0]: statement
        for name, policy in closed_assembly.policies().items()
        for statement in policy["Statement"]
        if statement["Resource"] == KEY and not name.startswith("ContainersSpark")  # which asks no table
    }

    reading, writing = {"kms:Decrypt", "kms:DescribeKey"}, {"kms:Encrypt", "kms:GenerateDataKey"}
    moving = {"kms:ReEncryptFrom", "kms:ReEncryptTo"}
    functions = ("FunctionsControl", "FunctionsEvents", "FunctionsRuntime", "FunctionsTasks")
    assert {name: set(one["Action"]) for name, one in granted.items()} == {
        "Announcements": reading,
        **dict.fromkeys(functions, reading | writing | moving),
    }
    for one in granted.values():
        assert "dynamodb." in json.dumps(one["Condition"]["StringLike"]["kms:ViaService"])


def test_whoever_reads_or_writes_buckets_may_use_keys_through_s3(closed_assembly):
    through = {
        name.partition("Role")[0]: set(statement["Action"])
        if isinstance(statement["Action"], list)
        else {statement["Action"]}
        for name, policy in closed_assembly.policies().items()
        for statement in policy["Statement"]
        if "s3." in json.dumps(statement.get("Condition", {}).get("StringLike", {}).get("kms:ViaService", ""))
    }

    assert through == {
        "FunctionsControl": {"kms:Decrypt"},
        "FunctionsRuntime": {"kms:Decrypt"},
        "FunctionsTasks": {"kms:Decrypt", "kms:GenerateDataKey"},
        "ContainersSpark": {"kms:Decrypt", "kms:GenerateDataKey"},
    }
    # Of dataset groups with keys of their own Spark gets nothing.
    [spark] = [policy for name, policy in closed_assembly.policies().items() if name.startswith("ContainersSpark")]
    assert [each["Resource"] for each in spark["Statement"] if "kms:Decrypt" in each["Action"]] == [KEY]


@pytest.mark.parametrize("arn", ["alias/mine", "arn:aws:kms:us-east-1:123456789012:alias/mine", "1234"])
def test_what_is_no_key_stops_the_synth(arn):
    with pytest.raises(BadKey, match="must be the ARN of a key, not of an alias"):
        checked(arn)


def test_the_main_job_needs_what_is_granted_and_no_more(closed_assembly):
    done = run_script(MAIN_JOB, closed_assembly.folder, KEY)

    books, refused = done.stdout.splitlines()
    assert len(json.loads(books)) == 10
    assert refused == "500"
    assert "is not authorized to perform kms:Decrypt on" in done.stderr
