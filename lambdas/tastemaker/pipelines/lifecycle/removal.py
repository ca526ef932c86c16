"""What else goes when a resource is deleted: snapshots, models, events, finished jobs."""

from collections.abc import Callable

from tastemaker.domain.resources import arns
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.relations import naming
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.lifecycle.job_files import folder_of
from tastemaker.store.ports import Record


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
    for job in deps.resources.every("data-deletion-job", parent=record["_arn"]):
        deps.objects.delete(deps.config.data_bucket, folder_of(job["_arn"]))


def _dataset(deps: Deps, record: Record) -> None:
    deps.objects.delete(deps.config.data_bucket, f"snapshots/{arns.tail(record['_arn'])}/")
    deps.objects.delete(deps.config.data_bucket, rejects_folder(record["_arn"]))
    deps.records.delete_dataset(record["_arn"])
    if record["datasetType"] == "INTERACTIONS":
        deps.events.delete_group(record["datasetGroupArn"])
        deps.answers.forget(record["datasetGroupArn"])
    if record["datasetType"] == "ACTION_INTERACTIONS":
        deps.events.delete_group(record["_arn"])


def rejects_folder(dataset_arn: str) -> str:
    """Return where the records are listed for which imports into a dataset failed."""
    return f"rejects/{arns.tail(dataset_arn)}/"


def _solution(deps: Deps, record: Record) -> None:
    deps.objects.delete(deps.config.models_bucket, f"{arns.tail(record['_arn'])}/")


def _recommender(deps: Deps, record: Record) -> None:
    deps.objects.delete(deps.config.models_bucket, recommender_prefix(record["_arn"]))
    _trends(deps, record)


def _trends(deps: Deps, record: Record) -> None:
    deps.objects.delete(deps.config.models_bucket, trends_folder(record))


def recommender_prefix(arn: str) -> str:
    """Return where a recommender's models are; no name has a dot, so no solution's models are below it."""
    return f"recommender.{arns.tail(arn)}/"


def trends_folder(record: Record) -> str:
    """Return where the trends of a campaign or recommender are, apart from all models for the same reason."""
    return f"trends.{record['_kind']}.{arns.tail(record['_arn'])}/"


_CONTENTS: dict[str, Callable[[Deps, Record], None]] = {
    "dataset-group": _group,
    "dataset": _dataset,
    "solution": _solution,
    "recommender": _recommender,
    "campaign": _trends,
}
