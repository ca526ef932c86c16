"""Time and memory of finding trends in a million recorded events, and of answering with what was found.

    .venv/bin/python -m bench.training.trends [--events 1000000] [--items 20000]

Replies of DynamoDB are made up in this process as its pages of 1 MB, so that all is measured but the network and
DynamoDB itself; making them up is not counted. The peer is reading the same events through the store and dropping
them.
"""

import argparse
import json
import resource
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import numpy as np

from bench.dynamodb import PAGE_BYTES, MadeUp, body
from bench.functions import given
from tastemaker.pipelines.upkeep import trending
from tastemaker.recipes import registry
from tastemaker.recipes.data import TrainingData
from tastemaker.serving import artifacts
from tastemaker.serving.asking import Asking
from tastemaker.serving.model import ServedModel, open_model
from tastemaker.store.memory import MemoryObjects
from tastemaker.store.schema import EVENT_SHARDS

NOW, INTERVAL, DAY = 1_750_000_000, 7_200, 86_400
GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/bench"
HERE = GROUP.replace("dataset-group/bench", "")


class Replies(MadeUp):
    """What DynamoDB would answer to queries of the index by-group, newest first."""

    def __init__(self, events: int, items: int) -> None:
        self.each, self.items = events // EVENT_SHARDS, items
        self.rng = np.random.default_rng(0)
        self.size = len(json.dumps(self.item(0, 0)))

    def item(self, shard: int, number: int) -> dict[str, Any]:
        """Return one event: the popularity of items falls, one of them rises within the newest interval."""
        moment = NOW - (number * EVENT_SHARDS + shard) * 2 * INTERVAL / (self.each * EVENT_SHARDS)
        place = int(self.items * self.rng.random() ** 3) if self.rng.random() < 0.99 or moment < NOW - INTERVAL else 7
        event_id = sha256(f"{shard} {number}".encode()).hexdigest()[:32]
        event = body(f"user-{number % 90_000}", f"session-{number}", f"item-{place}", moment, event_id)
        return {"body": {"S": json.dumps(event)}}

    def reply(self, operation: str, question: dict[str, Any]) -> dict[str, Any]:
        """Return a page of a shard."""
        assert operation == "Query"  # noqa: S101 - nothing else is asked
        shard = int(question["ExpressionAttributeValues"][":g"]["S"].rpartition("#")[2])
        start = int(question.get("ExclusiveStartKey", {}).get("at", {}).get("N", 0))
        end = min(self.each, start + PAGE_BYTES // self.size)
        items = [self.item(shard, number) for number in range(start, end)]
        more = {"LastEvaluatedKey": {"at": {"N": str(end)}}} if end < self.each else {}
        return {"Items": items, "Count": len(items), "ScannedCount": len(items), **more}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=20_000)
    options = parser.parse_args()
    replies = Replies(options.events, options.items)
    with TemporaryDirectory() as folder:
        model = trained(Path(folder), options.items)
        before = peak()
        deps, campaign = stage(replies, model)
        refresh_seconds = seconds(replies, lambda: trending.refresh(deps, campaign, day=DAY))
        memory = peak() - before
        newest = replies.store().newest(GROUP, since=0.0, most=options.events)
        read = seconds(replies, lambda: deque(newest, maxlen=0))
        [body] = [body for key, body in deps.objects.objects.items() if key[1].startswith("trends.")]
        trends = json.loads(body)
        print(f"{options.events:,} events of {options.items:,} items in two intervals of {trends['interval']:,} s")
        print(f"found in        {refresh_seconds:8.1f} s, {memory:.0f} MB more than before")
        print(f"reading alone   {read:8.1f} s")
        rise, fall = len(trends["rising"]), len(trends["falling"])
        print(f"{rise} rise, {trends['rising'][0]} first; {fall} fall; {len(body):,} bytes")
        answering(model, trends)


def seconds(replies: Replies, work: Callable[[], object]) -> float:
    """Return how long a work takes without the time in which replies are made up."""
    start = perf_counter() - replies.spent
    work()
    return perf_counter() - replies.spent - start


def trained(folder: Path, items: int) -> ServedModel:
    """Return a trending model of a hundred thousand older events."""
    rng = np.random.default_rng(1)
    users = [f"user-{n}" for n in rng.integers(0, 5_000, 100_000)]
    places = np.concatenate([np.arange(items), (items * rng.random(100_000 - items) ** 3).astype(int)])
    item_ids = [f"item-{n}" for n in places]
    data = TrainingData.from_ids(users, item_ids, (NOW - rng.integers(3 * INTERVAL, 90 * DAY, 100_000)).tolist())
    recipe = registry.get("aws-trending-now")
    extra = {"events": {"recorded_before": NOW - 3.0 * INTERVAL}}
    artifacts.save(folder, recipe=recipe, model=recipe.fit(data), data=data, manifest_extra=extra)
    return open_model(folder)


def stage(replies: Replies, model: ServedModel) -> tuple[Any, dict[str, Any]]:
    """Return a campaign whose interval has passed, and what the step uses."""
    models = SimpleNamespace(get=lambda _: model)
    deps = given(MemoryObjects(), events=replies.store(), models=models, clock=lambda: NOW + 1.0)
    serving = {"artifact": {"sha256": "0"}, "recipe": "aws-trending-now"}
    own = {"_created": "", "status": "ACTIVE", "datasetGroupArn": GROUP}
    version = {**own, "_arn": f"{HERE}solution/bench/1", "_kind": "solution-version"}
    deps.resources.create({**version, "_trained_on": {"recorded_before": NOW - 3.0 * INTERVAL}})
    campaign = {**own, "_arn": f"{HERE}campaign/bench", "_kind": "campaign", "_serving": serving}
    deps.resources.create({**campaign, "solutionVersionArn": version["_arn"]})
    return deps, deps.resources.get(campaign["_arn"])


def answering(model: ServedModel, trends: dict[str, Any]) -> None:
    """Measure laying trends over a model, and an answer with and without them."""
    start = perf_counter()
    by_trends = model.ordered_by_now(trends["rising"], trends["falling"])
    print(f"laid over       {1000 * (perf_counter() - start):8.1f} ms, once per process")
    for name, each in (("with trends", by_trends), ("as trained", model)):
        times = []
        for _ in range(2_000):
            start = perf_counter()
            each.recommend(Asking(), 25)
            times.append(perf_counter() - start)
        print(f"{name:15} {1000 * float(np.median(times)):8.3f} ms an answer of 25, p50")


def peak() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
