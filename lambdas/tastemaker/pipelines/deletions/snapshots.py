"""A snapshot without some users: a new one like any other, so that whoever reads meanwhile reads a whole one."""

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from tastemaker.domain.schemas.rules import rules_for
from tastemaker.domain.schemas.schema import Field, Schema
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.columns import Column, columns_of
from tastemaker.pipelines.datasets.counts import are_events, statistics, warnings
from tastemaker.pipelines.datasets.queries import ordered_events
from tastemaker.pipelines.datasets.snapshots import Manifest
from tastemaker.pipelines.datasets.switching import Overtaken, require_whole, switch
from tastemaker.pipelines.deletions.sources import Users
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.insights.snapshot import write_insights
from tastemaker.store.ports import Record

_DELETED = "deleted rows"
_ATTEMPTS = 5  # each failed one means that another job has changed the dataset meanwhile
_KEY = "USER_ID"


def rewrite_dataset(deps: Deps, dataset_arn: str, *, job: Record, users: Users) -> dict[str, Any] | None:
    """Let a dataset point at a snapshot without the users; return what was done, or None if there was nothing."""
    # From here on no import that began before this job may publish what it has read.
    mark = job["_created"]
    deps.resources.update(dataset_arn, lambda dataset: {"_erased_by": max(dataset.get("_erased_by", ""), mark)})
    for _ in range(_ATTEMPTS):
        with suppress(Overtaken, FileNotFoundError):
            return _attempt(deps, deps.resources.get(dataset_arn), job=job, users=users)
    return _attempt(deps, deps.resources.get(dataset_arn), job=job, users=users)


def _attempt(deps: Deps, dataset: Record, *, job: Record, users: Users) -> dict[str, Any] | None:
    key = dataset.get("_snapshot")
    if key is None:
        return None
    manifest = snapshots.read_manifest(deps.objects, deps.config.data_bucket, key)
    target, fresh = key, cast("Manifest | None", manifest)
    if manifest.job != job["_arn"]:  # no earlier run of this step came past the switch
        target = _target(dataset, job, users)
        fresh = _rewritten(deps, manifest, key, target=target, job=job, users=users)
    if fresh is None:
        return None

    def check(present: Record) -> None:
        if present.get("_snapshot") != key:
            raise Overtaken
        require_whole(deps, present, target, dataset.get("_sweeps", 0))

    switch(deps, dataset["_arn"], target, check, job=job["_arn"])
    return {
        "dataset": dataset["datasetType"],
        "rows": fresh.stats[_DELETED],
        "before": fresh.base,
        "after": target,
    }


def _rewritten(deps: Deps, manifest: Manifest, key: str, *, target: str, job: Record, users: Users) -> Manifest | None:
    """Write the snapshot unless an earlier run did; None if it would be the same."""
    if not any(column.name == _KEY for column in manifest.columns):
        return None
    bucket = deps.config.data_bucket
    if snapshots.exists(deps.objects, bucket, target):
        return snapshots.read_manifest(deps.objects, bucket, target)
    deps.progress(job["_arn"], 0.1, f"rewriting {manifest.type}")
    with deps.workdir() as folder:
        fresh = _write(deps, manifest, key, folder, target=target, job=job, users=users)
    if fresh is not None:
        deps.objects.write(bucket, target, fresh.to_json())
    return fresh


def _write(
    deps: Deps, manifest: Manifest, key: str, folder: Path, *, target: str, job: Record, users: Users
) -> Manifest | None:
    bucket, session = deps.config.data_bucket, users.session
    scan = snapshots.download_parts(deps.objects, bucket, manifest, folder)
    query = f"SELECT count(*) FROM {scan} SEMI JOIN {users.table} USING ({_KEY})"  # noqa: S608 - our own names
    [(count,)] = session.execute(query).fetchall()
    if not count:
        return None
    path, columns = folder / "part-00000.parquet", _columns(manifest)
    remainder = f"SELECT old.* FROM {scan} AS old ANTI JOIN {users.table} AS gone ON old.{_KEY} = gone.{_KEY}"  # noqa: S608
    rows = ordered_events(f"({remainder})", columns) if are_events(columns) else f"{remainder} ORDER BY old.{_KEY}"
    snapshots.write_parquet(session, rows, path)
    fresh = snapshots.parquet([path])
    stats = statistics(session, fresh, columns, deps.clock())
    write_insights(deps, session, fresh, columns, folder=folder, type_=manifest.type, stats=stats, manifest_key=target)
    place = target.removesuffix(snapshots.MANIFEST)
    part = snapshots.upload_part(deps.objects, bucket, path, f"{place}{path.name}", stats.counts["rows"])
    return replace(
        manifest,
        snapshot=target.split("/")[-2],
        job=job["_arn"],
        mode="DELETION",
        base=key,
        parts=(part,),
        rows=part.rows,
        stats=stats.counts | {_DELETED: count},
        warnings=warnings(stats.counts, columns),
    )


def _target(dataset: Record, job: Record, users: Users) -> str:
    """Return the manifest's key: the same work makes the same snapshot, however often the step runs."""
    parts = (job["_arn"], job["_created"], dataset["_snapshot"], str(dataset.get("_sweeps", 0)), users.input)
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{snapshots.folder_of(dataset['_arn'], digest[:16])}/{snapshots.MANIFEST}"


def _columns(manifest: Manifest) -> tuple[Column, ...]:
    """Return the columns of a snapshot, of which each cell has been read already."""
    rules = rules_for(manifest.type, None)
    fields = [Field(c.name, c.type, c.nullable, c.categorical, c.textual) for c in manifest.columns]
    return columns_of(Schema(manifest.type, tuple(fields)), rules) if rules else ()
