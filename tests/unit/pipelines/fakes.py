"""A dataset in memory with an import job waiting, for tests of the import pipeline."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import duckdb

from tastemaker.config import Config
from tastemaker.domain.resources.quotas import Quotas
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.imports import steps
from tastemaker.store.memory import (
    MemoryAnswers,
    MemoryEvents,
    MemoryJobs,
    MemoryMetrics,
    MemoryObjects,
    MemoryRecords,
    MemoryResources,
    MemoryWorkflows,
)
from tastemaker.store.memory_keys import MemoryKeys

HOME = "arn:aws:personalize:us-east-1:123456789012"
GROUP = f"{HOME}:dataset-group/shop"
NOW = 1_700_000_000.0


def a_field(name, type_, **flags):
    return {"name": name, "type": type_, **flags}


INTERACTIONS = [
    a_field("USER_ID", "string"),
    a_field("ITEM_ID", "string"),
    a_field("TIMESTAMP", "long"),
    a_field("EVENT_TYPE", ["null", "string"]),
    a_field("EVENT_VALUE", ["null", "float"]),
]
ITEMS = [
    a_field("ITEM_ID", "string"),
    a_field("GENRES", ["null", "string"], categorical=True),
    a_field("YEAR", "int"),
    a_field("DESCRIPTION", ["null", "string"], textual=True),
]


def a_schema(name, columns):
    return json.dumps({"type": "record", "name": name, "namespace": "n", "fields": columns, "version": "1.0"})


@dataclass
class World:
    """A dataset group `shop` whose datasets can be filled by import jobs."""

    deps: Deps

    def dataset(self, type_, columns, *, name=None, domain=None):
        title = name or type_.title()
        schema = {"_arn": f"{HOME}:schema/{type_}-{len(columns)}", "schema": a_schema(title, columns), "domain": domain}
        self.deps.resources.create({**schema, "_kind": "schema"})
        self.deps.resources.create(
            {
                "_arn": f"{HOME}:dataset/shop/{type_}",
                "_kind": "dataset",
                "_parent": GROUP,
                "_created": type_,
                "datasetType": type_,
                "schemaArn": schema["_arn"],
                "datasetGroupArn": GROUP,
                "status": "ACTIVE",
            }
        )
        return f"{HOME}:dataset/shop/{type_}"

    def put(self, key, body):
        raw = body if isinstance(body, bytes) else body.encode()
        self.deps.objects.write("bucket", key, raw)

    def job(self, dataset, location="s3://bucket/data.csv", mode="FULL", name="job", asked=NOW):
        arn = f"{HOME}:dataset-import-job/{name}"
        job = {"datasetArn": dataset, "dataSource": {"dataLocation": location}, "importMode": mode}
        job["creationDateTime"] = asked
        own = {"_arn": arn, "_kind": "dataset-import-job", "_parent": dataset, "_created": f"{asked:017.6f}#{arn}"}
        self.deps.resources.create({**own, "status": "CREATE IN_PROGRESS", **job})
        return {"arn": arn, "change": "create"}

    def run(self, dataset, location="s3://bucket/data.csv", mode="FULL", name="job", asked=NOW):
        event = steps.convert(self.deps, self.job(dataset, location, mode, name, asked))
        return steps.publish(self.deps, event)

    def manifest(self, dataset) -> dict[str, Any]:
        key = self.deps.resources.get(dataset)["_snapshot"]
        return json.loads(self.deps.objects.read("data", key))

    def rows(self, dataset, folder: Path):
        """Return a snapshot's rows by what they hold; the order of users in the file has no meaning."""
        return sorted(self.stored(dataset, folder), key=repr)

    def stored(self, dataset, folder: Path):
        """Return a snapshot's rows as they lie in the file."""
        path = folder / "read.parquet"
        self.deps.objects.download("data", self.manifest(dataset)["parts"][0]["key"], path)
        with duckdb.connect() as session:
            # Names that no schema has are of the snapshot itself.
            query = f"SELECT COLUMNS('^[^#]') FROM read_parquet('{path}')"  # noqa: S608
            return session.execute(query).fetchall()


class NoModels:
    """Imports ask for no models."""

    def open(self, solution_version_arn):
        raise AssertionError(solution_version_arn)


def a_world(objects=None, *, strict=False, **quotas):
    names = {field.name: field.name for field in fields(Config)}
    changed = {name.replace("_", "-"): value for name, value in quotas.items()}
    buckets = {"data_bucket": "data", "models_bucket": "models"}
    config = Config(**{**names, **buckets, "memory": 0, "quotas": Quotas.of(changed), "strict": strict})
    return World(
        Deps(
            config=config,
            resources=MemoryResources(),
            events=MemoryEvents(),
            metrics=MemoryMetrics(),
            records=MemoryRecords(),
            answers=MemoryAnswers(),
            objects=objects or MemoryObjects(),
            keys=MemoryKeys(),
            models=NoModels(),
            workflows=MemoryWorkflows(),
            jobs=MemoryJobs(),
            sparks=MemoryJobs(),
            clock=lambda: NOW,
        )
    )
