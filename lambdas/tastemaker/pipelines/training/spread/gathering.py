"""The first leg: the chosen events as files, and a model of some users, which says how pairs of all are weighed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.staging import temp_table
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.imports.spark_work import s3_uri
from tastemaker.pipelines.lifecycle.readings import note_reading
from tastemaker.pipelines.training import peaks
from tastemaker.pipelines.training.assignments import assignment, recipe_of, spread_of
from tastemaker.pipelines.training.events import EventTables
from tastemaker.pipelines.training.learned import learned
from tastemaker.pipelines.training.learning import Outcome, learn
from tastemaker.pipelines.training.limits import check_memory
from tastemaker.pipelines.training.progress import reporter
from tastemaker.pipelines.training.quotes import predict_spread
from tastemaker.pipelines.training.readings import read_fixed
from tastemaker.pipelines.training.sets import TrainingSet, check, learnable, opened
from tastemaker.pipelines.training.spark_work import reduce_work
from tastemaker.pipelines.training.spread.legs import share_of
from tastemaker.pipelines.training.spread.places import COUNTED, DESCRIBED, EVENTS, SAMPLE, STAGE, folder_of
from tastemaker.pipelines.training.storage import store_sample
from tastemaker.pipelines.training.updates import taken_over
from tastemaker.recipes.contract import Recipe, share
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import TrainingData
from tastemaker.store.ports import Record

_EVERYBODY = 2**64


@dataclass(frozen=True, slots=True)
class Gathered:
    """The sample, how large everything is, and the keys of what Spark reads: events, and ids by whose they are."""

    sample: TrainingData
    counts: Counts
    events: list[str]
    described: dict[str, list[str]]


def gather(deps: Deps, work: Input) -> Input:
    """Bring the chosen events to where Spark reads them, and choose with some users how it is to count."""
    peaks.forget()
    version, report = assignment(deps, work["arn"], work["change"]), reporter(deps, work["arn"])
    recipe = recipe_of(version)
    note_reading(deps, work)
    report(0.0, "gathering the events")
    work, gathered = read_fixed(deps, work, version, partial(_gathered, deps, work, version))
    quote = predict_spread(deps, recipe, gathered.counts, version, work["rungs"])
    deps.note(work["arn"], {"_quote": quote})
    check_memory(deps.config, recipe, gathered.sample.interactions)
    outcome = learn(recipe, gathered.sample, version, taken_over(deps, version), share(report, 0.1, 0.5))
    store_sample(deps, f"{folder_of(work)}{SAMPLE}", recipe, gathered.sample, outcome)
    report(0.5, "counting on many machines")
    return {
        **work,
        "document": _written(deps, work, recipe, gathered, outcome),
        "outcome": {"parameters": outcome.parameters, "tuned": outcome.tuned, "metrics": outcome.metrics},
        "learned": learned(outcome, gathered.sample, version) | {"events": gathered.counts.events},
        "quote": quote,
    }


def _gathered(deps: Deps, work: Input, version: Record, keys: Mapping[str, str]) -> Gathered:
    """Store the events and the ids of those who are described, and read the sample."""
    memory = snapshots.sorting_memory(deps.config.memory)
    before = work["recorded_before"]
    with opened(deps, version, keys, recorded_before=before, memory=memory, filed=True) as data:
        check(deps, version, data)
        events = _stored(deps, f"{folder_of(work)}{EVENTS}", sorted((data.events.folder / "selected").iterdir()))
        sample = _of_some(data)
        users = data.events.session.execute(f"SELECT count(DISTINCT user_id) FROM {data.events.selected}").fetchall()  # noqa: S608
        counts = Counts(data.events.count, users[0][0], len(sample.items.ids))
        arrays = learnable(deps, version, sample, sample.learned())
        return Gathered(arrays, counts, events, _described(deps, work, data))


def _of_some(data: TrainingSet) -> TrainingSet:
    """Return the events of some users, drawn by the hash of their ids, among all items."""
    events = data.events
    most = int(share_of(events.count) * (_EVERYBODY - 1))
    query = f"SELECT * FROM {events.selected} WHERE md5_number_lower(user_id) <= {most}"  # noqa: S608
    chosen = temp_table(events.session, "sampled", query)
    return TrainingSet(events, data.tables, data.prose, chosen=chosen, every_item=True)


def _described(deps: Deps, work: Input, data: TrainingSet) -> dict[str, list[str]]:
    """Store the ids of users and items that are described, whether they take part or not."""
    return {
        whose: _stored(deps, f"{folder_of(work)}{DESCRIBED}{whose}-", [_ids(data.events, type_, data)])
        for type_, whose in (("USERS", "user"), ("ITEMS", "item"))
        if type_ in data.tables
    }


def _ids(events: EventTables, type_: str, data: TrainingSet) -> Path:
    table, path = data.tables[type_], events.folder / f"{type_}-ids.parquet"
    snapshots.write_parquet(events.session, f"SELECT {table.key} AS id FROM {table.scan}", path)  # noqa: S608
    return path


def _stored(deps: Deps, prefix: str, paths: list[Path]) -> list[str]:
    keys = [f"{prefix}{place:05d}.parquet" for place in range(len(paths))]
    for key, path in zip(keys, paths, strict=True):
        deps.objects.upload(path, deps.config.data_bucket, key)
    return keys


def _written(deps: Deps, work: Input, recipe: Recipe, gathered: Gathered, outcome: Outcome) -> str:
    """Write down what Spark is to count, and return the key."""
    bucket, folder, uri = deps.config.data_bucket, folder_of(work), partial(s3_uri, deps.config.data_bucket)
    document: dict[str, Any] = reduce_work(
        [uri(key) for key in gathered.events],
        {whose: [uri(key) for key in keys] for whose, keys in gathered.described.items()},
        uri(f"{folder}{COUNTED}".rstrip("/")),
        uri(f"{folder}{STAGE}"),
        spread_of(recipe).kernel(outcome.model),
        gathered.counts.events,
    )
    deps.objects.write(bucket, key := f"{folder}spark.json", json.dumps(document).encode())
    return key
