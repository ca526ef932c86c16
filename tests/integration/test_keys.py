"""A dataset group with a KMS key: everything of it is under that key, and nothing goes on without the key."""

import json
from dataclasses import dataclass

import pytest
from boto3.dynamodb.types import TypeDeserializer

from tests.integration.client import readings, restarted

BUCKETS = ("tastemaker-data-123456789012-us-east-1", "tastemaker-models-123456789012-us-east-1")
ROLE = "arn:aws:iam::123456789012:role/of-the-caller"
USES_KEYS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"}],
}
READER, BOOK = "a-reader-of-secrets", "a-book-of-secrets"


@dataclass
class Vault:
    """A caller with a key, a role that may use it, and a dataset group under it."""

    client: object
    tastemaker: object
    key: str

    def group(self, role: str = ROLE, key: str | None = None) -> dict:
        arn = self.client.personalize.create_dataset_group(name="library", roleArn=role, kmsKeyArn=key or self.key)
        return self.client.settled("datasetGroup", arn["datasetGroupArn"])

    def imported(self, dataset: str, name: str) -> dict:
        self.client.s3.put_object(Bucket="readings", Key="readings.csv", Body=readings().encode())
        arn = self.client.personalize.create_dataset_import_job(
            jobName=name, datasetArn=dataset, dataSource={"dataLocation": "s3://readings/readings.csv"}, roleArn=ROLE
        )["datasetImportJobArn"]
        return self.client.settled("datasetImportJob", arn)

    def outputs(self, dataset: str, version: str) -> None:
        """Export, and answer a batch, each into the caller's bucket."""
        personalize, folder = self.client.personalize, "s3://readings/out/"
        output = {"s3DataDestination": {"path": folder}}
        export = personalize.create_dataset_export_job(
            jobName="all", datasetArn=dataset, ingestionMode="ALL", roleArn=ROLE, jobOutput=output
        )["datasetExportJobArn"]
        assert self.client.settled("datasetExportJob", export)["status"] == "ACTIVE"
        self.client.s3.put_object(Bucket="readings", Key="asked.json", Body=b'{"userId": "reader-1"}\n')
        batch = personalize.create_batch_inference_job(
            jobName="many",
            solutionVersionArn=version,
            jobInput={"s3DataSource": {"path": "s3://readings/asked.json"}},
            jobOutput=output,
            roleArn=ROLE,
        )["batchInferenceJobArn"]
        assert self.client.settled("batchInferenceJob", batch)["status"] == "ACTIVE"

    def deletion(self, group: str) -> str:
        self.client.s3.put_object(Bucket="readings", Key="gone.csv", Body=b"USER_ID\nreader-1\n")
        arn = self.client.personalize.create_data_deletion_job(
            jobName="leave", datasetGroupArn=group, dataSource={"dataLocation": "s3://readings/gone.csv"}, roleArn=ROLE
        )["dataDeletionJobArn"]
        while True:
            job = self.client.personalize.describe_data_deletion_job(dataDeletionJobArn=arn)["dataDeletionJob"]
            if job["status"] in {"COMPLETED", "FAILED"}:
                return job["status"]

    def objects(self) -> dict[str, tuple[str | None, str | None]]:
        """Return how every object that the service has written is encrypted, in all versions."""
        s3 = self.client.s3
        places = [(bucket, "") for bucket in BUCKETS] + [("readings", "out/")]
        heads = {
            f"{bucket}/{version['Key']}": s3.head_object(
                Bucket=bucket,
                Key=version["Key"],
                **({} if version["VersionId"] == "null" else {"VersionId": version["VersionId"]}),
            )
            for bucket, prefix in places
            for version in s3.list_object_versions(Bucket=bucket, Prefix=prefix).get("Versions", [])
        }
        return {key: (head.get("ServerSideEncryption"), head.get("SSEKMSKeyId")) for key, head in heads.items()}

    def items(self, *tables: str) -> list[dict]:
        dynamodb, plain = self.tastemaker.client("dynamodb"), TypeDeserializer().deserialize
        return [
            {name: plain(value) for name, value in item.items()}
            for table in tables
            for item in dynamodb.scan(TableName=table)["Items"]
        ]


@pytest.fixture
def vault(client, tastemaker):
    iam = tastemaker.client("iam")
    iam.create_role(RoleName="of-the-caller", AssumeRolePolicyDocument="{}")
    iam.put_role_policy(RoleName="of-the-caller", PolicyName="keys", PolicyDocument=json.dumps(USES_KEYS))
    for bucket in BUCKETS:
        client.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    key = tastemaker.client("kms").create_key()["KeyMetadata"]["Arn"]
    return Vault(client, tastemaker, key)


def test_every_object_and_every_item_of_a_dataset_group_is_under_its_key(vault, client):
    group = vault.group()["datasetGroupArn"]
    dataset = client.dataset(group)
    assert vault.imported(dataset, "first")["status"] == "ACTIVE"
    tracker = client.personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    event = {"eventType": "read", "sentAt": 1_700_000_000, "itemId": BOOK, "eventId": "a-secret-event"}
    client.events.put_events(trackingId=tracker, userId=READER, sessionId="s", eventList=[event])
    campaign = client.campaign(group)
    version = client.settled("campaign", campaign)["solutionVersionArn"]

    books = client.books(campaign, "reader-1")
    vault.outputs(dataset, version)
    outcome = vault.deletion(group)

    assert len(books) == 10
    assert outcome == "COMPLETED"
    encryption = vault.objects()
    for part in ("snapshots/", "jobs/", "models-123456789012-us-east-1/next", "out/all.csv", "out/asked.json.out"):
        assert any(part in key for key in encryption), part
    assert set(encryption.values()) == {("aws:kms", vault.key)}, encryption
    items = repr(vault.items("tastemaker-events", "tastemaker-answers"))
    assert "moment" in items
    assert not [secret for secret in (READER, BOOK, "a-secret-event", "book-1-", "reader-1") if secret in items]


def test_a_new_process_and_the_control_plane_read_what_is_under_the_key(vault, client, tastemaker, command):
    group = vault.group()["datasetGroupArn"]
    assert vault.imported(client.dataset(group), "first")["status"] == "ACTIVE"
    campaign = client.campaign(group)

    restarted(tastemaker, "runtime")

    assert len(client.books(campaign, "reader-1")) == 10
    assert command("insights", group)[0] == 0
    assert command("metrics", client.settled("campaign", campaign)["solutionVersionArn"])[0] == 0


def test_what_was_put_under_a_key_is_read_again(vault, client):
    group = vault.group()["datasetGroupArn"]
    schema = {"type": "record", "name": "Items", "namespace": "n", "version": "1.0"}
    fields = [{"name": "ITEM_ID", "type": "string"}, {"name": "GENRE", "type": ["null", "string"], "categorical": True}]
    arn = client.personalize.create_schema(name="books", schema=json.dumps({**schema, "fields": fields}))["schemaArn"]
    dataset = client.personalize.create_dataset(
        name="books", datasetGroupArn=group, schemaArn=arn, datasetType="Items"
    )["datasetArn"]
    client.settled("dataset", dataset)
    client.events.put_items(datasetArn=dataset, items=[{"itemId": BOOK, "properties": '{"genre": "spies"}'}])

    output = {"s3DataDestination": {"path": "s3://readings/out/"}}
    export = client.personalize.create_dataset_export_job(
        jobName="books", datasetArn=dataset, ingestionMode="PUT", roleArn=ROLE, jobOutput=output
    )["datasetExportJobArn"]

    assert client.settled("datasetExportJob", export)["status"] == "ACTIVE"
    body = client.s3.get_object(Bucket="readings", Key="out/books.csv")["Body"].read().decode()
    assert body == f"ITEM_ID,GENRE\n{BOOK},spies\n"
    items = repr(vault.items("tastemaker-records"))
    assert BOOK not in items
    assert "spies" not in items
    client.personalize.delete_dataset(datasetArn=dataset)
    assert client.is_gone("describe_dataset", "datasetArn", dataset)
    assert vault.items("tastemaker-records") == []


def _disabled(vault):
    vault.tastemaker.client("kms").disable_key(KeyId=vault.key)


def _going(vault):
    vault.tastemaker.client("kms").schedule_key_deletion(KeyId=vault.key, PendingWindowInDays=7)


def _denied_by_the_key(vault):
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    vault.tastemaker.client("kms").put_key_policy(KeyId=vault.key, PolicyName="default", Policy=policy)


def _taken_from_the_role(vault):
    vault.tastemaker.client("iam").delete_role_policy(RoleName="of-the-caller", PolicyName="keys")


def _role_gone(vault):
    _taken_from_the_role(vault)
    vault.tastemaker.client("iam").delete_role(RoleName="of-the-caller")


LOSSES = [_disabled, _going, _denied_by_the_key, _taken_from_the_role, _role_gone]


@pytest.mark.parametrize("lose", LOSSES, ids=[lose.__name__.strip("_") for lose in LOSSES])
def test_without_the_key_a_job_fails_and_says_which_key_and_grant(vault, client, lose):
    dataset = client.dataset(vault.group()["datasetGroupArn"])

    lose(vault)
    job = vault.imported(dataset, "first")

    assert job["status"] == "CREATE FAILED"
    assert vault.key in job["failureReason"]
    assert ROLE in job["failureReason"]
    assert "kms:Decrypt" in job["failureReason"]


@pytest.mark.parametrize("lose", LOSSES, ids=[lose.__name__.strip("_") for lose in LOSSES])
def test_without_the_key_no_dataset_group_is_made(vault, lose):
    lose(vault)

    group = vault.group()

    assert group["status"] == "CREATE FAILED"
    assert vault.key in group["failureReason"]
    assert "kms:" in group["failureReason"]


def test_a_key_that_is_the_roles_alone_names_whom_else_it_must_allow(vault):
    only = {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [only]})
    vault.tastemaker.client("kms").put_key_policy(KeyId=vault.key, PolicyName="default", Policy=policy)

    group = vault.group()

    assert group["status"] == "CREATE FAILED"
    assert vault.key in group["failureReason"]
    assert "kms:Decrypt of this service" in group["failureReason"]
    assert "KeyRoleArns" in group["failureReason"]


def test_a_key_that_is_not_there_makes_no_dataset_group(vault):
    unknown = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111"

    group = vault.group(key=unknown)

    assert group["status"] == "CREATE FAILED"
    assert unknown in group["failureReason"]


@pytest.mark.parametrize(
    "key", ["arn:aws:kms:eu-west-1:123456789012:key/k", "arn:aws:kms:us-east-1:210987654321:key/k"]
)
def test_a_key_of_elsewhere_is_refused_at_once(vault, client, key):
    with pytest.raises(client.personalize.exceptions.InvalidInputException, match="must be a key of account"):
        vault.group(key=key)


def test_what_a_lost_key_keeps_can_still_be_removed(vault, client):
    group = vault.group()["datasetGroupArn"]
    dataset = client.dataset(group)
    assert vault.imported(dataset, "first")["status"] == "ACTIVE"

    _going(vault)
    client.personalize.delete_dataset(datasetArn=dataset)

    assert client.is_gone("describe_dataset", "datasetArn", dataset)
    client.personalize.delete_dataset_group(datasetGroupArn=group)
    assert client.is_gone("describe_dataset_group", "datasetGroupArn", group)
    assert vault.objects() == {}


def test_the_key_of_a_job_goes_before_the_dataset_groups(vault, client, tastemaker):
    dataset = client.dataset(vault.group()["datasetGroupArn"])
    assert vault.imported(dataset, "first")["status"] == "ACTIVE"
    other = tastemaker.client("kms").create_key()["KeyMetadata"]["Arn"]

    output = {"s3DataDestination": {"path": "s3://readings/out/", "kmsKeyArn": other}}
    export = client.personalize.create_dataset_export_job(
        jobName="all", datasetArn=dataset, ingestionMode="ALL", roleArn=ROLE, jobOutput=output
    )["datasetExportJobArn"]

    assert client.settled("datasetExportJob", export)["status"] == "ACTIVE"
    assert vault.objects()["readings/out/all.csv"] == ("aws:kms", other)
