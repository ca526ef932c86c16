"""PutEvents over HTTP while the service is killed and restarted: every acknowledged event is there, each once.

    python -m tests.e2e.kills [--seconds 60] [--kills 2] [--clients 8] [--seed 1]

Each client sends calls of one to ten events, all with ids of their own, and sends a call that was not answered again
until it is. At the end the events are read in two ways: as an export job writes them, and item by item in the table.
"""

import argparse
import csv
import io
import random
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bench.reports import machine
from tastemaker.store.schema import EVENTS
from tests.processes import SCHEMA, Process, until

_KEYS = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
# Every attempt is ours to count.
_ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=900)
_SESSION = boto3.session.Session()
_USERS = 40
_PAUSE = 0.02  # seconds before a call that found nobody is sent again
_BUCKET = "kills"
Row = tuple[str, str, str]


@dataclass
class Answered:
    """How the calls of one client were answered."""

    calls: int = 0
    unanswered: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def count(self, other: "Answered") -> None:
        """Take up how those of another client were."""
        self.calls += other.calls
        self.unanswered += other.unanswered
        self.refused += other.refused


@dataclass
class Books(Answered):
    """What one client sent."""

    acknowledged: list[Row] = field(default_factory=list)

    def add(self, other: "Books") -> None:
        """Take up what another client sent."""
        self.count(other)
        self.acknowledged += other.acknowledged


@dataclass(frozen=True)
class Result:
    """What was sent, and what is there."""

    sent: Books
    exported: Counter[Row]
    stored: Counter[str]
    seconds: float
    down: list[float]

    @property
    def problems(self) -> dict[str, int]:
        """Count what must not be, by its name."""
        rows, ids = Counter(self.sent.acknowledged), Counter(item for _, item, _ in self.sent.acknowledged)
        return {
            "acknowledged and not exported": sum((rows - self.exported).values()),
            "exported more often than acknowledged": sum((self.exported - rows).values()),
            "acknowledged and not in the table": sum((ids - self.stored).values()),
            "in the table more often than acknowledged": sum((self.stored - ids).values()),
            "refused": self.sent.refused.total(),
        }


class Running:
    """A service on a data folder that keeps its port through kills."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = Process("--port", 0, "--data", folder).ready()
        self.url: str = self._process.url

    def client(self, service: str) -> Any:
        """Return a client that tries each call once."""
        return _SESSION.client(service, endpoint_url=self.url, config=_ONCE, **_KEYS)

    def kill_and_restart(self) -> float:
        """Kill the service without a warning, start it on its folder, and return for how long it was away."""
        started = perf_counter()
        self._process.kill()
        self._process = Process("--port", self.url.rpartition(":")[2], "--data", self._folder).ready()
        return perf_counter() - started

    def kill(self) -> None:
        """End it."""
        if self._process.alive:
            self._process.kill()


def run(folder: Path, *, seconds: float, kills: int, clients: int, seed: int) -> Result:
    """Send events for so many seconds with so many kills in them, and read them back."""
    service = Running(folder)
    try:
        dataset, tracking = _shop(service)
        stop, started = Event(), perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            senders = [
                pool.submit(_send, service.client("personalize-events"), tracking, number, seed, stop)
                for number in range(clients)
            ]
            down = []
            for moment in _moments(seconds, kills, seed):
                stop.wait(max(0.0, moment - (perf_counter() - started)))
                down.append(service.kill_and_restart())
            stop.wait(max(0.0, seconds - (perf_counter() - started)))
            stop.set()
        sent = Books()
        for sender in senders:
            sent.add(sender.result())
        took = perf_counter() - started
        return Result(sent, _exported(service, dataset), _stored(service), took, down)
    finally:
        service.kill()


def report(result: Result) -> str:
    """Return the figures."""
    sent = result.sent
    lines = [
        f"{len(sent.acknowledged)} events acknowledged in {sent.calls} calls, {result.seconds:.0f} s",
        f"{sent.unanswered} attempts without an answer, sent again until there was one",
        f"{len(result.down)} kills; until it answered again: {', '.join(f'{away:.1f} s' for away in result.down)}",
        f"{result.exported.total()} rows exported, {result.stored.total()} items in the table",
        *(f"{name}: {count}" for name, count in result.problems.items()),
        *(f"  {count} x {said}" for said, count in sent.refused.items()),
    ]
    return "\n".join(lines) + "\n"


def _moments(seconds: float, kills: int, seed: int) -> list[float]:
    """Return when to kill: at any moment of the middle of equal parts."""
    chance, part = random.Random(seed), seconds / (kills + 1)  # noqa: S311 - not a secret
    return [part * (number + chance.uniform(0.7, 1.0)) for number in range(kills)]


def _send(client: Any, tracking: str, number: int, seed: int, stop: Event) -> Books:
    chance, books, made = random.Random(f"{seed}-{number}"), Books(), 0  # noqa: S311 - not a secret
    while not stop.is_set():
        user, count = f"u{chance.randrange(_USERS)}", chance.choice((1, 1, 3, 10))
        rows = [(user, f"c{number}-e{made + place}", str(1_700_000_000 + made + place)) for place in range(count)]
        made += count
        _put(client, tracking, f"s{number}", rows, books)
    return books


def _put(client: Any, tracking: str, session: str, rows: list[Row], books: Books) -> None:
    events = [{"eventId": item, "eventType": "view", "itemId": item, "sentAt": int(moment)} for _, item, moment in rows]
    if put_until_answered(client, books, trackingId=tracking, userId=rows[0][0], sessionId=session, eventList=events):
        books.acknowledged += rows


def put_until_answered(client: Any, books: Answered, **call: Any) -> bool:
    """Send one call until it is answered, and return whether the events were taken."""
    while True:
        try:
            client.put_events(**call)
        except BotoCoreError:
            books.unanswered += 1
            Event().wait(_PAUSE)
        except ClientError as error:
            books.refused[str(error)] += 1
            return False
        else:
            books.calls += 1
            return True


def _shop(service: Running) -> tuple[str, str]:
    """Make a dataset group that takes events; return its dataset's ARN and the tracking id."""
    personalize = service.client("personalize")
    group = personalize.create_dataset_group(name="kills")["datasetGroupArn"]
    _active(personalize.describe_dataset_group, "datasetGroup", group)
    schema = personalize.create_schema(name="kills", schema=SCHEMA)["schemaArn"]
    place = {"name": "kills", "schemaArn": schema, "datasetGroupArn": group, "datasetType": "Interactions"}
    dataset = personalize.create_dataset(**place)["datasetArn"]
    _active(personalize.describe_dataset, "dataset", dataset)
    tracker = personalize.create_event_tracker(name="kills", datasetGroupArn=group)
    _active(personalize.describe_event_tracker, "eventTracker", tracker["eventTrackerArn"])
    service.client("s3").create_bucket(Bucket=_BUCKET)
    return dataset, tracker["trackingId"]


def _exported(service: Running, dataset: str) -> Counter[Row]:
    """Return the rows that an export job of what was put writes."""
    personalize = service.client("personalize")
    role = service.client("iam").create_role(RoleName=_BUCKET, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    output = {"s3DataDestination": {"path": f"s3://{_BUCKET}/out/"}}
    job = personalize.create_dataset_export_job(
        jobName="all", datasetArn=dataset, ingestionMode="PUT", roleArn=role, jobOutput=output
    )["datasetExportJobArn"]
    _active(personalize.describe_dataset_export_job, "datasetExportJob", job)
    body = service.client("s3").get_object(Bucket=_BUCKET, Key="out/all.csv")["Body"].read().decode()
    header, *rows = csv.reader(io.StringIO(body))
    if header != ["USER_ID", "ITEM_ID", "TIMESTAMP"]:
        raise ValueError(header)
    return Counter((user, item, moment) for user, item, moment in rows)


def _stored(service: Running) -> Counter[str]:
    """Return the ids of the events in the table, one for each item."""
    pages = service.client("dynamodb").get_paginator("scan").paginate(TableName=EVENTS.name)
    return Counter(item["moment"]["S"].rpartition("#")[2] for page in pages for item in page["Items"])


def _active(describe: Callable[..., dict[str, Any]], member: str, arn: str) -> None:
    until(lambda: describe(**{f"{member}Arn": arn})[member]["status"] == "ACTIVE")


def main() -> int:
    """Run, and print the figures."""
    options = argparse.ArgumentParser(prog="python -m tests.e2e.kills", description=__doc__)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--kills", type=int, default=2)
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--seed", type=int, default=1)
    given = vars(options.parse_args())
    with TemporaryDirectory() as folder:
        result = run(Path(folder), **given)
    command = " ".join(["python -m tests.e2e.kills", *(f"--{name} {value}" for name, value in given.items())])
    sys.stdout.write(f"$ {command}\n{machine()}\n\n{report(result)}")
    return 1 if any(result.problems.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
