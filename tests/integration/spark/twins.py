"""The same import by one machine and by Spark, for tests that compare the two."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
from pyspark.sql import SparkSession

from spark import job
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.snapshots import Manifest
from tastemaker.pipelines.imports import steps
from tastemaker.pipelines.imports.plans import Plan, plan_of
from tastemaker.pipelines.imports.sources import download
from tastemaker.pipelines.imports.spark_work import counts_of, parts_of, snapshot_work, verdict
from tastemaker.pipelines.imports.tolerance import judge
from tests.unit.pipelines.fakes import World, a_world

PART_BYTES = 20_000


@dataclass
class Twins:
    """A world whose objects are also files of a folder, where Spark finds them."""

    session: SparkSession
    folder: Path
    world: World = field(default_factory=a_world)

    def put(self, key, body):
        """Store an object in both."""
        raw = body if isinstance(body, bytes) else body.encode()
        self.world.put(key, raw)
        path = Path(self.uri("bucket", key))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)

    def uri(self, bucket, key):
        """Return where Spark finds an object."""
        return str(self.folder / bucket / key)

    def ask(self, dataset, name, mode="FULL"):
        """Ask for an import of everything in a folder of that name."""
        event = self.world.job(dataset, f"s3://bucket/{name}", mode, name)
        plan = plan_of(self.world.deps, event["arn"])
        return Asked(self, dataset, event, plan, self._earlier(plan.base) if plan.base else None)

    def _earlier(self, key):
        """Return a snapshot that one machine made; its parts are brought to where Spark finds them."""
        objects = self.world.deps.objects
        manifest = snapshots.read_manifest(objects, "data", key)
        for part in manifest.parts:
            path = Path(self.uri("data", part.key))
            path.parent.mkdir(parents=True, exist_ok=True)
            objects.download("data", part.key, path)
        return manifest


@dataclass
class Asked:
    """An import that can be done in both ways."""

    twins: Twins
    dataset: str
    event: dict
    plan: Plan
    earlier: Manifest | None

    @cached_property
    def result(self):
        """What the job of Spark says."""
        work = snapshot_work(self.plan, "data", self.earlier, self.twins.uri)
        path = self.twins.folder / "work.json"
        path.write_text(json.dumps({**work, "part_bytes": PART_BYTES}))
        made = job.run(self.twins.session, str(path))
        assert json.loads(Path(job.result_of(str(path))).read_text()) == made
        return made

    def small(self) -> Manifest:
        """Do it on one machine; return the manifest."""
        steps.publish(self.twins.world.deps, steps.convert(self.twins.world.deps, self.event))
        deps = self.twins.world.deps
        return snapshots.read_manifest(deps.objects, "data", deps.resources.get(self.dataset)["_snapshot"])

    def verdicts(self):
        """Return what either way finds wrong with the files."""
        deps, folder = self.twins.world.deps, self.twins.folder / "read"
        folder.mkdir()
        files = download(deps.objects, self.plan.sources, folder, self.plan.record_name, 1 << 30, strict=False)
        with snapshots.open_session(folder) as session:
            return judge(session, files, self.plan.columns), verdict(self.plan, self.result)

    def rows(self, manifest):
        """Return the rows of one machine's snapshot and of Spark's, and the types of their columns."""
        deps, one = self.twins.world.deps, self.twins.folder / "one.parquet"
        deps.objects.download("data", manifest.parts[0].key, one)
        paths = [self.twins.uri("data", part.key) for part in parts_of(self.plan, self.result)]
        return _read([str(one)]), _read(paths)

    @property
    def counts(self):
        """What Spark counted, as a manifest has it."""
        return counts_of(self.plan, self.result, self.earlier)


def _read(paths):
    with duckdb.connect() as session:
        scan = snapshots.parquet(paths)
        types = session.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()  # noqa: S608
        return [row[:2] for row in types], session.execute(f"SELECT * FROM {scan}").fetchall()  # noqa: S608
