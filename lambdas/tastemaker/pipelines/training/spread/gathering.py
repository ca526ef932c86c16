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
from tastemaker.pipelines.places import s3_uri
from tastemaker.pipelines.training.assignments import spread_of
from tastemaker.pipelines.training.events import EventTables
from tastemaker.pipelines.training.learning import Outcome
from tastemaker.pipelines.training.sets import TrainingSet, check, learnable, opened
from tastemaker.pipelines.training.spread.legs import share_of
from tastemaker.pipelines.training.spread.places import COUNTED, DESCRIBED, EVENTS, STAGE, folder_of
from tastemaker.pipelines.training.spread.spark_work import reduce_work
from tastemaker.recipes.contract import Recipe
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


def gathered_events(deps: Deps, work: Input, version: Record, keys: Mapping[str, str]) -> Gathered:
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


def written(deps: Deps, work: Input, recipe: Recipe, gathered: Gathered, outcome: Outcome) -> str:
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
