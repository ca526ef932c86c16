"""GetRecommendations over HTTP at a steady rate, whether the service keeps up or not.

Requests fall due by a Poisson process; a latency counts from the moment a request was due, so that those that wait for
a slow answer before them are not forgotten (coordinated omission). Users have events since the training, and each
request has a filter on what they bought and three columns of metadata. The service is a process of its own, its shop is
made here: random interactions, Popularity-Count or another recipe.

Run: .venv/bin/python -m bench.answers.load [--rates 10 20 40] [--seconds 20] [--items 3500]
    [--recipe aws-popularity-count]
"""

import argparse
import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import boto3
import numpy as np

from bench.answers.over_http import KEYS, served
from bench.reports import RESULTS, machine

USERS, EVENTS, CONNECTIONS = 500, 50_000, 32
PATIENCE = 900
FILTER = 'INCLUDE ItemID WHERE Items.PRICE < 50 | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")'
COLUMNS = {"ITEMS": ["GENRE", "PRICE", "YEAR"]}
SCHEMAS = {
    "Interactions": [("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long"), ("EVENT_TYPE", "string")],
    "Items": [("ITEM_ID", "string"), ("GENRE", "string"), ("PRICE", "float"), ("YEAR", "int")],
}


def tables(items: int) -> dict[str, str]:
    """Return the files of a random shop."""
    rng = np.random.default_rng(items)
    picks = (items * rng.random(EVENTS) ** 3).astype(int)
    events = zip(rng.integers(0, USERS, EVENTS), picks, rng.random(EVENTS) < 0.1, strict=True)
    rows = [f"u{u},i{i},{n},{'purchase' if is_purchase else 'view'}" for n, (u, i, is_purchase) in enumerate(events)]
    cells = zip(rng.integers(0, 20, items), 100 * rng.random(items), rng.integers(1990, 2026, items), strict=True)
    descriptions = [f"i{n},g{g},{price:.2f},{year}" for n, (g, price, year) in enumerate(cells)]
    bodies = {"Interactions": rows, "Items": descriptions}
    return {t: "\n".join([",".join(name for name, _ in SCHEMAS[t]), *bodies[t]]) + "\n" for t in SCHEMAS}


def shop(url: str, items: int, recipe: str) -> dict[str, Any]:
    """Import, train and deploy; return the members of a request."""
    personalize, s3 = (boto3.client(name, endpoint_url=url, **KEYS) for name in ("personalize", "s3"))
    group = personalize.create_dataset_group(name="load")["datasetGroupArn"]
    settled(personalize.describe_dataset_group, "datasetGroup", group)
    s3.create_bucket(Bucket="load")
    for type_, text in tables(items).items():
        fields = [{"name": name, "type": kind} for name, kind in SCHEMAS[type_]]
        record = {"type": "record", "name": type_, "namespace": "load", "version": "1.0", "fields": fields}
        schema = personalize.create_schema(name=type_, schema=json.dumps(record))["schemaArn"]
        members = {"name": type_, "datasetGroupArn": group, "schemaArn": schema, "datasetType": type_}
        dataset = personalize.create_dataset(**members)["datasetArn"]
        settled(personalize.describe_dataset, "dataset", dataset)
        s3.put_object(Bucket="load", Key=type_, Body=text.encode())
        source = {"dataLocation": f"s3://load/{type_}"}
        job = personalize.create_dataset_import_job(jobName=type_, datasetArn=dataset, dataSource=source)
        settled(personalize.describe_dataset_import_job, "datasetImportJob", job["datasetImportJobArn"])
    arn = f"arn:aws:personalize:::recipe/{recipe}"
    solution = personalize.create_solution(name="load", datasetGroupArn=group, recipeArn=arn)["solutionArn"]
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    settled(personalize.describe_solution_version, "solutionVersion", version)
    config = {"enableMetadataWithRecommendations": True}
    deployment = {"name": "load", "solutionVersionArn": version, "campaignConfig": config}
    campaign = personalize.create_campaign(**deployment)["campaignArn"]
    rule = personalize.create_filter(name="load", datasetGroupArn=group, filterExpression=FILTER)["filterArn"]
    settled(personalize.describe_campaign, "campaign", campaign)
    settled(personalize.describe_filter, "filter", rule)
    happen(url, group)
    return {"campaignArn": campaign, "filterArn": rule, "metadataColumns": COLUMNS, "numResults": 25}


def settled(describe: Callable[..., dict[str, Any]], member: str, arn: str) -> None:
    """Wait until a resource is ACTIVE."""
    deadline = time.monotonic() + PATIENCE
    while (resource := describe(**{f"{member}Arn": arn})[member])["status"] != "ACTIVE":
        if time.monotonic() > deadline or "FAILED" in resource["status"]:
            raise RuntimeError(resource)
        time.sleep(0.5)


def happen(url: str, group: str) -> None:
    """Let some users do something since the training."""
    tracker = boto3.client("personalize", endpoint_url=url, **KEYS).create_event_tracker(
        name="load", datasetGroupArn=group
    )
    events = boto3.client("personalize-events", endpoint_url=url, **KEYS)
    for user in range(0, USERS, 5):
        batch = [{"eventType": "purchase", "sentAt": 1_750_000_000 + n, "itemId": f"i{user + n}"} for n in range(10)]
        events.put_events(trackingId=tracker["trackingId"], userId=f"u{user}", sessionId="s", eventList=batch)


def latencies(url: str, members: dict[str, Any], rate: float, seconds: float) -> tuple[np.ndarray, int]:
    """Ask at a rate; return milliseconds from when each request was due, and how many were not answered with 200."""
    rng = np.random.default_rng(0)
    due = np.cumsum(rng.exponential(1 / rate, int(rate * seconds)))
    ends, refusals, turns = np.zeros(len(due)), itertools.count(), itertools.count()
    start = time.perf_counter() + 0.5

    def work() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        while (turn := next(turns)) < len(due):
            time.sleep(max(0.0, start + due[turn] - time.perf_counter()))
            body = json.dumps({**members, "userId": f"u{turn * 7 % USERS}"})
            connection.request("POST", "/recommendations", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            reply.read()
            ends[turn] = time.perf_counter()
            if reply.status != 200:
                next(refusals)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return (ends - start - due) * 1e3, next(refusals)


def main() -> None:
    """Measure each rate and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", default=[10, 20, 40])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--items", type=int, default=3_500)
    parser.add_argument("--recipe", default="aws-popularity-count")
    options = parser.parse_args()
    rates = " ".join(f"{rate:g}" for rate in options.rates)
    command = f"--rates {rates} --seconds {options.seconds:g} --items {options.items} --recipe {options.recipe}"
    lines = [f"$ python -m bench.answers.load {command}", machine()]
    with TemporaryDirectory() as folder, served(folder) as url:
        members = shop(url, options.items, options.recipe)
        latencies(url, members, 5, 4)
        for rate in options.rates:
            waits, refusals = latencies(url, members, rate, options.seconds)
            p50, p99, last = *np.percentile(waits, [50, 99]), waits.max()
            figures = f"p50 {p50:.1f}, p99 {p99:.1f}, longest {last:.0f} ms from when it was due"
            lines.append(f"{rate:g} a second, {len(waits)} requests: {figures}; {refusals} not answered with 200")
            print(lines[-1], flush=True)
    (RESULTS / "load.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
