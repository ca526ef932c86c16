"""The runtime function's handler, from API Gateway's event to its reply, and the same answer over HTTP.

Each request is for 25 items of a user with 50 events in training and 10 since, with a filter on a price and on what the
user bought, and three columns of metadata; the answer is logged. The peer is the bare product and top 25 of
`serving_scale.py`, asked in the same run, in turns with ours. "Ports in memory" are dictionaries in place of tables;
"instant tables" are our boto3 clients whose requests are answered at once in this process: what is left out is AWS's
own time and the network. Over HTTP the local service, a process of its own, emulates the tables as well (by moto).

Run: .venv/bin/python -m bench.answers.handlers [--items 3500 100000 1000000] [--calls 300] [--http 3500 100000]
"""

import argparse
import http.client
import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
import numpy as np

from bench.answers import made
from bench.answers.over_http import KEYS, served
from bench.answers.serving_scale import bare
from bench.answers.stand_ins import BUCKET_PREFIX, CONTEXT, VARIABLES, Tables, event_of
from bench.reports import RESULTS, machine
from tastemaker import bootstrap
from tastemaker.config import environment
from tastemaker.operations.answering import answers, item_metadata, recommendation_log
from tastemaker.operations.rules import filtering
from tastemaker.operations.runtime import recommendations
from tastemaker.serving.asking import Asking
from tastemaker.serving.filtering import Filtering
from tastemaker.serving.model import ServedModel, open_model
from tastemaker.store.clients import client, hasty_client
from tastemaker.store.dynamo_answers import DynamoAnswers
from tastemaker.store.dynamo_events import DynamoEvents
from tastemaker.store.dynamo_resources import DynamoResources
from tastemaker.store.memory import MemoryEvents, MemoryRecords
from tastemaker.store.schema import ANSWERS, EVENTS, RESOURCES
from tastemaker.wire import service as wire
from tastemaker_local.emulation.functions import _load as started

WARM_UP, ROUNDS, CLIENTS = 20, 5, 8
HANDLERS: dict[str, Any] = {}
# What of an answer is whose work; time inside another one's is not counted twice.
PARTS = [
    ("parse, validate", wire, "find_operation"),
    ("parse, validate", wire, "read_body"),
    ("parse, validate", wire, "keyword_arguments"),
    ("records", recommendations, "lookup"),
    ("records", filtering.resources, "lookup"),
    ("events", answers.LiveAnswer, "events"),
    ("filter", answers, "requested_filter"),
    ("filter", answers, "check_answerable"),
    ("filter", Filtering, "allowed"),
    ("model", ServedModel, "recommend"),
    ("metadata", recommendations, "requested_metadata"),
    ("metadata", item_metadata.Metadata, "add"),
    ("log", recommendation_log, "keep"),
    ("serialise", wire, "success"),
]
REST = "handler, the rest"


def ask(number: int) -> None:
    """Let the handler answer."""
    reply = HANDLERS["runtime"](event_of(number % len(made.users())), CONTEXT)
    if reply["statusCode"] != 200 or reply["body"].count('"metadata"') != 25:
        raise RuntimeError(reply)


class Kept:
    """Records by ARN, as the runtime function finds them when nothing has to be read."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        by_arn = {record["_arn"]: record for record in records}
        self.get, self.find = by_arn.__getitem__, by_arn.get


@contextmanager
def stores(folder: Path, **stand_ins: Any) -> Iterator[None]:
    """Let the handler find its model in a folder, and what else is given in place of its stores."""
    model = open_model(folder)
    stand_ins["shelf"] = SimpleNamespace(get=lambda _artifact: model)
    forget()
    with ExitStack() as stack:
        for name, store in stand_ins.items():
            stack.enter_context(patch.object(bootstrap, f"_{name}", lambda *_, of=store: of))
        HANDLERS["runtime"] = started("tastemaker.handlers.runtime.handle")
        yield


def forget() -> None:
    """Let the handler begin anew."""
    for value in [*vars(bootstrap).values(), hasty_client]:
        if hasattr(value, "cache_clear"):
            value.cache_clear()


@contextmanager
def in_memory(folder: Path, digest: str, items: int) -> Iterator[None]:
    """Let the handler find dictionaries in place of tables."""
    events, sink = MemoryEvents(), SimpleNamespace(put_item=lambda **_: None)
    for theirs in made.events(items).values():
        events.put(made.GROUP, theirs)
    log = DynamoAnswers(sink, ANSWERS.name, hasty=lambda: sink)
    kept = Kept(made.records(digest, prefix=BUCKET_PREFIX))
    with stores(folder, recent_resources=kept, events=events, records=MemoryRecords(), answers=log):
        yield


@contextmanager
def instant(folder: Path, digest: str, items: int) -> Iterator[Tables]:
    """Let the handler's own clients be answered at once."""
    tables = Tables(made.records(digest, prefix=BUCKET_PREFIX), made.events(items))
    with stores(folder):
        for make in (client, hasty_client):
            make("dynamodb", VARIABLES["AWS_REGION"]).meta.events.register("before-send.dynamodb", tables.answer)
        yield tables
    forget()


def times(calls: int, *works: Callable[[int], object]) -> list[np.ndarray]:
    """Return the milliseconds of each call; works take turns of some calls, so that none finds another's caches."""
    rows: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, row in zip(works, rows, strict=True):
            for number in range(-WARM_UP, calls // ROUNDS):
                started = perf_counter()
                work(number)
                if number >= 0:
                    row.append((perf_counter() - started) * 1e3)
    return [np.array(row) for row in rows]


class Clock:
    """Adds up the time of each part, without that of the parts inside it."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._inside = [0.0]

    def wrapped(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that is timed."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = perf_counter()
            self._inside.append(0.0)
            try:
                return function(*args, **kwargs)
            finally:
                whole = perf_counter() - start
                self.spent[part] += whole - self._inside.pop()
                self._inside[-1] += whole

        return timed


def breakdown(calls: int) -> str:
    """Return the milliseconds of each part of an answer, the medians."""
    clock, rows = Clock(), list[Counter[str]]()
    whole = clock.wrapped(REST, ask)
    with ExitStack() as stack:
        for part, owner, name in PARTS:
            stack.enter_context(patch.object(owner, name, clock.wrapped(part, getattr(owner, name))))
        for number in range(WARM_UP + calls):
            clock.spent = Counter()
            whole(number)
            rows.append(clock.spent)
    names = dict.fromkeys([*(part for part, _, _ in PARTS), REST])
    return ", ".join(f"{name} {median(row[name] for row in rows[WARM_UP:]) * 1e3:.3f}" for name in names)


def told(name: str, times_: np.ndarray, least: float | None = None) -> str:
    """Word one line of the table."""
    ratio = f"{np.median(times_) / least:8.2f} times the peer" if least else ""
    return f"  {name:36} p50 {np.median(times_):8.3f} ms   p99 {np.quantile(times_, 0.99):8.3f} ms{ratio}"


def in_process(items: int, calls: int) -> list[str]:
    """Measure the handler of one catalogue."""
    peer = bare(np.random.default_rng(items), items)
    with TemporaryDirectory() as folder:
        digest = made.model(Path(folder), items)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        lines = [f"{items:,} items, {size / 1e6:.0f} MB of model"]
        with in_memory(Path(folder), digest, items):
            model = bootstrap._shelf("", "", 0).get({})
            alone = partial(_model_alone, model, made.events(items))
            ours, model_times, least = times(calls, ask, alone, lambda _: peer())
            lines += [
                told("peer: product and top 25", least),
                told("model alone, no filter", model_times, float(np.median(least))),
                told("handler, ports in memory", ours, float(np.median(least))),
                f"    of which (ms): {breakdown(calls)}",
            ]
        with instant(Path(folder), digest, items) as tables:
            tables.asked.clear()
            (ours,) = times(calls, ask)
            lines += [told("handler, instant tables", ours, float(np.median(least)))]
            requests = {name: count / (ROUNDS * WARM_UP + calls) for name, count in tables.asked.items()}
            lines += [
                f"    of which (ms): {breakdown(calls)}",
                f"    requests to tables: {_counts(requests)} per answer",
            ]
    return lines


def _model_alone(model: ServedModel, events: Mapping[str, Any], number: int) -> object:
    user = made.question(number)["userId"]
    return model.recommend(Asking(user, events[user]), 25)


def _counts(requests: Mapping[str, float]) -> str:
    return ", ".join(f"{count:.2f} {name}" for name, count in sorted(requests.items()))


def deployed(url: str, folder: Path, items: int) -> None:
    """Put the model, its campaign and the events where the local service at a URL finds them."""
    s3, dynamodb = (boto3.client(name, endpoint_url=url, **KEYS) for name in ("s3", "dynamodb"))
    digest = made.model(folder, items)
    bucket = next(each["Name"] for each in s3.list_buckets()["Buckets"] if "models" in each["Name"])
    for path in folder.iterdir():
        s3.upload_file(str(path), bucket, f"{BUCKET_PREFIX}{path.name}")
    resources = DynamoResources(dynamodb, RESOURCES.name)
    for record in made.records(digest, prefix=BUCKET_PREFIX):
        resources.create(record)
    for theirs in made.events(items).values():
        DynamoEvents(dynamodb, EVENTS.name).put(made.GROUP, theirs)


class Caller:
    """One keep-alive connection."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def ask(self, number: int, *, without: Collection[str] = ()) -> None:
        """Ask for an answer, without some members, and read it."""
        body = json.dumps({name: value for name, value in made.question(number).items() if name not in without})
        self._connection.request("POST", "/recommendations", body, {"Content-Type": "application/json"})
        reply = self._connection.getresponse()
        text = reply.read()
        if reply.status != 200:
            raise RuntimeError(text)


def over_http(items: int, calls: int) -> list[str]:
    """Measure the local service with one catalogue."""
    with TemporaryDirectory() as data, TemporaryDirectory() as folder, served(data) as url:
        deployed(url, Path(folder), items)
        dynamodb = boto3.client("dynamodb", endpoint_url=url, **KEYS)
        key = {"arn": {"S": made.CAMPAIGN}}
        read = partial(dynamodb.get_item, TableName=RESOURCES.name, Key=key, ConsistentRead=True)
        caller = Caller(url)
        plain = partial(caller.ask, without=("metadataColumns",))
        one, simple, reads = times(calls, caller.ask, plain, lambda _: read())
        return [
            f"{items:,} items over HTTP, one connection",
            told("answer", one),
            told("answer without metadata", simple),
            told("one GetItem of moto's, by boto3", reads),
            f"  {CLIENTS} clients: {_throughput(url, calls):.0f} answers a second",
        ]


def _throughput(url: str, calls: int) -> float:
    def work(first: int) -> None:
        caller = Caller(url)
        for number in range(first, first + calls // 2):
            caller.ask(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
    start = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return CLIENTS * (calls // 2) / (perf_counter() - start)


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="*", default=[3_500, 100_000, 1_000_000])
    parser.add_argument("--http", type=int, nargs="*", default=[3_500, 100_000])
    parser.add_argument("--calls", type=int, default=300)
    options = parser.parse_args()
    sizes = {"--items": options.items, "--http": options.http}
    told_sizes = " ".join(f"{name} {' '.join(map(str, each))}" for name, each in sizes.items())
    lines = [f"$ python -m bench.answers.handlers {told_sizes} --calls {options.calls}", machine()]
    os.environ |= {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    token = environment.set(VARIABLES)
    for measure, each in ((in_process, options.items), (over_http, options.http)):
        for items in each:
            part = measure(items, options.calls)
            print("\n".join(part), flush=True)
            lines += ["", *part]
    environment.reset(token)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "handlers.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
