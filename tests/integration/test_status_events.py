"""Whoever has made a rule hears of every changed status, and needs not ask."""

import json
import time

import pytest

from tests.integration.client import PATIENCE, readings


@pytest.fixture
def listen(tastemaker):
    """Make a rule with a queue behind it; return a function that waits for the event that a test asks for."""
    sqs, events = tastemaker.client("sqs"), tastemaker.client("events")

    def listen(**pattern):
        url = sqs.create_queue(QueueName="told")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name="told", EventPattern=json.dumps({"source": ["tastemaker"], **pattern}))
        events.put_targets(Rule="told", Targets=[{"Id": "queue", "Arn": arn}])
        heard: list[dict] = []

        def until(wanted):
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                    heard.append(json.loads(message["Body"]))
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                if any(wanted(event) for event in heard):
                    return heard
            raise TimeoutError(f"heard {heard}")

        return until

    return listen


def statuses(heard):
    return [(event["detail"].get("oldStatus"), event["detail"]["newStatus"]) for event in heard]


def test_a_rule_hears_that_an_import_is_active(client, listen):
    until = listen(**{"detail-type": ["Dataset Import Job Status Change"]})
    group = client.group()
    dataset = client.dataset(group)
    job = client.imported(dataset, readings())

    heard = until(lambda event: event["detail"]["newStatus"] == "ACTIVE")

    assert statuses(heard) == [
        (None, "CREATE PENDING"),
        ("CREATE PENDING", "CREATE IN_PROGRESS"),
        ("CREATE IN_PROGRESS", "ACTIVE"),
    ]
    last = heard[-1]
    assert last["source"] == "tastemaker"
    assert last["resources"] == [job["datasetImportJobArn"]]
    told = {key: last["detail"][key] for key in ("datasetImportJobArn", "datasetArn", "kind", "name", "deployment")}
    assert told == {
        "datasetImportJobArn": job["datasetImportJobArn"],
        "datasetArn": dataset,
        "kind": "dataset-import-job",
        "name": "first",
        "deployment": "tastemaker",
    }
    assert len({event["detail"]["changeId"] for event in heard}) == 3
    revisions = [event["detail"]["revision"] for event in heard]
    assert revisions == sorted(revisions)


def test_a_rule_hears_why_a_job_failed(client, listen):
    until = listen(detail={"newStatus": ["CREATE FAILED"]})
    job = client.imported(client.dataset(client.group()), "USER_ID,ITEM_ID\nr,b\n")

    [failed] = until(lambda _: True)

    assert failed["detail"]["failureReason"] == job["failureReason"]


def test_a_rule_hears_of_an_update_and_that_a_resource_is_gone(client, listen):
    until = listen()
    group = client.group()
    dataset = client.dataset(group)
    client.imported(dataset, readings())
    recipe = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
    solution = client.personalize.create_solution(name="next", datasetGroupArn=group, recipeArn=recipe)["solutionArn"]

    client.personalize.update_solution(solutionArn=solution, performAutoTraining=False)
    heard = until(
        lambda event: (
            event["detail-type"] == "Solution Update Status Change" and event["detail"]["newStatus"] == "ACTIVE"
        )
    )
    client.personalize.delete_solution(solutionArn=solution)
    until(lambda event: event["detail"]["newStatus"] == "DELETED")

    of_solution = [event for event in heard if event["detail"].get("solutionArn") == solution]
    assert {event["detail-type"] for event in of_solution} == {
        "Solution Status Change",
        "Solution Update Status Change",
    }
    updates = [event for event in of_solution if "Update" in event["detail-type"]]
    assert statuses(updates) == [
        (None, "CREATE PENDING"),
        ("CREATE PENDING", "CREATE IN_PROGRESS"),
        ("CREATE IN_PROGRESS", "ACTIVE"),
    ]
    assert statuses(of_solution)[-4:] == [
        ("CREATE IN_PROGRESS", "ACTIVE"),
        ("ACTIVE", "DELETE PENDING"),
        ("DELETE PENDING", "DELETE IN_PROGRESS"),
        ("DELETE IN_PROGRESS", "DELETED"),
    ]


def test_a_target_that_is_not_there_holds_nobody_up(client, listen, tastemaker):
    events = tastemaker.client("events")
    until = listen(detail={"kind": ["dataset-group"], "newStatus": ["ACTIVE"]})
    gone = "arn:aws:lambda:us-east-1:123456789012:function:nobody"
    events.put_rule(Name="broken", EventPattern=json.dumps({"source": ["tastemaker"]}))
    events.put_targets(Rule="broken", Targets=[{"Id": "gone", "Arn": gone}])

    group = client.group()

    [event] = until(lambda _: True)
    assert event["detail"]["arn"] == group


def test_a_rule_reaches_a_topic(client, tastemaker):
    sns, sqs, events = (tastemaker.client(name) for name in ("sns", "sqs", "events"))
    topic = sns.create_topic(Name="told")["TopicArn"]
    url = sqs.create_queue(QueueName="behind")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:behind")
    pattern = {"source": ["tastemaker"], "detail": {"newStatus": ["ACTIVE"]}}
    events.put_rule(Name="topic", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="topic", Targets=[{"Id": "topic", "Arn": topic}])

    group = client.group()

    deadline, messages = time.monotonic() + PATIENCE, []
    while not messages and time.monotonic() < deadline:
        messages = sqs.receive_message(QueueUrl=url).get("Messages", [])
    told = json.loads(json.loads(messages[0]["Body"])["Message"])
    assert told["detail"]["arn"] == group
