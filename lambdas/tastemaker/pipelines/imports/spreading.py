"""An import by many machines in three legs: a container gathers the files, Spark sorts them, a container looks at them.

Spark acts under one role of the deployment's, which may read the deployment's bucket alone: what a caller's role lets
us read is copied there first, and removed afterwards.
"""

import json
from pathlib import Path
from typing import Any

from tastemaker.domain.training.rungs import Need
from tastemaker.pipelines.datasets.csv_files import is_packed
from tastemaker.pipelines.datasets.snapshots import Manifest
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.imports.plans import Plan
from tastemaker.pipelines.imports.sources import fetch, need_of, reader
from tastemaker.pipelines.imports.spark_work import snapshot_work, stage_of
from tastemaker.pipelines.ladder import choosing
from tastemaker.pipelines.places import COPIES, job_folder, s3_uri

# Of the bytes of CSV that Spark has sorted, what is looked into afterwards: Parquet, and what is counted of it.
_LOOKED_INTO = 0.4


def spread(deps: Deps, work: Input, plan: Plan) -> Input:
    """Return an import's work with its three legs, which the ladder takes one after the other."""
    whole = need_of(plan.sources, ())
    largest = max(source.size for source in plan.sources) / 2**30
    gathering, looking = Need(600, 0, largest), Need(3_000, 0, whole.disk * _LOOKED_INTO)
    return choosing.around_spark(deps, work, ("import.gather", gathering), ("import.adopt", looking))


def gathered(deps: Deps, plan: Plan, earlier: Manifest | None, folder: Path) -> str:
    """Copy the files, write Spark's work document, and return its key."""
    objects = reader(deps.objects, plan.role, plan.record_name)
    bucket = deps.config.data_bucket
    copies = list[str]()
    for source in plan.sources:
        fetch(objects, source, path := folder / "file", plan.record_name)
        copies.append(_stored(deps, path, f"{_copies(plan)}{len(copies):05d}"))
        deps.progress(plan.job, 0.05, f"gathered {len(copies)} of {len(plan.sources)} files")
    work = snapshot_work(plan, bucket, earlier)
    # Messages call the files by their own names.
    work["files"] = [
        {"uri": s3_uri(bucket, key), "name": source.name} for key, source in zip(copies, plan.sources, strict=True)
    ]
    key = f"{job_folder(plan.job)}spark.json"
    deps.objects.write(bucket, key, json.dumps(work).encode())
    return key


def told(deps: Deps, document: str) -> dict[str, Any]:
    """Return what Spark has told."""
    key = f"{document.removesuffix('.json')}.result.json"
    result: dict[str, Any] = json.loads(deps.objects.read(deps.config.data_bucket, key))
    return result


def tidy(deps: Deps, plan: Plan) -> None:
    """Remove the copies of the files, and what Spark has staged, whose own removals leave versions behind."""
    for folder in (_copies(plan), stage_of(plan)):
        deps.objects.delete(deps.config.data_bucket, folder)


def _stored(deps: Deps, path: Path, name: str) -> str:
    """Store a file, and remove it; whether it is packed, Spark knows by its name alone."""
    key = f"{name}.csv{'.gz' if is_packed(path) else ''}"
    deps.objects.upload(path, deps.config.data_bucket, key)
    path.unlink()
    return key


def _copies(plan: Plan) -> str:
    return f"{job_folder(plan.job)}{COPIES}"
