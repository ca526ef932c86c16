"""`tastemaker imports`: how a dataset group's import jobs ended, what they left out, and what they warn of.

boto3 and the CLI show a status and a reason; the counts are in a header of DescribeDatasetImportJob, which this reads.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.client import BaseClient
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tastemaker_local.commands import arguments, clients, terminals

Import = Mapping[str, Any]

_HEADER = "x-tastemaker-imported"
_MEMBERS = ("jobName", "datasetImportJobArn", "status", "importMode", "failureReason")
_COUNTED = ("unreadable ", "truncated ", "repeated ")  # what is lost, by the column that comes after
_STYLES = {"ACTIVE": "green", "CREATE FAILED": "red"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add whose imports, and how many of them."""
    parser.add_argument("group", metavar="DATASET_GROUP", help="its name or its ARN")
    parser.add_argument("--most", type=int, default=10, metavar="N", help="jobs of each dataset, the newest (10)")
    arguments.add_service(parser, as_json="print the jobs as JSON")


@clients.explained
def run(options: argparse.Namespace) -> int:
    """Print the import jobs of a dataset group; return 1 if there is no such group."""
    client = clients.knowing("personalize", options.endpoint, about=options.group)
    group = clients.arn_of(client, options.group, "dataset group")
    jobs = {type_: newest(client, arn, options.most) for type_, arn in _datasets(client, group)}
    if options.json:
        terminals.print_json(jobs)
    else:
        _show(terminals.console(), group, jobs)
    return 0


def newest(client: BaseClient, dataset_arn: str, most: int) -> list[Import]:
    """Return a dataset's newest import jobs, the last one first, each with its `report` if there is one."""
    pages = client.get_paginator("list_dataset_import_jobs").paginate(datasetArn=dataset_arn)
    jobs = [job for page in pages for job in page["datasetImportJobs"]]
    jobs.sort(key=lambda job: job["creationDateTime"], reverse=True)
    return [_described(client, job["datasetImportJobArn"]) for job in jobs[:most]]


def lines_of(job: Import) -> Iterator[Text]:
    """Return what a person should know of a job."""
    report, status = job.get("report", {}), str(job["status"])
    rows = f", {report['rows']:,} rows in the dataset" if "rows" in report else ""
    mode = str(job.get("importMode", "FULL"))
    yield Text(f"{job['jobName']}: ").append(status, _STYLES.get(status, "yellow")).append(f" ({mode}{rows})")
    if "failureReason" in job:
        yield Text(f"  {job['failureReason']}")
    if counts := [f"{name} {report[name]:,}" for name in report if name.startswith(_COUNTED)]:
        yield Text(f"  {', '.join(counts)}")
    for warning in report.get("warnings", ()):
        yield Text(f"  {warning}", "yellow")
    for one in report.get("firstRejects", ()):
        yield Text(
            f"  {one['file']}, line {one['line']}, column {one['column']}: {one['value']!r} {one['rule']}", "dim"
        )
    if "rejects" in report:
        yield Text(f"  {report['rejects']} lists them", "dim")


def _datasets(client: BaseClient, group: str) -> Iterator[tuple[str, str]]:
    for page in client.get_paginator("list_datasets").paginate(datasetGroupArn=group):
        for dataset in page["datasets"]:
            yield str(dataset["datasetType"]).upper(), str(dataset["datasetArn"])


def _described(client: BaseClient, arn: str) -> Import:
    reply = client.describe_dataset_import_job(datasetImportJobArn=arn)
    job, header = reply["datasetImportJob"], reply["ResponseMetadata"]["HTTPHeaders"].get(_HEADER)
    own = {name: job[name] for name in _MEMBERS if name in job}
    created = {"creationDateTime": job["creationDateTime"].isoformat()}
    return own | created | ({"report": json.loads(header)} if header else {})


def _show(out: Console, group: str, imports: Mapping[str, list[Import]]) -> None:
    out.print(Text(group, "bold"))
    for type_, jobs in imports.items():
        out.print()
        out.rule(f"[bold]{type_.replace('_', ' ').lower()}", align="left", style="cyan")
        for line in (line for job in jobs for line in lines_of(job)):
            out.print(Padding(line, (0, 0, 0, 2)))
        if not jobs:
            out.print("  nothing was imported", style="dim")
