"""A campaign updated a hundred times while 8 clients ask: answers that fail, answers that mix, and how long a gap is.

Two versions of one solution are trained on items of different names, and each update changes the version together with
the exploration weight: an answer is of one version by its items, and by the log of answers of one configuration. Every
tenth update names a third version of whose files one byte was changed in S3: it must fail by that file's name, and the
old version go on. The service is a process of its own.

Run: .venv/bin/python -m bench.answers.updates [--updates 100] [--clients 8]
"""

import argparse
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import boto3
import numpy as np

from bench.answers.load import settled
from bench.answers.over_http import KEYS, served
from bench.reports import RESULTS, machine
from tastemaker_local.commands.clients import knowing

USERS, EVENTS, ITEMS = 200, 6_000, 300
WEIGHTS = {"a": "0", "b": "0.3"}
EVERY = 10  # updates, of which one is damaged
FIELDS = [("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long")]
RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization"


def csv(letter: str) -> str:
    """Return random interactions with items that begin with a letter."""
    rng = np.random.default_rng(ord(letter))
    items = (ITEMS * rng.random(EVENTS) ** 2).astype(int)
    rows = (
        f"u{user},{letter}{item},{n}"
        for n, (user, item) in enumerate(zip(rng.integers(0, USERS, EVENTS), items, strict=True))
    )
    return "\n".join([",".join(name for name, _ in FIELDS), *rows]) + "\n"


class Shop:
    """A solution with three versions, and a campaign."""

    def __init__(self, url: str) -> None:
        self.personalize, self.s3 = (boto3.client(name, endpoint_url=url, **KEYS) for name in ("personalize", "s3"))
        self.s3.create_bucket(Bucket="updates")
        group = self.personalize.create_dataset_group(name="updates")["datasetGroupArn"]
        settled(self.personalize.describe_dataset_group, "datasetGroup", group)
        self._dataset = self._interactions(group)
        self._imported("a", "first")
        members = {"name": "updates", "datasetGroupArn": group, "recipeArn": RECIPE, "performAutoTraining": False}
        self._solution = self.personalize.create_solution(**members)["solutionArn"]
        self.versions = {letter: self._trained(letter) for letter in (*WEIGHTS, "c")}
        self.damaged = self._damage()
        first = {"solutionVersionArn": self.versions["a"], "campaignConfig": configured("a")}
        self.campaign = self.personalize.create_campaign(name="updates", **first)["campaignArn"]
        settled(self.personalize.describe_campaign, "campaign", self.campaign)

    def _interactions(self, group: str) -> str:
        fields = [{"name": name, "type": kind} for name, kind in FIELDS]
        text = {"type": "record", "name": "Interactions", "namespace": "updates", "version": "1.0", "fields": fields}
        schema = self.personalize.create_schema(name="updates", schema=json.dumps(text))["schemaArn"]
        members = {"name": "updates", "datasetGroupArn": group, "schemaArn": schema, "datasetType": "Interactions"}
        dataset = self.personalize.create_dataset(**members)["datasetArn"]
        settled(self.personalize.describe_dataset, "dataset", dataset)
        return dataset

    def _imported(self, letter: str, name: str) -> None:
        self.s3.put_object(Bucket="updates", Key=letter, Body=csv(letter).encode())
        source = {"dataLocation": f"s3://updates/{letter}"}
        members = {"jobName": name, "datasetArn": self._dataset, "dataSource": source}
        job = self.personalize.create_dataset_import_job(**members)["datasetImportJobArn"]
        settled(self.personalize.describe_dataset_import_job, "datasetImportJob", job)

    def _trained(self, letter: str) -> str:
        self._imported(letter, letter)
        version = self.personalize.create_solution_version(solutionArn=self._solution)["solutionVersionArn"]
        settled(self.personalize.describe_solution_version, "solutionVersion", version)
        return version

    def _damage(self) -> str:
        """Change one byte of the third version's item ids, and return the file's name."""
        bucket = next(each["Name"] for each in self.s3.list_buckets()["Buckets"] if "models" in each["Name"])
        keys = [each["Key"] for each in self.s3.list_objects_v2(Bucket=bucket)["Contents"]]
        key = next(key for key in keys if self.versions["c"].rpartition("/")[2] in key and key.endswith("item_ids.npy"))
        body = bytearray(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        body[-1] ^= 1
        self.s3.put_object(Bucket=bucket, Key=key, Body=bytes(body))
        return key.rpartition("/")[2]

    def update(self, letter: str, serving: str) -> dict[str, Any]:
        """Update the campaign to a version, and return what the update became."""
        members = {"solutionVersionArn": self.versions[letter], "campaignConfig": configured(letter, serving)}
        self.personalize.update_campaign(campaignArn=self.campaign, **members)
        while True:
            campaign = self.personalize.describe_campaign(campaignArn=self.campaign)["campaign"]
            if campaign["latestCampaignUpdate"]["status"] in {"ACTIVE", "CREATE FAILED"}:
                return campaign
            time.sleep(0.05)


def configured(letter: str, serving: str = "a") -> dict[str, Any]:
    """Return a version's configuration; that of the damaged one is the other than what serves."""
    weight = WEIGHTS.get(letter) or WEIGHTS["b" if serving == "a" else "a"]
    return {"itemExplorationConfig": {"explorationWeight": weight, "explorationItemAgeCutOff": "30"}}


@dataclass
class Seen:
    """What clients were told: (when, how long, letters of the items, id), and what failed."""

    answers: list[tuple[float, float, str, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def asking(url: str, campaign: str, number: int, seen: Seen, stop: threading.Event) -> None:
    """Ask for users in turn until told to stop."""
    connection, turn = HTTPConnection(urlsplit(url).netloc, timeout=60), number
    while not stop.is_set():
        turn += 1
        body = json.dumps({"campaignArn": campaign, "userId": f"u{turn % USERS}", "numResults": 10})
        start = time.monotonic()
        connection.request("POST", "/recommendations", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        text, now = reply.read(), time.monotonic()
        if reply.status != 200:
            seen.failed.append(f"{reply.status} {text.decode()}")
            continue
        answer = json.loads(text)
        letters = "".join(sorted({item["itemId"][0] for item in answer["itemList"]}))
        seen.answers.append((now, now - start, letters, answer["recommendationId"]))


def logged(url: str, campaign: str) -> dict[str, bool]:
    """Return whether each answer was configured to explore, by its id, from the log of answers."""
    runtime, explorations = knowing("personalize-runtime", url, about=campaign), {}
    pages = {"sourceArn": campaign}
    while True:
        reply = runtime.get_logged_answers(**pages)
        explorations |= {each["recommendationId"]: each["chance"] > 0 for each in reply["answers"]}
        if not reply.get("nextToken"):
            return explorations
        pages["nextToken"] = reply["nextToken"]


def updated(shop: Shop, updates: int) -> tuple[list[float], list[str]]:
    """Update back and forth; return how long each took, and what did not end as it should have."""
    serving, seconds, wrong = "a", [], []
    for number in range(1, updates + 1):
        letter = "c" if number % EVERY == 0 else "ab"[serving == "a"]
        start = time.monotonic()
        campaign = shop.update(letter, serving)
        seconds.append(time.monotonic() - start)
        update = campaign["latestCampaignUpdate"]
        is_refused = update["status"] == "CREATE FAILED" and shop.damaged in update.get("failureReason", "")
        serving = serving if letter == "c" else letter
        if is_refused != (letter == "c") or campaign["solutionVersionArn"] != shop.versions[serving]:
            wrong.append(f"update {number} to {letter}: {update['status']} {update.get('failureReason')}")
    return seconds, wrong


def judged(seen: Seen, explored: dict[str, bool]) -> tuple[Counter[str], list[str]]:
    """Count the answers of each version, and list those that are of neither."""
    pure: Counter[str] = Counter()
    mixed = []
    for _, _, letters, id_ in seen.answers:
        if letters in WEIGHTS and explored.get(id_, letters == "b") == (letters == "b"):
            pure[letters] += 1
        else:
            mixed.append(f"{id_}: items of {letters}, explored: {explored.get(id_)}")
    return pure, mixed


def measure(url: str, updates: int, clients: int) -> list[str]:
    """Update and ask at once; return the figures."""
    shop, seen, stop = Shop(url), Seen(), threading.Event()
    threads = [
        threading.Thread(target=asking, args=(url, shop.campaign, USERS // clients * n, seen, stop))
        for n in range(clients)
    ]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        seconds, wrong = updated(shop, updates)
    finally:
        took = time.monotonic() - start
        stop.set()
        for thread in threads:
            thread.join()
    explored = logged(url, shop.campaign)
    pure, mixed = judged(seen, explored)
    moments = sorted(moment for moment, *_ in seen.answers)
    gap = float(np.max(np.diff(moments), initial=0))
    waits = np.array([wait for _, wait, *_ in seen.answers])
    lookups = sum(id_ in explored for *_, id_ in seen.answers)
    lines = [
        f"{updates} updates in {took:.0f} s, p50 {np.median(seconds):.2f} s, longest {max(seconds):.2f} s",
        f"{updates // EVERY} of them named a damaged model and had to fail; {len(wrong)} ended as they should not",
        f"{len(seen.answers):,} answers to {clients} clients meanwhile: {pure['a']:,} of version a, {pure['b']:,} of b",
        f"{len(seen.failed)} answers failed, {len(mixed)} were mixed ({lookups:,} looked up in the log of answers)",
        f"an answer took {_spread(waits)} ms; longest time without any answer {gap * 1e3:.0f} ms",
    ]
    return lines + [f"  {what}" for what in [*wrong, *seen.failed[:5], *mixed[:5]]]


def _spread(seconds: np.ndarray) -> str:
    p50, p99, last = np.quantile(seconds, [0.5, 0.99, 1]) * 1e3
    return f"p50 {p50:.0f}, p99 {p99:.0f}, at most {last:.0f}"


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=100)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    lines = [f"$ python -m bench.answers.updates --updates {options.updates} --clients {options.clients}", machine()]
    with TemporaryDirectory() as folder, served(folder) as url:
        lines += measure(url, options.updates, options.clients)
    print("\n".join(lines))
    (RESULTS / "updates.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
