"""What a warm answer asks of the tables, through the deployed templates."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from tastemaker.store.clients import client as own_client
from tests.integration.client import readings

READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan"})


@contextmanager
def table_reads() -> Iterator[list[str]]:
    """Note every read that the functions' own client makes to answer a request; jobs in the background have theirs."""
    events, seen = own_client("dynamodb", "us-east-1").meta.events, list[str]()

    def note(model, **_details) -> None:
        if model.name in READS and "request" in threading.current_thread().name:
            seen.append(model.name)

    events.register("before-call.dynamodb", note)
    yield seen
    events.unregister("before-call.dynamodb", note)


def answered(client, **request) -> list[str]:
    return [item["itemId"] for item in client.runtime.get_recommendations(numResults=5, **request)["itemList"]]


def warm(client, **request) -> tuple[list[str], list[str], list[str]]:
    """Ask twice within the second for which records are remembered; return both answers and the reads of the other."""
    while True:
        began = time.monotonic()
        first = answered(client, **request)
        with table_reads() as reads:
            again = answered(client, **request)
        # On a machine with other work the second may be over before the question is asked again.
        if time.monotonic() - began < 1:
            return first, again, reads


def test_a_warm_answer_reads_the_users_events_and_nothing_else(client):
    group = client.group()
    typed = [f"{line},read" for line in readings().splitlines()[1:]]
    dataset = client.dataset(group, {"name": "EVENT_TYPE", "type": "string"})
    client.imported(dataset, "\n".join(["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", *typed]) + "\n")
    campaign = client.campaign(group)
    rule = client.personalize.create_filter(
        name="new", datasetGroupArn=group, filterExpression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("bought")'
    )["filterArn"]
    client.settled("filter", rule)
    request = {"campaignArn": campaign, "userId": "reader-1", "filterArn": rule}

    first, again, reads = warm(client, **request)

    assert (again, reads) == (first, ["Query"])


def test_popular_items_for_nobody_are_answered_without_a_table(client):
    group = client.group()
    client.imported(client.dataset(group), readings())
    campaign = client.campaign(group, recipe="aws-popularity-count")

    first, again, reads = warm(client, campaignArn=campaign)

    assert (again, reads) == (first, [])


def test_a_deleted_campaign_is_gone_with_the_reply(client):
    group = client.group()
    client.imported(client.dataset(group), readings())
    campaign = client.campaign(group, recipe="aws-popularity-count")
    answered(client, campaignArn=campaign)

    client.personalize.delete_campaign(campaignArn=campaign)

    with pytest.raises(ClientError) as gone:
        answered(client, campaignArn=campaign)
    assert gone.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
