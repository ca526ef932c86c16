"""Import, train and serve made-up events through the API, with the memory of a deployment's functions and containers.

    .venv/bin/python -m bench.data.ladder [--events 1000000 10000000] [--items 20000] [--memory 3008] [--parity]

--parity: train in a function, in a container and, where there are pyspark and a JDK, by Spark, and compare the models.

A local service limits the task function to --memory MB and 15 minutes; what takes more goes into a container, a process
with the container's memory as its limit. Peaks are those of the processes that do the steps, disk what they and their
spills hold at most.
"""

import argparse
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import boto3
import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from bench import reports
from bench.data.control import SCHEMA as PLAIN
from bench.data.ladder_events import ITEMS, files, kept_back
from tastemaker.domain.training.rungs import SPARK
from tastemaker.recipes.measuring.metrics import ndcg
from tastemaker_local.service import LocalService

RESULTS = reports.RESULTS / "ladder.txt"
BUCKET, MODELS = (f"tastemaker-{name}-123456789012-us-east-1" for name in ("data", "models"))
ASKED = 25
SCHEMA = PLAIN | {"fields": [*PLAIN["fields"], {"name": "EVENT_TYPE", "type": "string"}]}


class Peaks:
    """The most memory of the containers' processes, and the most disk of the work folders, while it is asked."""

    def __init__(self) -> None:
        self.memory = self.disk = 0
        self._ended = threading.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look twenty times a second."""
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self.memory = max(self.memory, *(_peak(each) for each in Path("/proc").glob("[0-9]*")), 0)
            self.disk = max(self.disk, sum(map(_size, Path(gettempdir()).glob("tastemaker-work-*"))))


def _peak(process: Path) -> int:
    try:
        if b"handlers.job" not in (process / "cmdline").read_bytes():
            return 0
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def _size(folder: Path) -> int:
    total = 0
    for home, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(home) / name).stat().st_size
            except OSError:
                continue
    return total >> 20


def _has_spark() -> bool:
    return bool(find_spec("pyspark") and shutil.which("java"))


def _gains(lists: Sequence[Sequence[str]], later: Mapping[str, set[str]]) -> NDArray[np.float64]:
    """Return NDCG by user, as the service measures it."""
    pairs = zip(lists, later.values(), strict=True)
    hits = ((np.array([item in taken for item in items]), len(taken)) for items, taken in pairs)
    return np.array([ndcg(mask, count, ASKED) for mask, count in hits])


class Walk:
    """A client of a service, one step after another."""

    def __init__(self, url: str) -> None:
        keys: Any = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        self.personalize, self.runtime, self.s3 = (
            boto3.client(name, endpoint_url=url, **keys) for name in ("personalize", "personalize-runtime", "s3")
        )
        self.lines: list[str] = []

    def settled(self, operation: str, member: str, arn: str) -> dict[str, Any]:
        """Wait for the end of what is made."""
        while True:
            reply = getattr(self.personalize, operation)(**{f"{member}Arn": arn})
            if reply[member]["status"] in {"ACTIVE", "CREATE FAILED"}:
                return reply
            time.sleep(0.2)

    def step(self, name: str, operation: str, member: str, arn: str) -> dict[str, Any]:
        """Wait for a step, and note what it took."""
        began, peaks = time.monotonic(), Peaks()
        with peaks.watched():
            reply = self.settled(operation, member, arn)
        seconds, status = time.monotonic() - began, reply[member]["status"]
        where = f"container, peak {peaks.memory:,} MB" if peaks.memory else "function"
        why = reply[member].get("failureReason", "")
        self.note(f"{name:<8}{seconds:>8.1f} s  {status}  {where}, disk {peaks.disk:,} MB {why}")
        return reply

    def note(self, line: str) -> None:
        """Keep a line, and print it."""
        self.lines.append(line)
        print(line, flush=True)

    def dataset(self) -> tuple[str, str]:
        """Make a dataset group with an empty dataset."""
        group = self.personalize.create_dataset_group(name="scale")["datasetGroupArn"]
        self.settled("describe_dataset_group", "datasetGroup", group)
        schema = self.personalize.create_schema(name="scale", schema=json.dumps(SCHEMA))["schemaArn"]
        given = {"name": "scale", "datasetGroupArn": group, "datasetType": "Interactions", "schemaArn": schema}
        dataset = self.personalize.create_dataset(**given)["datasetArn"]
        self.settled("describe_dataset", "dataset", dataset)
        return group, dataset

    def import_(self, dataset: str, events: int, items: int, *, early: bool) -> None:
        """Store files and import them."""
        size = 0
        with TemporaryDirectory() as folder:
            for path in files(Path(folder), events, items, early=early):
                size += path.stat().st_size
                self.s3.upload_file(str(path), BUCKET, f"uploads/scale/{path.name}")
        self.note(f"{events:,} events, {size / 1e6:,.0f} MB of CSV")
        source = {"dataLocation": f"s3://{BUCKET}/uploads/scale/"}
        job = self.personalize.create_dataset_import_job(jobName="scale", datasetArn=dataset, dataSource=source)
        arn = job["datasetImportJobArn"]
        self.step("import", "describe_dataset_import_job", "datasetImportJob", arn)

    def train(self, group: str, recipe: str, rung: str = "") -> str:
        """Train a version, where it is to be or where it fits."""
        tags = [{"tagKey": "tastemaker:rung", "tagValue": rung}] if rung else []
        given = {"name": rung or "scale", "datasetGroupArn": group, "performAutoTraining": False, "tags": tags}
        arn = self.personalize.create_solution(**given, recipeArn=f"arn:aws:personalize:::recipe/{recipe}")
        version: str = self.personalize.create_solution_version(solutionArn=arn["solutionArn"])["solutionVersionArn"]
        reply = self.step("train", "describe_solution_version", "solutionVersion", version)
        quote = json.loads(reply["ResponseMetadata"]["HTTPHeaders"].get("x-tastemaker-quote", "{}"))
        self.note(f"        {json.dumps({name: quote.get(name) for name in ('seconds', 'peakMemory', 'measured')})}")
        return version

    def compare(self, first: str, second: str) -> None:
        """Say how many files of two models, without their manifests, have the same bytes."""
        one, other = map(self._digests, (first, second))
        same = sum(one[name] == other.get(name) for name in one)
        self.note(f"{same} of {len(one)} files of the models of {first} and {second} are the same")

    def _digests(self, solution: str) -> dict[str, str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=MODELS, Prefix=f"{solution}/")
        stored = [each for page in pages for each in page["Contents"] if each["Key"].endswith(".npy")]
        bodies = {each["Key"]: self.s3.get_object(Bucket=MODELS, Key=each["Key"])["Body"] for each in stored}
        return {key.rpartition("/")[2]: sha256(body.read()).hexdigest() for key, body in bodies.items()}

    def agree(self, versions: Mapping[str, str], later: Mapping[str, set[str]]) -> None:
        """Say how much of their lists two models share, and what of them users did later."""
        for rung, version in versions.items():
            metrics = self.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
            self.note(f"        {rung}: {json.dumps(metrics)}")
        one, other = (self._lists(rung, version, later) for rung, version in versions.items())
        shares = [len({*a} & {*b}) / ASKED for a, b in zip(one, other, strict=True)]
        same, names = sum(a == b for a, b in zip(one, other, strict=True)), " and ".join(versions)
        share = sum(shares) / len(shares)
        self.note(f"{len(shares):,} lists of {ASKED}: {share:.4f} of {names} are the same, {same:,} to the last place")
        first, second = (_gains(lists, later) for lists in (one, other))
        low, high = bootstrap((second - first,), np.mean, random_state=0).confidence_interval
        self.note(
            f"        NDCG at {ASKED} of what they did later: {first.mean():.4f} and {second.mean():.4f}, "
            f"{(second - first).mean():+.4f} [{low:+.4f}, {high:+.4f}]"
        )

    def _lists(self, rung: str, version: str, users: Iterable[str]) -> list[list[str]]:
        campaign, ask = self._serving(rung, version), self.runtime.get_recommendations
        replies = (ask(campaignArn=campaign, userId=user, numResults=ASKED) for user in users)
        return [[item["itemId"] for item in reply["itemList"]] for reply in replies]

    def _serving(self, name: str, version: str) -> str:
        campaign: str = self.personalize.create_campaign(name=name, solutionVersionArn=version)["campaignArn"]
        self.step("serve", "describe_campaign", "campaign", campaign)
        return campaign

    def serve(self, version: str) -> None:
        """Serve it, and ask."""
        campaign, seconds = self._serving("scale", version), []
        for user in range(50):
            began = time.monotonic()
            reply = self.runtime.get_recommendations(campaignArn=campaign, userId=f"user-{user:08}")
            seconds.append(time.monotonic() - began)
            if len(reply["itemList"]) != ASKED:
                raise SystemExit(f"{reply} has too few items")
        self.note(f"ask     first {seconds[0]:.2f} s, p50 {sorted(seconds)[25] * 1000:.1f} ms")


def main() -> None:
    """Walk each size, and keep what it took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    options.add_argument("--items", type=int, default=ITEMS)
    options.add_argument("--recipe", default="aws-user-personalization-v2")
    options.add_argument("--memory", type=int, default=3_008)
    options.add_argument("--parity", action="store_true", help="train on each rung, and compare")
    options.add_argument("--rungs", nargs="+", default=["function", "container", *([SPARK] if _has_spark() else [])])
    given = options.parse_args()
    lines = [f"$ bench/data/ladder.py {' '.join(sys.argv[1:])}"]
    lines.append(reports.machine())
    for events in given.events:
        with LocalService(task_memory=0 if given.parity else given.memory, automatic_training=False) as service:
            walk = Walk(service.url)
            group, dataset = walk.dataset()
            walk.import_(dataset, events, given.items, early=given.parity)
            if given.parity:
                versions = {rung: walk.train(group, given.recipe, rung) for rung in given.rungs}
                later = kept_back(events, given.items)
                for one, other in pairwise(versions):
                    if SPARK in {one, other}:
                        walk.agree({one: versions[one], other: versions[other]}, later)
                    else:
                        walk.compare(one, other)
            else:
                walk.serve(walk.train(group, given.recipe))
            lines += ["", *walk.lines]
    kind = "-parity" if given.parity else "-items" if given.items > ITEMS else ""
    target = RESULTS.with_stem(f"{RESULTS.stem}{kind}")
    target.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
