"""A restore as docs/runbooks.md has it, rehearsed: tables and buckets are damaged and brought back.

Afterwards the campaign's lists are what they were to the byte. moto has backups and versions, but no past of tables.
"""

import json
import runpy
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.client import readings
from tests.processes import until

EXAMPLES = Path(__file__).parents[2] / "examples"
TABLES = ("tastemaker-resources", "tastemaker-events", "tastemaker-records")
MODELS, DATA = "tastemaker-models-123456789012-us-east-1", "tastemaker-data-123456789012-us-east-1"


class Deployment:
    """A campaign, and a newcomer whose events count in its answers."""

    def __init__(self, tastemaker, client, service) -> None:
        self.dynamodb, self.s3 = tastemaker.client("dynamodb"), client.s3
        self._client, self._service = client, service
        for bucket in (MODELS, DATA):
            # The template asks for versions, which the local CloudFormation passes over.
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        group = client.group()
        client.imported(client.dataset(group), readings())
        self.campaign = client.campaign(group)
        tracker = client.personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
        read = [{"eventType": "read", "itemId": f"book-1-{n}", "sentAt": 1_800_000_000 + n} for n in range(3)]
        client.events.put_events(trackingId=tracker, userId="newcomer", sessionId="s", eventList=read)
        self.before = self.answers()

    def answers(self):
        """What two readers are recommended by functions that have kept nothing, with scores."""
        self._service.cloud._functions.cool_down()
        ask = self._client.runtime.get_recommendations
        lists = [ask(campaignArn=self.campaign, userId=user)["itemList"] for user in ("reader-1", "newcomer")]
        return json.dumps(lists)

    def trains(self):
        """Whether a training finds all that it reads."""
        solution = self.campaign.replace("campaign", "solution")
        arn = self._client.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        return self._client.settled("solutionVersion", arn)["status"] == "ACTIVE"


@pytest.fixture
def deployment(tastemaker, client, _tastemaker_service):
    return Deployment(tastemaker, client, _tastemaker_service)


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs an example as a program, and returns what it printed."""

    def run(program, *words):
        monkeypatch.setattr(sys, "argv", [program, *map(str, words)])
        runpy.run_path(str(EXAMPLES / program), run_name="__main__")
        return capsys.readouterr().out

    return run


def items(dynamodb, table):
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    return [item for page in pages for item in page["Items"]]


def keys(dynamodb, table):
    """The keys of all items."""
    names = [part["AttributeName"] for part in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]]
    return [{name: item[name] for name in names} for item in items(dynamodb, table)]


def test_damaged_tables_are_restored_beside_and_copied_back(deployment, run):
    dynamodb = deployment.dynamodb
    kept = {table: dynamodb.create_backup(TableName=table, BackupName="before")["BackupDetails"] for table in TABLES}
    counts = {table: len(items(dynamodb, table)) for table in TABLES}
    for table in TABLES:
        for key in keys(dynamodb, table):
            dynamodb.delete_item(TableName=table, Key=key)
    dynamodb.put_item(TableName=TABLES[0], Item={"arn": {"S": "arn:junk"}, "kind": {"S": "campaign"}})
    with pytest.raises(deployment._client.runtime.exceptions.ResourceNotFoundException):
        deployment.answers()

    for table in TABLES:
        restoring = {"BackupArn": kept[table]["BackupArn"], "TargetTableName": f"{table}-restored"}
        dynamodb.restore_table_from_backup(**restoring)
        said = run("copy_table.py", f"{table}-restored", table, "--write")
        assert said.startswith(f"{table}: {counts[table]} items to write")
        dynamodb.delete_table(TableName=f"{table}-restored")

    assert deployment.answers() == deployment.before
    assert {table: len(items(dynamodb, table)) for table in TABLES} == counts
    assert counts["tastemaker-events"] > 0


def test_tables_of_a_moment_are_copied_back(deployment, run):
    """moto keeps no past: what it restores to a moment is what there is, so the accident comes afterwards."""
    dynamodb = deployment.dynamodb
    for table in TABLES:
        restoring = {"SourceTableName": table, "TargetTableName": f"{table}-restored"}
        dynamodb.restore_table_to_point_in_time(**restoring, UseLatestRestorableTime=True)
    for key in keys(dynamodb, TABLES[0]):
        dynamodb.delete_item(TableName=TABLES[0], Key=key)

    for table in TABLES:
        run("copy_table.py", f"{table}-restored", table, "--write")
        dynamodb.delete_table(TableName=f"{table}-restored")

    assert deployment.answers() == deployment.before


def test_a_table_that_is_gone_comes_back_under_its_own_name(deployment):
    dynamodb, table = deployment.dynamodb, TABLES[0]
    backup = dynamodb.create_backup(TableName=table, BackupName="before")["BackupDetails"]["BackupArn"]
    with pytest.raises(dynamodb.exceptions.ClientError, match="DeletionProtectionEnabled is set"):
        dynamodb.delete_table(TableName=table)
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=table)

    dynamodb.restore_table_from_backup(BackupArn=backup, TargetTableName=table)
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)

    assert deployment.answers() == deployment.before
    indexes = dynamodb.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
    assert len(indexes) == 2


def test_deleted_and_overwritten_objects_are_brought_back_as_of_a_moment(deployment, run):
    s3 = deployment.s3
    moment = datetime.now(UTC)
    until(lambda: (datetime.now(UTC) - moment).total_seconds() > 2)  # S3 knows seconds
    stored = {
        bucket: [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] for bucket in (MODELS, DATA)
    }
    for bucket, names in stored.items():
        for n, name in enumerate(names):
            if n % 2:
                s3.delete_object(Bucket=bucket, Key=name)
            else:
                s3.put_object(Bucket=bucket, Key=name, Body=b"damaged")
    s3.put_object(Bucket=DATA, Key="newer", Body=b"stays")
    with pytest.raises(deployment._client.runtime.exceptions.ClientError):
        deployment.answers()

    told = [run("restore_bucket.py", bucket, moment.isoformat()) for bucket in stored]
    assert told == [f"{bucket}: {len(names)} objects to bring back\n" for bucket, names in stored.items()]
    for bucket in stored:
        run("restore_bucket.py", bucket, moment.isoformat(), "--write")

    assert deployment.answers() == deployment.before
    assert deployment.trains()
    assert [run("restore_bucket.py", bucket, moment.isoformat()) for bucket in stored] != told
    assert s3.get_object(Bucket=DATA, Key="newer")["Body"].read() == b"stays"


def test_an_object_under_a_key_is_brought_back_under_it(tastemaker, run):
    s3, kms = tastemaker.client("s3"), tastemaker.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="sealed")
    s3.put_bucket_versioning(Bucket="sealed", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="sealed", Key="k", Body=b"secret", ServerSideEncryption="aws:kms", SSEKMSKeyId=kms)
    moment = datetime.now(UTC)
    until(lambda: (datetime.now(UTC) - moment).total_seconds() > 2)
    s3.put_object(Bucket="sealed", Key="k", Body=b"damaged")

    run("restore_bucket.py", "sealed", moment.isoformat(), "--write")

    found = s3.get_object(Bucket="sealed", Key="k")
    assert (found["Body"].read(), found["ServerSideEncryption"], found["SSEKMSKeyId"]) == (b"secret", "aws:kms", kms)
