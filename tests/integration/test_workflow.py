"""The main job through the deployed templates: HTTP, API Gateway, functions, state machines, tables and buckets."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.integration.client import readings


def test_history_becomes_recommendations_and_an_event_changes_them(client):
    group = client.group()
    assert client.imported(client.dataset(group), readings())["status"] == "ACTIVE"
    campaign = client.campaign(group)
    tracker = client.personalize.create_event_tracker(name="live", datasetGroupArn=group)

    before = client.books(campaign, "newcomer")
    event = {"eventType": "read", "sentAt": 1_750_000_000}
    events = [event | {"itemId": f"book-1-{number}"} for number in (3, 4)]
    client.events.put_events(trackingId=tracker["trackingId"], userId="newcomer", sessionId="s", eventList=events)
    after = client.books(campaign, "newcomer")

    assert {book.split("-")[1] for book in client.books(campaign, "reader-1")[:5]} == {"1"}
    assert after != before
    assert sum(book.startswith("book-1") for book in after) > sum(book.startswith("book-1") for book in before)


def test_a_batch_job_answers_as_the_campaign_does(client, tastemaker):
    group = client.group()
    client.imported(client.dataset(group), readings())
    campaign = client.campaign(group)
    role = tastemaker.client("iam").create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    readers = [f"reader-{number}" for number in range(20)]
    lines = "\n".join(json.dumps({"userId": reader}) for reader in readers)
    client.s3.put_object(Bucket="readings", Key="in/readers.json", Body=lines.encode())

    version = client.personalize.describe_campaign(campaignArn=campaign)["campaign"]["solutionVersionArn"]
    jobs = [
        client.personalize.create_batch_inference_job(
            jobName=name,
            solutionVersionArn=version,
            numResults=10,
            jobInput={"s3DataSource": {"path": path}},
            jobOutput={"s3DataDestination": {"path": output}},
            roleArn=role,
        )["batchInferenceJobArn"]
        for name, path, output in (
            ("good", "s3://readings/in/", "s3://readings/out/"),
            ("empty", "s3://nowhere-at-all/in/", "s3://readings/out/"),
            ("homeless", "s3://readings/in/readers", "s3://nowhere-at-all/out/"),
        )
    ]
    settled = [client.settled("batchInferenceJob", arn) for arn in jobs]

    assert [job["status"] for job in settled] == ["ACTIVE", "CREATE FAILED", "CREATE FAILED"]
    assert settled[1]["failureReason"].startswith("Invalid S3 input path")
    assert settled[2]["failureReason"].startswith("Invalid S3 output path")
    answers = client.s3.get_object(Bucket="readings", Key="out/readers.json.out")["Body"].read().splitlines()
    assert [json.loads(line)["output"]["recommendedItems"] for line in answers] == [
        client.books(campaign, reader) for reader in readers
    ]


def test_a_failed_import_says_why_and_leaves_nothing(client):
    dataset = client.dataset(client.group())

    job = client.imported(dataset, readings() + "reader-1,book-1-1,tomorrow\n")

    assert job["status"] == "CREATE FAILED"
    assert "tomorrow" in job["failureReason"]
    stored = client.s3.list_objects_v2(Bucket="tastemaker-data-123456789012-us-east-1")
    assert [o["Key"] for o in stored.get("Contents", []) if o["Key"].endswith("manifest.json")] == []


def test_what_an_import_read_travels_in_a_header_that_clients_may_read(client):
    job = client.imported(client.dataset(client.group()), readings())

    reply = client.personalize.describe_dataset_import_job(datasetImportJobArn=job["datasetImportJobArn"])

    imported = json.loads(reply["ResponseMetadata"]["HTTPHeaders"]["x-tastemaker-imported"])
    assert (imported["rows"], imported["distinct USER_ID"], imported["rejected"]) == (1_200, 60, 0)
    assert set(reply["datasetImportJob"]) == set(job)


def test_progress_travels_in_a_header_that_clients_may_read(client):
    group = client.group()
    client.imported(client.dataset(group), readings())
    recipe = "arn:aws:personalize:::recipe/aws-popularity-count"
    solution = client.personalize.create_solution(name="s", datasetGroupArn=group, recipeArn=recipe)["solutionArn"]
    version = client.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]

    assert client.settled("solutionVersion", version)["status"] == "ACTIVE"
    reply = client.personalize.describe_solution_version(solutionVersionArn=version)
    assert "x-tastemaker-progress" not in reply["ResponseMetadata"]["HTTPHeaders"]


def test_an_unknown_campaign_is_404_at_runtime_and_400_in_the_control_plane(client):
    arn = "arn:aws:personalize:us-east-1:123456789012:campaign/none"

    with pytest.raises(ClientError) as at_runtime:
        client.books(arn, "reader-1")
    with pytest.raises(ClientError) as in_control:
        client.personalize.describe_campaign(campaignArn=arn)

    statuses = [error.value.response["ResponseMetadata"]["HTTPStatusCode"] for error in (at_runtime, in_control)]
    codes = {error.value.response["Error"]["Code"] for error in (at_runtime, in_control)}
    assert (statuses, codes) == ([404, 400], {"ResourceNotFoundException"})


def test_everything_can_be_deleted_again_from_the_campaign_up(client):
    group = client.group()
    dataset = client.dataset(group)
    client.imported(dataset, readings())
    campaign = client.campaign(group)
    solution = client.personalize.list_solutions(datasetGroupArn=group)["solutions"][0]["solutionArn"]

    for operation, member, arn in (
        ("delete_campaign", "campaignArn", campaign),
        ("delete_solution", "solutionArn", solution),
        ("delete_dataset", "datasetArn", dataset),
    ):
        getattr(client.personalize, operation)(**{member: arn})
        assert client.is_gone(operation.replace("delete", "describe"), member, arn)
    client.personalize.delete_dataset_group(datasetGroupArn=group)
    left = client.personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]
    assert left["status"] == "DELETE PENDING"
    assert client.is_gone("describe_dataset_group", "datasetGroupArn", group)
