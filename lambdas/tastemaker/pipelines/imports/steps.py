"""Import jobs: CSV from S3 -> checked and typed -> a new Parquet snapshot -> the dataset points at it."""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import duckdb

from tastemaker.domain.resources import arns
from tastemaker.domain.resources.statuses import ACTIVE, BUSY
from tastemaker.domain.schemas.rules import rules_for
from tastemaker.domain.schemas.schema import parse_schema
from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.columns import Column, columns_of
from tastemaker.pipelines.datasets.counts import Statistics, are_events, statistics, warnings
from tastemaker.pipelines.datasets.csv_files import CsvFile, Source
from tastemaker.pipelines.datasets.csv_problems import Refusal, refusal
from tastemaker.pipelines.datasets.queries import Base, merge_query, repeated, without_repeated
from tastemaker.pipelines.datasets.switching import Overtaken, reading, require_whole, switch
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.imports.sources import download, locate, reader, require_room
from tastemaker.pipelines.insights.comparisons import compare_datasets
from tastemaker.pipelines.insights.snapshot import write_insights
from tastemaker.pipelines.lifecycle.changes import finish
from tastemaker.pipelines.places import rejects_folder
from tastemaker.store.ports import Record

_FULL, _INCREMENTAL = "FULL", "INCREMENTAL"


@dataclass(frozen=True, slots=True)
class Plan:
    """One import, settled: which objects become which snapshot, on top of which other one."""

    job: str
    dataset: str
    type: str
    record_name: str
    mode: str
    role: str | None
    sources: tuple[Source, ...]
    columns: tuple[Column, ...]
    base: str | None
    asked: float
    sweeps: int = 0

    @property
    def folder(self) -> str:
        """The key below which the snapshot lies: the same input makes the same one, however often the step runs."""
        sources, columns = ([asdict(part) for part in parts] for parts in (self.sources, self.columns))
        text = json.dumps([self.job, self.mode, self.base, self.sweeps, sources, columns], sort_keys=True)
        return snapshots.folder_of(self.dataset, hashlib.sha256(text.encode()).hexdigest()[:16])

    @property
    def manifest_key(self) -> str:
        """The key of the manifest."""
        return f"{self.folder}/{snapshots.MANIFEST}"


def convert(deps: Deps, work: Input) -> Input:
    """Write the snapshot that an import job asks for; nothing points at it yet."""
    deps.progress(work["arn"], 0.02, "looking for the data")
    return _published(deps, work) or reading(lambda: _convert(deps, work))


def _published(deps: Deps, work: Input) -> Input | None:
    """Return what an earlier run of the job made, if it came past the switch: it must not be merged with itself."""
    dataset = deps.resources.get(deps.resources.get(work["arn"])["datasetArn"])
    if dataset.get("_snapshot_of") != work["arn"]:
        return None
    return {**work, "snapshot": dataset["_snapshot"], "base": None, "sweeps": dataset.get("_sweeps", 0)}


def _convert(deps: Deps, work: Input) -> Input:
    plan = _plan(deps, work["arn"])
    if not snapshots.exists(deps.objects, deps.config.data_bucket, plan.manifest_key):
        with deps.workdir() as folder:
            manifest = _write(deps, plan, folder)
        deps.objects.write(deps.config.data_bucket, plan.manifest_key, manifest.to_json())
    return {**work, "snapshot": plan.manifest_key, "base": plan.base, "sweeps": plan.sweeps}


def publish(deps: Deps, work: Input) -> Input:
    """Let the dataset point at the new snapshot and finish the job."""
    job = deps.resources.get(work["arn"])
    if job["status"] == ACTIVE:
        return work
    try:
        # Read first: once published, a snapshot may be replaced at any moment.
        imported = _imported(deps, work["snapshot"])
        check = partial(_check, deps, job, work)
        switch(deps, job["datasetArn"], work["snapshot"], check, job=work["arn"])
    except (Overtaken, FileNotFoundError):
        return publish(deps, convert(deps, work))
    compare_datasets(deps, deps.resources.get(job["datasetArn"])["datasetGroupArn"])
    finish(deps, work, {"status": ACTIVE, "_imported": imported}, when=BUSY | {ACTIVE})
    return work


def _imported(deps: Deps, snapshot: str) -> Record:
    """Return what the job's record keeps: what the dataset holds since, and what its owner should know."""
    manifest = snapshots.read_manifest(deps.objects, deps.config.data_bucket, snapshot)
    stored = sum(part.bytes for part in manifest.parts)
    return {**manifest.stats, "rejected": 0, "stored bytes": stored, "warnings": list(manifest.warnings)}


def _check(deps: Deps, job: Record, work: Input, dataset: Record) -> None:
    """Refuse to publish what was made from another state of the dataset than the one it is in now."""
    if dataset.get("_erased_by", "") > job["_created"]:
        deps.objects.delete(deps.config.data_bucket, work["snapshot"].removesuffix(snapshots.MANIFEST))
        raise JobFailed(
            "Users were deleted from the dataset group while this import ran, and what it read may name them. "
            "Create the import job anew."
        )
    grows = job.get("importMode", _FULL) == _INCREMENTAL
    # Another import was quicker: this one has to be merged with what that one left.
    if grows and dataset.get("_snapshot") != work["base"]:
        raise Overtaken
    require_whole(deps, dataset, work["snapshot"], work["sweeps"])


def _plan(deps: Deps, job_arn: str) -> Plan:
    job = deps.resources.get(job_arn)
    dataset = deps.resources.get(job["datasetArn"])
    schema = deps.resources.get(dataset["schemaArn"])
    rules = rules_for(dataset["datasetType"], schema.get("domain"))
    if rules is None:
        raise JobFailed(f"A dataset of type {dataset['datasetType']} cannot have a domain schema.")
    mode, role, location = job.get("importMode", _FULL), job.get("roleArn"), job["dataSource"]["dataLocation"]
    return Plan(
        job=job_arn,
        dataset=job["datasetArn"],
        type=dataset["datasetType"],
        record_name=rules.record_name,
        mode=mode,
        role=role,
        sources=tuple(locate(reader(deps.objects, role, rules.record_name), location, rules.record_name)),
        columns=columns_of(parse_schema(schema["schema"]), rules),
        base=_base(dataset.get("_snapshot")) if mode == _INCREMENTAL else None,
        asked=job["creationDateTime"],
        sweeps=dataset.get("_sweeps", 0),
    )


def _base(snapshot: str | None) -> str:
    if snapshot is None:
        raise JobFailed("importMode INCREMENTAL needs an earlier bulk import; use FULL for the first one.")
    return snapshot


def _write(deps: Deps, plan: Plan, folder: Path) -> snapshots.Manifest:
    """Download, check, sort and store; return the manifest, which is for the caller to store last."""
    files, path = _downloaded(deps, plan, folder), folder / "part-00000.parquet"
    with snapshots.open_session(folder, snapshots.SORTING_MEMORY) as session:
        earlier = _earlier(deps, plan)
        base = _grown_from(deps, earlier, folder) if earlier else None
        deps.progress(plan.job, 0.3, "checking and sorting")
        query = merge_query(files, plan.columns, plan.record_name, base)
        try:
            snapshots.write_parquet(session, query, path)
        except duckdb.Error as error:
            raise _refused(deps, plan, refusal(session, files, plan.columns)) or error from None
        stats = _counted(session, path, plan.columns)
        if not stats.counts["rows"]:
            raise JobFailed(f"{plan.sources[0].name} holds no records.")
        deps.progress(plan.job, 0.7, "looking into the data")
        write_insights(deps, session, path, plan.columns, type_=plan.type, stats=stats, manifest_key=plan.manifest_key)
    deps.progress(plan.job, 0.8, "storing")
    key = f"{plan.folder}/{path.name}"
    part = snapshots.upload_part(deps.objects, deps.config.data_bucket, path, key, stats.counts["rows"])
    return _manifest(plan, part, stats.counts, earlier)


def _downloaded(deps: Deps, plan: Plan, folder: Path) -> list[CsvFile]:
    deps.progress(plan.job, 0.05, "downloading")
    able = require_room(plan.sources, plan.mode, deps.room(folder))
    return download(reader(deps.objects, plan.role, plan.record_name), plan.sources, folder, plan.record_name, able)


def _earlier(deps: Deps, plan: Plan) -> snapshots.Manifest | None:
    return snapshots.read_manifest(deps.objects, deps.config.data_bucket, plan.base) if plan.base else None


def _grown_from(deps: Deps, earlier: snapshots.Manifest, folder: Path) -> Base:
    scan = snapshots.download_parts(deps.objects, deps.config.data_bucket, earlier, folder)
    return Base(scan, [column.name for column in earlier.columns], len(_imports(earlier)))


def _imports(earlier: snapshots.Manifest | None) -> tuple[float, ...]:
    """Return when the imports of an earlier snapshot were asked for; one of old does not say."""
    return (earlier.imports or (0.0,)) if earlier else ()


def _refused(deps: Deps, plan: Plan, problem: Refusal | None) -> JobFailed | None:
    """Store what is wrong with the files, which the quick way did not know, and return the failure that tells of it."""
    if problem is None:
        return None
    bucket, key = deps.config.data_bucket, f"{rejects_folder(plan.dataset)}{arns.tail(plan.job)}.csv"
    deps.objects.write(bucket, key, problem.to_csv())
    deps.note(plan.job, {"_imported": {"rejected": problem.count, "rejects": f"s3://{bucket}/{key}"}})
    return JobFailed(f"{problem} See s3://{bucket}/{key}.")


def _counted(session: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]) -> Statistics:
    """Return what the file holds, each event once; nearly all files are without repetitions, and a look is cheap."""
    scan = snapshots.parquet([str(path)])
    with ThreadPoolExecutor(1) as beside:
        # Rows are compared by one thread, in their order: what is counted meanwhile costs no time.
        looked = beside.submit(_repetitions, session, scan, columns)
        stats = statistics(session, scan, columns)
        if not looked.result():
            return stats
    once = path.with_suffix(".once")
    snapshots.write_parquet(session, without_repeated(scan, columns), once)
    once.replace(path)
    return statistics(session, scan, columns)


def _repetitions(session: duckdb.DuckDBPyConnection, scan: str, columns: Sequence[Column]) -> int:
    if not are_events(columns):
        return 0
    with session.cursor() as own:
        [(count,)] = own.execute(repeated(scan, columns)).fetchall()
    return int(count)


def _manifest(
    plan: Plan, part: snapshots.Part, counts: dict[str, int], earlier: snapshots.Manifest | None
) -> snapshots.Manifest:
    return snapshots.Manifest(
        dataset=plan.dataset,
        type=plan.type,
        snapshot=plan.folder.rpartition("/")[2],
        job=plan.job,
        mode=plan.mode,
        base=plan.base,
        imports=(*_imports(earlier), plan.asked),
        parts=(part,),
        rows=part.rows,
        columns=tuple(snapshots.ColumnInfo.of(column.field) for column in plan.columns),
        stats={**counts, "read bytes": sum(source.size for source in plan.sources)},
        warnings=warnings(counts, plan.columns, part.rows - (earlier.rows if earlier else 0)),
    )
