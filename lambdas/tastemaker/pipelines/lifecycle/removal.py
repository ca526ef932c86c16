"""What else goes when a resource is deleted: snapshots, models, events, finished jobs."""

from collections.abc import Callable

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.relations import naming
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import (
    COPIES,
    archive_folder,
    attribution_folder,
    job_folder,
    models_folder,
    recommender_folder,
    rejects_folder,
    snapshots_folder,
    trends_folder,
)
from tastemaker.store.ports import Record

# What of its folder is left by a job that failed or was stopped: all, or what many machines were to read.
_REMAINS = {"batch-inference-job": "", "dataset-import-job": COPIES, "solution-version": COPIES}
# Jobs that have a folder of their own.
_WITH_FOLDERS = ("data-deletion-job", "batch-inference-job")


def remove_remains(deps: Deps, record: Record) -> None:
    """Remove what a job that failed or was stopped has stored on its way and nobody will read."""
    if (part := _REMAINS.get(record["_kind"])) is not None:
        deps.objects.delete(deps.config.data_bucket, f"{job_folder(record['_arn'])}{part}")


def remove_contents(deps: Deps, record: Record) -> None:
    """Remove all that belongs to a resource, before its record goes."""
    _CONTENTS.get(record["_kind"], _nothing)(deps, record)
    own = KINDS[record["_kind"]].arn_member
    for kind in (row.name for row in KINDS.values() if row.goes_with == own):
        for other in list(naming(deps.resources.every, kind, own, record["_arn"])):
            deps.resources.delete(other["_arn"])


def _nothing(deps: Deps, record: Record) -> None:
    del deps, record


def _group(deps: Deps, record: Record) -> None:
    deps.answers.forget(record["_arn"])
    for kind in _WITH_FOLDERS:
        for job in naming(deps.resources.every, kind, "datasetGroupArn", record["_arn"]):
            deps.objects.delete(deps.config.data_bucket, job_folder(job["_arn"]))


def _dataset(deps: Deps, record: Record) -> None:
    deps.objects.delete(deps.config.data_bucket, snapshots_folder(record["_arn"]))
    deps.objects.delete(deps.config.data_bucket, rejects_folder(record["_arn"]))
    deps.records.delete_dataset(record["_arn"])
    deps.objects.delete(deps.config.data_bucket, archive_folder(record["_arn"]))
    if record["datasetType"] == "INTERACTIONS":
        deps.events.delete_group(record["datasetGroupArn"])
        deps.answers.forget(record["datasetGroupArn"])
    if record["datasetType"] == "ACTION_INTERACTIONS":
        deps.events.delete_group(record["_arn"])


def _solution(deps: Deps, record: Record) -> None:
    deps.objects.delete(deps.config.models_bucket, models_folder(record["_arn"]))


def _recommender(deps: Deps, record: Record) -> None:
    deps.objects.delete(deps.config.models_bucket, recommender_folder(record["_arn"]))
    _trends(deps, record)


def _trends(deps: Deps, record: Record) -> None:
    deps.objects.delete(deps.config.models_bucket, trends_folder(record))


def _attribution(deps: Deps, record: Record) -> None:
    deps.objects.delete(deps.config.data_bucket, attribution_folder(record["_arn"]))


_CONTENTS: dict[str, Callable[[Deps, Record], None]] = {
    "dataset-group": _group,
    "dataset": _dataset,
    "solution": _solution,
    "recommender": _recommender,
    "campaign": _trends,
    "metric-attribution": _attribution,
}
