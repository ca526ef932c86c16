"""Import jobs: CSV from S3 -> checked and typed -> a new Parquet snapshot -> the dataset points at it."""

import logging
from dataclasses import replace
from functools import partial

from tastemaker.domain.resources.statuses import ACTIVE, BUSY
from tastemaker.domain.training.rungs import SPARK
from tastemaker.errors import JobFailed
from tastemaker.pipelines.attribution.imported import publish_import
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.switching import Overtaken, reading, require_whole, switch
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.imports.conversion import adopt_snapshot, earlier_of, write_snapshot
from tastemaker.pipelines.imports.plans import grows, plan_of
from tastemaker.pipelines.imports.sources import need_of, within_quota
from tastemaker.pipelines.imports.spreading import gathered, spread, tidy, told
from tastemaker.pipelines.insights.comparisons import compare_datasets
from tastemaker.pipelines.ladder import choosing
from tastemaker.pipelines.lifecycle.changes import finish
from tastemaker.pipelines.lifecycle.keys import is_under_key
from tastemaker.store.ports import Record

_logger = logging.getLogger(__name__)
_UNDER_KEY = "its dataset group has a key of its own, and what Spark writes is under the bucket's"


def place(deps: Deps, work: Input) -> Input:
    """Look how much there is to import, and settle where that is done."""
    plan = plan_of(deps, work["arn"])
    within_quota(plan.sources, plan.mode)
    earlier = earlier_of(deps, plan)
    pinned = choosing.pin_of((deps.resources.get(work["arn"]), deps.resources.get(plan.dataset)))
    choosing.require_there(deps, pinned)
    need = need_of(plan.sources, earlier.parts if earlier else ())
    alone = _UNDER_KEY if is_under_key(deps, plan.dataset) else ""
    placed = choosing.place(deps, work, replace(need, spread=0.0) if alone else need, pinned=pinned, alone=alone)
    return spread(deps, placed, plan) if placed["rung"]["name"] == SPARK else placed


def gather(deps: Deps, work: Input) -> Input:
    """Bring the files to where Spark may read them, and write down what it is to do with them."""
    deps.progress(work["arn"], 0.02, "gathering the files")
    plan = plan_of(deps, work["arn"])
    with deps.workdir() as folder:
        return {**work, "document": gathered(deps, plan, earlier_of(deps, plan), folder)}


def adopt(deps: Deps, work: Input) -> Input:
    """Look into the snapshot that Spark has written; nothing points at it yet."""
    return _published(deps, work) or reading(lambda: _adopted(deps, work))


def _adopted(deps: Deps, work: Input) -> Input:
    plan = plan_of(deps, work["arn"])
    try:
        if not snapshots.exists(deps.objects, deps.config.data_bucket, plan.manifest_key):
            with deps.workdir() as folder:
                manifest = adopt_snapshot(deps, plan, told(deps, work["document"]), folder)
            deps.objects.write(deps.config.data_bucket, plan.manifest_key, manifest.to_json())
    finally:
        tidy(deps, plan)
    return {**work, "snapshot": plan.manifest_key, "base": plan.base, "sweeps": plan.sweeps}


def convert(deps: Deps, work: Input) -> Input:
    """Write the snapshot that an import job asks for; nothing points at it yet."""
    deps.progress(work["arn"], 0.02, "looking for the data")
    try:
        return _published(deps, work) or reading(lambda: _convert(deps, work))
    except JobFailed:
        _log(work["arn"], "CREATE FAILED", deps.resources.get(work["arn"]).get("_imported") or {})
        raise


def _published(deps: Deps, work: Input) -> Input | None:
    """Return what an earlier run of the job made, if it came past the switch: it must not be merged with itself."""
    dataset = deps.resources.get(deps.resources.get(work["arn"])["datasetArn"])
    if dataset.get("_snapshot_of") != work["arn"]:
        return None
    return {**work, "snapshot": dataset["_snapshot"], "base": None, "sweeps": dataset.get("_sweeps", 0)}


def _convert(deps: Deps, work: Input) -> Input:
    plan = plan_of(deps, work["arn"])
    if not snapshots.exists(deps.objects, deps.config.data_bucket, plan.manifest_key):
        with deps.workdir() as folder:
            manifest = write_snapshot(deps, plan, folder)
        deps.objects.write(deps.config.data_bucket, plan.manifest_key, manifest.to_json())
    return {**work, "snapshot": plan.manifest_key, "base": plan.base, "sweeps": plan.sweeps}


def publish(deps: Deps, work: Input) -> Input:
    """Let the dataset point at the new snapshot and finish the job."""
    job = deps.resources.get(work["arn"])
    if job["status"] == ACTIVE:
        return work
    try:
        # Read first: once published, a snapshot may be replaced at any moment.
        contents = _imported(deps, job, work["snapshot"])
        check = partial(_check, deps, job, work)
        publish_import(deps, job, work["snapshot"])
        switch(deps, job["datasetArn"], work["snapshot"], check, job=work["arn"])
    except (Overtaken, FileNotFoundError):
        return publish(deps, convert(deps, work))
    compare_datasets(deps, deps.resources.get(job["datasetArn"])["datasetGroupArn"])
    finish(deps, work, {"status": ACTIVE, "_imported": contents}, when=BUSY | {ACTIVE})
    _log(work["arn"], "ACTIVE", contents)
    return work


def _imported(deps: Deps, job: Record, snapshot: str) -> Record:
    """Return what the job's record keeps: what the dataset holds since, what was lost, what its owner should know."""
    manifest = snapshots.read_manifest(deps.objects, deps.config.data_bucket, snapshot)
    size = sum(part.bytes for part in manifest.parts)
    is_lossy = any(name.startswith("unreadable ") for name in manifest.stats)
    rejects = (job.get("_imported") or {}) if is_lossy else {}
    counts = {**manifest.stats, "rejected": 0, "stored bytes": size, "warnings": list(manifest.warnings)}
    return {**rejects, **counts}


def _log(arn: str, status: str, report: Record) -> None:
    """Leave one line of counts; values, which may name users, stay where a deletion job finds them."""
    counts = ", ".join(f"{name}: {value}" for name, value in report.items() if isinstance(value, int))
    _logger.info("%s is %s (%s)", arn, status, counts or "nothing was counted")


def _check(deps: Deps, job: Record, work: Input, dataset: Record) -> None:
    """Refuse to publish what was made from another state of the dataset than the one it is in now."""
    if dataset.get("_erased_by", "") > job["_created"]:
        deps.objects.delete(deps.config.data_bucket, work["snapshot"].removesuffix(snapshots.MANIFEST))
        raise JobFailed(
            "Users were deleted from the dataset group while this import ran, and what it read may name them. "
            "Create the import job anew."
        )
    # Another import was quicker: this one has to be merged with what that one left.
    if grows(job) and dataset.get("_snapshot") != work["base"]:
        raise Overtaken
    require_whole(deps, dataset, work["snapshot"], work["sweeps"])
