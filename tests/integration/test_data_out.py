"""Data leaves through the deployed templates: as an export, and for good; searched for in all versions and items."""

import json
import time
from pathlib import Path

import pytest

from tests.integration.client import INTERACTIONS
from tests.integration.traces import DATA, kept_of

PATIENCE = 60
ROLE = "arn:aws:iam::123456789012:role/of-the-caller"
GONE, OTHER = "the-user-to-delete", "somebody-else"
MODELS = "tastemaker-models-123456789012-us-east-1"
HEADER = "USER_ID,ITEM_ID,TIMESTAMP\n"


@pytest.fixture
def s3(tastemaker):
    s3 = tastemaker.client("s3")
    s3.create_bucket(Bucket="callers")
    tastemaker.client("iam").create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument="{}")
    # The template asks for versions, which the local CloudFormation passes over.
    for bucket in (DATA, MODELS):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return s3


@pytest.fixture
def personalize(tastemaker):
    return tastemaker.client("personalize")


def settled(describe, member: str, arn: str) -> dict:
    """Return a resource that no longer changes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = describe(**{f"{member}Arn": arn})[member]
        if found["status"] in {"ACTIVE", "CREATE FAILED", "COMPLETED", "FAILED"}:
            return found
    raise TimeoutError(f"{arn} is still {found['status']}")


def test_an_export_is_what_was_imported_and_a_deletion_leaves_no_byte(tastemaker, personalize, s3, tmp_path):
    group = personalize.create_dataset_group(name="library")["datasetGroupArn"]
    settled(personalize.describe_dataset_group, "datasetGroup", group)
    schema = personalize.create_schema(name="readings", schema=json.dumps(INTERACTIONS))["schemaArn"]
    dataset = personalize.create_dataset(
        name="readings", datasetGroupArn=group, schemaArn=schema, datasetType="Interactions"
    )["datasetArn"]
    settled(personalize.describe_dataset, "dataset", dataset)
    rows = f"{OTHER},b,2\n{GONE},a,1\n{GONE},b,3\n"
    s3.put_object(Bucket="callers", Key="data.csv", Body=(HEADER + rows).encode())
    for name in ("first", "second"):  # the second replaces the first one's snapshot
        source = {"dataLocation": "s3://callers/data.csv"}
        job = personalize.create_dataset_import_job(jobName=name, datasetArn=dataset, dataSource=source)
        settled(personalize.describe_dataset_import_job, "datasetImportJob", job["datasetImportJobArn"])
    tracker = personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    event = {"eventType": "read", "sentAt": 4, "itemId": "c"}
    tastemaker.client("personalize-events").put_events(
        trackingId=tracker, userId=GONE, sessionId="s", eventList=[event]
    )
    output = {"s3DataDestination": {"path": "s3://callers/out/"}}
    exported = personalize.create_dataset_export_job(
        jobName="all", datasetArn=dataset, ingestionMode="ALL", roleArn=ROLE, jobOutput=output
    )["datasetExportJobArn"]
    assert settled(personalize.describe_dataset_export_job, "datasetExportJob", exported)["status"] == "ACTIVE"
    assert kept_of(GONE, tastemaker, s3, tmp_path) != []

    s3.put_object(Bucket="callers", Key="gone.csv", Body=f"USER_ID\n{GONE}\n".encode())
    deletion = personalize.create_data_deletion_job(
        jobName="leave", datasetGroupArn=group, dataSource={"dataLocation": "s3://callers/gone.csv"}, roleArn=ROLE
    )["dataDeletionJobArn"]
    ended = settled(personalize.describe_data_deletion_job, "dataDeletionJob", deletion)

    file = s3.get_object(Bucket="callers", Key="out/all.csv")["Body"].read().decode()
    assert file == HEADER + f"{OTHER},b,2\n{GONE},a,1\n{GONE},b,3\n{GONE},c,4\n"
    assert (ended["status"], ended["numDeleted"]) == ("COMPLETED", 3)
    assert kept_of(GONE, tastemaker, s3, tmp_path) == []
    kept = kept_of(OTHER, tastemaker, s3, tmp_path)
    assert {Path(key).name for key in kept} == {"part-00000.parquet", "ids.parquet"}
    assert len({Path(key).parent for key in kept}) == 1


def test_a_deletion_leaves_no_byte_in_the_model_that_serves(tastemaker, client, personalize, s3, tmp_path):
    group = client.group()
    readers = [GONE, *(f"reader-{number}" for number in range(60))]
    rows = [f"{who},book-{(n * 7 + step) % 30},{step}" for n, who in enumerate(readers) for step in range(20)]
    client.imported(client.dataset(group), HEADER + "\n".join(rows) + "\n")
    campaign = client.campaign(group)

    def ask(user: str) -> list[dict]:
        return client.runtime.get_recommendations(campaignArn=campaign, userId=user, numResults=10)["itemList"]

    before, hers = ask("reader-7"), ask(GONE)
    assert {Path(key).name for key in kept_of(GONE, tastemaker, s3, tmp_path, MODELS)} >= {"user_ids.npy"}

    s3.put_object(Bucket="callers", Key="reader.csv", Body=f"USER_ID\n{GONE}\n".encode())
    deletion = personalize.create_data_deletion_job(
        jobName="reader", datasetGroupArn=group, dataSource={"dataLocation": "s3://callers/reader.csv"}, roleArn=ROLE
    )["dataDeletionJobArn"]
    ended = settled(personalize.describe_data_deletion_job, "dataDeletionJob", deletion)

    assert (ended["status"], ended["numDeleted"]) == ("COMPLETED", 20)
    assert kept_of(GONE, tastemaker, s3, tmp_path, DATA, MODELS) == []
    assert ask("reader-7") == before
    assert ask(GONE) == ask("nobody-ever") != hers
