"""Latency of Describe and List over HTTP, beside the same reads of moto's DynamoDB at the same local service.

Run: .venv/bin/python -m bench.data.control [--calls 400]

A DescribeSchema reads one stored item, a ListSchemas of a hundred schemas a hundred. The peers read the same items
from the same table, through the same port, with a client of the same kind: what the service adds is the ratio. The
four are asked in turn, so that whatever else the machine does hits all of them alike.
"""

import argparse
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from boto3 import client
from botocore.client import BaseClient

from bench import reports
from tastemaker.store.schema import RESOURCES as RESOURCES_TABLE
from tastemaker_local.demo import endpoint

RESULTS = reports.RESULTS / "control.txt"
TABLE = RESOURCES_TABLE.name
SCHEMAS = 100
KEYS = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}
SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
    "version": "1.0",
}
PEERS = {"DescribeSchema": "DynamoDB GetItem", "ListSchemas, 100": "DynamoDB Query, 100"}


def main() -> None:
    """Make the schemas, ask, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=400)
    calls = parser.parse_args().calls
    with TemporaryDirectory() as folder, endpoint.started(Path(folder) / "data", Path(folder) / "log") as service:
        url = service.wait_until_ready()
        personalize, dynamodb = (client(name, endpoint_url=url, **KEYS) for name in ("personalize", "dynamodb"))
        arns = [personalize.create_schema(name=f"s{n}", schema=json.dumps(SCHEMA))["schemaArn"] for n in range(SCHEMAS)]
        times = measure(questions(personalize, dynamodb, arns), calls)
    lines = [f"$ python -m bench.data.control --calls {calls}", about(), "", *table(times)]
    print("\n".join(lines))
    RESULTS.write_text("\n".join(lines) + "\n")


def questions(personalize: BaseClient, dynamodb: BaseClient, arns: list[str]) -> dict[str, Callable[[int], object]]:
    """Return what is asked, by name; each takes the number of the call."""
    of_kind = {
        "TableName": TABLE,
        "IndexName": "by-kind",
        "KeyConditionExpression": "kind = :k",
        "ExpressionAttributeValues": {":k": {"S": "schema"}},
        "Limit": SCHEMAS,
    }
    return {
        "DescribeSchema": lambda n: personalize.describe_schema(schemaArn=arns[n % SCHEMAS]),
        "DynamoDB GetItem": lambda n: dynamodb.get_item(
            TableName=TABLE, Key={"arn": {"S": arns[n % SCHEMAS]}}, ConsistentRead=True
        ),
        "ListSchemas, 100": lambda _: personalize.list_schemas(maxResults=SCHEMAS),
        "DynamoDB Query, 100": lambda _: dynamodb.query(**of_kind),
    }


def measure(questions: Mapping[str, Callable[[int], object]], calls: int) -> dict[str, list[float]]:
    """Return the milliseconds of each question's calls, after some to warm up."""
    times: dict[str, list[float]] = {name: [] for name in questions}
    for number in range(-20, calls):
        for name, ask in questions.items():
            start = perf_counter()
            ask(number)
            if number >= 0:
                times[name].append((perf_counter() - start) * 1000)
    return times


def table(times: Mapping[str, list[float]]) -> list[str]:
    """Return the figures, one line a question."""
    lines = [f"{'':22}{'p50':>9}{'p99':>11}   against its peer"]
    for name, row in times.items():
        in_order = sorted(row)
        figures = f"{median(in_order):6.1f} ms{in_order[len(in_order) * 99 // 100]:8.1f} ms"
        ratio = f"{median(in_order) / median(times[PEERS[name]]):12.2f}" if name in PEERS else ""
        lines.append(f"{name:22}{figures}{ratio}")
    return lines


def about() -> str:
    """Return where and when."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {datetime.now(UTC).date()}"


if __name__ == "__main__":
    main()
