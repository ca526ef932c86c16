"""Latency of PutEvents and PutItems through the handler, and the speed at which training reads events back.

    .venv/bin/python -m bench.data.events [--calls 300] [--events 20000]

The tables are moto's, in this process: read the figures as ratios. The least processor time of a call is what a busy
machine disturbs least. The peer is one conditional PutItem of the same
table, which no way to keep an event does without.
"""

import argparse
import json
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from time import perf_counter, process_time

import boto3
import numpy as np

from bench import reports
from tastemaker.store.dynamo_events import DynamoEvents
from tastemaker.store.schema import EVENTS
from tastemaker_local.service import LocalService

RESULTS = reports.RESULTS / "events.json"
KEYS = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}
NOW = 1_750_000_000


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--events", type=int, default=20_000)
    options = parser.parse_args()
    with LocalService() as service:
        rows = measured(service, options.calls)
        read = reading(service, options.events)
    for name, row in rows.items():
        print(f"{name:30}", "   ".join(f"{which} {figure:7.3f} ms" for which, figure in row.items()))
    print(f"{'events read for training':30} {read:,.0f} a second")
    about = {"command": "bench/data/events.py", "machine": platform.processor() or platform.machine()}
    table = about | {"date": datetime.now(UTC).date().isoformat(), "rows": rows, "read_per_second": round(read)}
    RESULTS.write_text(json.dumps(table, indent=1) + "\n")


def measured(service: LocalService, calls: int) -> dict[str, dict[str, float]]:
    """Put events one and ten at a time, and items, as API Gateway would hand them on."""
    tracking, items = shop(service.url)
    call, number = caller(service), count()

    def event() -> dict[str, object]:
        at = next(number)
        return {"eventType": "view", "sentAt": NOW + at, "itemId": f"i{at}", "properties": '{"device": "tv"}'}

    def put_events(size: int) -> Callable[[int], None]:
        owner = {"trackingId": tracking, "sessionId": "s"}
        return lambda n: call("/events", {**owner, "userId": f"u{n % 50}", "eventList": [event() for _ in range(size)]})

    def put_items(n: int) -> None:
        call("/items", {"datasetArn": items, "items": [{"itemId": f"i{n}", "properties": '{"genre": "a"}'}]})

    return {
        "PutEvents, one event": measure(put_events(1), calls),
        "PutEvents, ten events": measure(put_events(10), calls),
        "PutItems, one item": measure(put_items, calls),
        "bare conditional PutItem": measure(bare(service.url), calls),
    }


def reading(service: LocalService, events: int) -> float:
    """Return how many events a second training reads, of a group that has this many."""
    store = DynamoEvents(boto3.client("dynamodb", endpoint_url=service.url, **KEYS), EVENTS.name)
    store.put("arn:bench", [recorded(n) for n in range(events)])
    start = perf_counter()
    count = sum(1 for _ in store.recorded("arn:bench", before=NOW + 1.0))
    if count != events:
        raise RuntimeError(f"{count} of {events} events found")
    return events / (perf_counter() - start)


def recorded(number: int) -> dict[str, object]:
    """Return an event as it is stored."""
    owner = {"user_id": f"u{number % 1000}", "session_id": "s", "anonymous": False, "recorded": NOW + number / 1e6}
    event = {"item_id": f"i{number % 500}", "event_type": "view", "event_value": None, "event_id": f"e{number}"}
    return {**owner, **event, "timestamp": NOW + number, "properties": {"DEVICE": "tv"}}


def shop(url: str) -> tuple[str, str]:
    """Make a dataset group; return the tracking id of its events and the ARN of its Items dataset."""
    personalize = boto3.client("personalize", endpoint_url=url, **KEYS)
    group = settled(
        personalize.describe_dataset_group,
        datasetGroupArn=personalize.create_dataset_group(name="bench")["datasetGroupArn"],
    )
    arns = {}
    for type_, fields in FIELDS.items():
        schema = json.dumps({"type": "record", "name": type_, "namespace": "n", "fields": fields, "version": "1.0"})
        members = {
            "schemaArn": personalize.create_schema(name=type_, schema=schema)["schemaArn"],
            "datasetGroupArn": group,
        }
        arn = personalize.create_dataset(name=type_, datasetType=type_, **members)["datasetArn"]
        arns[type_] = settled(personalize.describe_dataset, datasetArn=arn)
    tracker = personalize.create_event_tracker(name="bench", datasetGroupArn=group)
    settled(personalize.describe_event_tracker, eventTrackerArn=tracker["eventTrackerArn"])
    return tracker["trackingId"], arns["Items"]


def settled(describe: Callable[..., dict], **arn: str) -> str:
    """Wait until a resource is ACTIVE; return its ARN."""
    while True:
        (resource,) = (value for name, value in describe(**arn).items() if name != "ResponseMetadata")
        if resource["status"] == "ACTIVE":
            return next(iter(arn.values()))
        if resource["status"].endswith("FAILED"):
            raise RuntimeError(f"{resource}")


def caller(service: LocalService) -> Callable[[str, dict], None]:
    """Return what calls the events function as API Gateway does, without a network."""
    routes = service.cloud.routes("us-east-1")

    def call(path: str, body: dict) -> None:
        event = {"httpMethod": "POST", "path": path, "headers": {}, "body": json.dumps(body)}
        function = routes.find("POST", path).function
        reply = service.cloud.call(function, {**event, "requestContext": {"requestId": "bench"}})
        if reply["statusCode"] != 200:
            raise RuntimeError(reply)

    return call


def bare(url: str) -> Callable[[int], object]:
    """Return the least that keeping an event costs."""
    client = boto3.client("dynamodb", endpoint_url=url, **KEYS)

    def put(number: int) -> None:
        keys = {"history": "h", "moment": f"{number:09d}", "group": "g#0", "recorded": f"{number:09d}"}
        item = {name: {"S": value} for name, value in {**keys, "body": "x" * 400}.items()}
        client.put_item(TableName=EVENTS.name, Item=item, ConditionExpression="attribute_not_exists(moment)")

    return put


def measure(call: Callable[[int], object], calls: int) -> dict[str, float]:
    """Time calls one by one after a warm-up."""
    for number in range(20):
        call(calls + number)
    times, busy = [], []
    for number in range(calls):
        start, cpu = perf_counter(), process_time()
        call(number)
        times.append((perf_counter() - start) * 1000)
        busy.append((process_time() - cpu) * 1000)
    figures = {"p50": float(np.quantile(times, 0.5)), "p99": float(np.quantile(times, 0.99)), "least cpu": min(busy)}
    return {name: round(figure, 3) for name, figure in figures.items()}


FIELDS = {
    "Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
    ],
    "Items": [{"name": "ITEM_ID", "type": "string"}, {"name": "GENRE", "type": ["null", "string"]}],
}


if __name__ == "__main__":
    main()
