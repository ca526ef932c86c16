"""Trainings in containers, which local mode runs as processes of their own."""

import json
import os
import random
import signal

import pytest

from tests.integration.client import readings
from tests.processes import processes, until

RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
CONTAINER = [{"tagKey": "tastemaker:rung", "tagValue": "container"}]
MODELS = "tastemaker-models-123456789012-us-east-1"


def train(client, group, name, **options):
    solution = client.personalize.create_solution(name=name, datasetGroupArn=group, recipeArn=RECIPE, **options)
    return client.personalize.create_solution_version(solutionArn=solution["solutionArn"])["solutionVersionArn"]


def quote(client, version):
    reply = client.personalize.describe_solution_version(solutionVersionArn=version)
    return json.loads(reply["ResponseMetadata"]["HTTPHeaders"]["x-tastemaker-quote"])


def arrays(client, solution):
    """The digests of a model's files by name, without its manifest, which has moments and ARNs in it."""
    stored = client.s3.list_objects_v2(Bucket=MODELS, Prefix=f"{solution}/")["Contents"]
    return {each["Key"].rpartition("/")[2]: each["ETag"] for each in stored if each["Key"].endswith(".npy")}


@pytest.fixture
def give(tastemaker):
    """Lets the task function have so much memory, as its deployment would."""
    functions, name = tastemaker.client("lambda"), "tastemaker-tasks"
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def configure(**more):
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables | more})

    yield lambda megabytes: configure(AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(megabytes))
    configure()


def test_a_pinned_training_learns_the_same_in_a_container(client):
    group = client.group()
    client.imported(client.dataset(group), readings())

    here = train(client, group, "here")
    there = train(client, group, "there", tags=CONTAINER)

    assert client.settled("solutionVersion", here)["status"] == "ACTIVE"
    assert client.settled("solutionVersion", there)["status"] == "ACTIVE"
    assert arrays(client, "here") == arrays(client, "there") != {}
    told = quote(client, there)
    assert (quote(client, here)["measured"]["rung"], told["measured"]["rung"]) == ("function", "container")
    assert [each["rung"] for each in told["rungs"]] == ["function", "container", "spark"]
    assert "climbed" not in told


def test_a_training_that_outgrows_its_function_goes_on_in_a_container_and_says_so(client, give):
    give(325)
    group = client.group()
    dataset = client.dataset(group)
    client.imported(dataset, readings())
    tracker = client.personalize.create_event_tracker(name="web", datasetGroupArn=group)["trackingId"]
    # Recorded one by one they are counted only when they are read: the quote that chose knew nothing of them.
    for page in range(60):
        client.events.put_events(
            trackingId=tracker,
            sessionId=f"visit-{page}",
            userId=f"reader-{page}",
            eventList=[
                {"eventType": "read", "itemId": f"new-{page}-{number}", "sentAt": 1_750_000_000 + page}
                for number in range(10)
            ],
        )

    version = train(client, group, "grown")

    assert client.settled("solutionVersion", version)["status"] == "ACTIVE"
    told = quote(client, version)
    assert told["measured"]["rung"] == "container"
    assert (told["climbed"]["from"], told["climbed"]["memory"]) == ("function", 325)
    assert "needs about" in told["climbed"]["reason"]


def test_one_that_was_pinned_to_its_function_fails_where_it_outgrows_it(client, give):
    give(300)
    group = client.group()
    client.imported(client.dataset(group), readings())

    version = train(client, group, "kept", tags=[{"tagKey": "tastemaker:rung", "tagValue": "function"}])

    failed = client.settled("solutionVersion", version)
    assert failed["status"] == "CREATE FAILED"
    assert "there are 300 MB" in failed["failureReason"]


def test_a_rung_that_is_none_is_refused(client):
    group = client.group()
    client.imported(client.dataset(group), readings())

    with pytest.raises(
        client.personalize.exceptions.InvalidInputException, match="function, container, spark, not mainframe"
    ):
        train(client, group, "odd", tags=[{"tagKey": "tastemaker:rung", "tagValue": "mainframe"}])


def test_a_training_in_a_container_is_stopped(client, tastemaker):
    jobs, draw = tastemaker.client("batch"), random.Random(7)  # noqa: S311 - of rows
    group = client.group()
    rows = [f"u{draw.randrange(900)},i{draw.randrange(2000)},{1_700_000_000 + n}" for n in range(60_000)]
    client.imported(client.dataset(group), "\n".join(["USER_ID,ITEM_ID,TIMESTAMP", *rows]) + "\n")
    version = train(client, group, "long", tags=CONTAINER)
    running = {"jobQueue": "tastemaker-jobs", "jobStatus": "RUNNING"}
    until(lambda: processes("jobs/solution/long/"))
    # It does not notice by itself any more that it is to stop.
    for process in processes("jobs/solution/long/"):
        os.kill(process, signal.SIGSTOP)

    client.personalize.stop_solution_version_creation(solutionVersionArn=version)

    assert client.settled("solutionVersion", version)["status"] == "CREATE STOPPED"
    until(lambda: not jobs.list_jobs(**running)["jobSummaryList"])
    ends = [jobs.list_jobs(jobQueue="tastemaker-jobs", jobStatus=end) for end in ("FAILED", "SUCCEEDED")]
    assert [job["status"] for end in ends for job in end["jobSummaryList"]] == ["FAILED"]
    assert "Contents" not in client.s3.list_objects_v2(Bucket=MODELS)
