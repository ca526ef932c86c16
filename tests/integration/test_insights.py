"""Insights through the deployed templates: the command, and a plain request that knows no model."""

import http.client
import json
import time
from urllib.parse import urlsplit

import pytest

from tastemaker_local import cli
from tests.integration.client import INTERACTIONS

PATIENCE = 60
ROWS = "USER_ID,ITEM_ID,TIMESTAMP\na,x,86400\na,y,172800\nb,x,259200\n"


@pytest.fixture
def library(tastemaker):
    """A dataset group with three imported interactions and one that was recorded."""
    personalize, s3 = tastemaker.client("personalize"), tastemaker.client("s3")
    s3.create_bucket(Bucket="callers")
    s3.put_object(Bucket="callers", Key="data.csv", Body=ROWS.encode())
    group = personalize.create_dataset_group(name="library")["datasetGroupArn"]
    active(personalize.describe_dataset_group, "datasetGroup", group)
    schema = personalize.create_schema(name="readings", schema=json.dumps(INTERACTIONS))["schemaArn"]
    members = {"name": "readings", "datasetGroupArn": group, "schemaArn": schema, "datasetType": "Interactions"}
    dataset = personalize.create_dataset(**members)["datasetArn"]
    active(personalize.describe_dataset, "dataset", dataset)
    source = {"dataLocation": "s3://callers/data.csv"}
    job = personalize.create_dataset_import_job(jobName="first", datasetArn=dataset, dataSource=source)
    active(personalize.describe_dataset_import_job, "datasetImportJob", job["datasetImportJobArn"])
    tracker = personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    event = {"eventType": "read", "sentAt": 4, "itemId": "c"}
    tastemaker.client("personalize-events").put_events(trackingId=tracker, userId="a", sessionId="s", eventList=[event])
    return group


def active(describe, member, arn):
    deadline = time.monotonic() + PATIENCE
    while describe(**{f"{member}Arn": arn})[member]["status"] != "ACTIVE":
        assert time.monotonic() < deadline, arn


def asked(tastemaker, body):
    """Ask for insights as any HTTP client can; return the status and the decoded body."""
    connection = http.client.HTTPConnection(urlsplit(tastemaker.endpoint_url).netloc, timeout=30)
    connection.request("POST", "/", body, {"X-Amz-Target": "AmazonPersonalize.GetDataInsights"})
    reply = connection.getresponse()
    answer = reply.status, json.loads(reply.read())
    connection.close()
    return answer


@pytest.mark.parametrize("named", ["by its name", "by its ARN"])
def test_the_command_shows_what_is_in_a_group(command, library, named):
    group = "library" if named == "by its name" else library

    status, said, _ = command("insights", group)

    assert status == 0
    for part in (
        library,
        "3 imported, 1 put one by one, 1970-01-02 to 1970-01-04",
        "INTERACTIONS 4 interactions; training needs at least 1,000.",
    ):
        assert part in " ".join(said.split()), said


def test_the_command_and_a_plain_request_get_the_same(command, tastemaker, library):
    status, said, _ = command("insights", "library", "--json")

    told = json.loads(said)
    assert status == 0
    assert (200, told) == asked(tastemaker, json.dumps({"datasetGroupArn": library}))
    assert told["datasets"][0]["bulkRecords"] == 3


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        ("nowhere", "there is no dataset group named nowhere"),
        ("arn:aws:personalize:us-east-1:123456789012:dataset-group/nowhere", "ResourceNotFoundException"),
        ("arn:aws:personalize:us-east-1:123456789012:schema/s", "InvalidInputException"),
    ],
)
def test_the_command_says_why_there_is_nothing_to_show(command, group, reason):
    status, said, complaint = command("insights", group)

    assert (status, said, reason in complaint) == (1, "", True)


def test_the_command_says_that_nobody_answers(capsys):
    status = cli.main(["insights", "any", "--endpoint", "http://127.0.0.1:9"])

    assert (status, "http://127.0.0.1:9" in capsys.readouterr().err) == (1, True)


@pytest.mark.parametrize(
    "body", ["{}", "[]", "{", '{"datasetGroupArn": {"a": 1}}', '{"datasetGroupArn": "../../etc"}', "\x00"]
)
def test_a_hostile_request_is_refused(tastemaker, body):
    status, answer = asked(tastemaker, body)

    assert (status, answer["__type"]) in {(400, "InvalidInputException"), (400, "SerializationException")}
