"""The main job against a service whose functions run as on Lambda, and what each of them took."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tastemaker_local.pytest_plugin import Tastemaker
from tastemaker_local.service import LocalService
from tests.e2e.packaged.assets import Assets
from tests.e2e.packaged.functions import Packaged
from tests.e2e.packaged.guard import Guard
from tests.gateways import serving
from tests.integration.client import Client, readings

READERS = [f"reader-{number}" for number in range(20)]
GONE = "reader-7"
_HEADER, *_ROWS = readings().splitlines()
_READ = "\n".join([f"{_HEADER},EVENT_TYPE", *(f"{row},read" for row in _ROWS), ""])


@dataclass(frozen=True, slots=True)
class Walked:
    """What the main job has shown."""

    before: list[str]
    after: list[str]
    unread: list[str]
    batch: list[list[str]]
    answers: list[list[str]]
    exported: set[str]
    summary: str
    insights: int
    refusal: str
    stacked: str
    deleted: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Guarded:
    """A local service whose functions are processes, each with what its role allows."""

    tastemaker: Tastemaker
    packaged: Packaged
    guard: Guard


@contextmanager
def service(assets: Assets, folder: Path) -> Iterator[Guarded]:
    """Run a local service that keeps its functions in processes."""
    guard = Guard(lambda: local.url)
    with serving(guard) as url:
        packaged = Packaged(assets, folder, url)
        with LocalService(run=packaged) as local, closing(packaged):
            yield Guarded(Tastemaker(local.url), packaged, guard)


def walk(tastemaker: Tastemaker) -> Walked:
    """Import, train, recommend, record, filter, answer in batch, export, look, and delete a user."""
    client, iam = Client(tastemaker), tastemaker.client("iam")
    role = iam.create_role(RoleName="jobs", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    group = client.group()
    dataset = client.dataset(group, {"name": "EVENT_TYPE", "type": "string"})
    imported = client.imported(dataset, _READ, roleArn=role)
    assert imported["status"] == "ACTIVE", imported
    campaign = client.campaign(group)
    version = client.personalize.describe_campaign(campaignArn=campaign)["campaign"]["solutionVersionArn"]
    before, after = _recorded(client, group, campaign)
    return Walked(
        before=before,
        after=after,
        unread=_unread(client, group, campaign),
        batch=_batch(client, version, role),
        answers=[client.books(campaign, reader) for reader in READERS],
        exported=_exported(client, dataset, role),
        summary=_knowing(tastemaker).get_evaluation(resourceArn=version)["summary"],
        insights=_knowing(tastemaker).get_data_insights(datasetGroupArn=group)["datasets"][0]["bulkRecords"],
        refusal=_refusal(client),
        stacked=_stacked(tastemaker, group),
        deleted=_deleted(client, group, role),
    )


def _recorded(client: Client, group: str, campaign: str) -> tuple[list[str], list[str]]:
    """Return a newcomer's list before two events and after them."""
    tracker = client.personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    before = client.books(campaign, "newcomer")
    events = [{"eventType": "read", "sentAt": 1_750_000_000, "itemId": f"book-1-{number}"} for number in (3, 4)]
    client.events.put_events(trackingId=tracker, userId="newcomer", sessionId="s", eventList=events)
    return before, client.books(campaign, "newcomer")


def _unread(client: Client, group: str, campaign: str) -> list[str]:
    text = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("read")'
    arn = client.personalize.create_filter(name="unread", datasetGroupArn=group, filterExpression=text)["filterArn"]
    client.settled("filter", arn)
    reply = client.runtime.get_recommendations(campaignArn=campaign, userId="newcomer", filterArn=arn, numResults=10)
    return [item["itemId"] for item in reply["itemList"]]


def _batch(client: Client, version: str, role: str) -> list[list[str]]:
    lines = "\n".join(json.dumps({"userId": reader}) for reader in READERS)
    client.s3.put_object(Bucket="readings", Key="in/readers.json", Body=lines.encode())
    job = client.personalize.create_batch_inference_job(
        jobName="all",
        solutionVersionArn=version,
        numResults=10,
        jobInput={"s3DataSource": {"path": "s3://readings/in/"}},
        jobOutput={"s3DataDestination": {"path": "s3://readings/out/"}},
        roleArn=role,
    )["batchInferenceJobArn"]
    ended = client.settled("batchInferenceJob", job)
    assert ended["status"] == "ACTIVE", ended
    body = client.s3.get_object(Bucket="readings", Key="out/readers.json.out")["Body"].read()
    return [json.loads(line)["output"]["recommendedItems"] for line in body.splitlines()]


def _exported(client: Client, dataset: str, role: str) -> set[str]:
    job = client.personalize.create_dataset_export_job(
        jobName="all",
        datasetArn=dataset,
        ingestionMode="ALL",
        roleArn=role,
        jobOutput={"s3DataDestination": {"path": "s3://readings/exported/"}},
    )["datasetExportJobArn"]
    ended = client.settled("datasetExportJob", job)
    assert ended["status"] == "ACTIVE", ended
    rows = client.s3.get_object(Bucket="readings", Key="exported/all.csv")["Body"].read().decode().splitlines()
    return set(rows[1:])


def _refusal(client: Client) -> str:
    try:
        client.personalize.create_schema(name="broken", schema="{")
    except client.personalize.exceptions.InvalidInputException as refusal:
        return refusal.response["Error"]["Message"]
    return ""


def _stacked(tastemaker: Tastemaker, group: str) -> str:
    """Return how a stack ends that makes a filter."""
    words = 'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("read")'
    provider = "arn:aws:lambda:us-east-1:123456789012:function:tastemaker-provider"
    properties = {"ServiceToken": provider, "DatasetGroupArn": group, "FilterExpression": words}
    template = {"Resources": {"Read": {"Type": "Custom::TastemakerFilter", "Properties": properties}}}
    formation = tastemaker.client("cloudformation")
    formation.create_stack(StackName="stack", TemplateBody=json.dumps(template))
    quickly = {"Delay": 1, "MaxAttempts": 60}
    formation.get_waiter("stack_create_complete").wait(StackName="stack", WaiterConfig=quickly)
    return str(formation.describe_stacks(StackName="stack")["Stacks"][0]["StackStatus"])


def _deleted(client: Client, group: str, role: str) -> dict[str, Any]:
    client.s3.put_object(Bucket="readings", Key="gone.csv", Body=f"USER_ID\n{GONE}\n".encode())
    job = client.personalize.create_data_deletion_job(
        jobName="leave", datasetGroupArn=group, dataSource={"dataLocation": "s3://readings/gone.csv"}, roleArn=role
    )["dataDeletionJobArn"]
    return client.settled("dataDeletionJob", job)


def _knowing(tastemaker: Tastemaker) -> Any:
    """Return a client that knows the operations of our own."""
    from tastemaker_local.commands import clients  # noqa: PLC0415 - it needs an environment without surprises

    return clients.knowing("personalize", tastemaker.endpoint_url)
