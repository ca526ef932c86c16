"""Imports in bulk: what their events come to, as a report in the caller's bucket and as totals for CloudWatch.

The totals are made with the snapshot and stored before it, so that a repeated step finds them. A report is written
before the dataset points at the snapshot, for then the job can still fail. The record of the job says that CloudWatch
has not got the totals; it counts once the job is ACTIVE, and until a batch has them.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from duckdb import DuckDBPyConnection

from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.errors import JobFailed, ResourceNotFound
from tastemaker.pipelines.attribution.counting import ANSWER, ITEM, RECORDED, SOURCE, TIME, TYPE, Events, number
from tastemaker.pipelines.attribution.destinations import reports
from tastemaker.pipelines.attribution.metrics import attribution_of, metrics_of, summed_columns
from tastemaker.pipelines.attribution.reports import report, report_name
from tastemaker.pipelines.attribution.totals import WINDOW, Total, from_json, limited, to_json
from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.snapshots import exists
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import imports_folder
from tastemaker.store.ports import Record

_MEMBERS = {TYPE: "EVENT_TYPE", SOURCE: "EVENT_ATTRIBUTION_SOURCE", ANSWER: "RECOMMENDATION_ID", ITEM: "ITEM_ID"}


@dataclass(frozen=True, slots=True)
class Imported:
    """An import whose totals CloudWatch has not got: its job, when that was asked for, and where the totals are."""

    job: str
    moment: float
    key: str

    def totals(self, deps: Deps) -> list[Total]:
        """Return its totals; CloudWatch takes none of the future."""
        latest = int(self.moment) // WINDOW * WINDOW
        totals = from_json(deps.objects.read(deps.config.data_bucket, self.key))
        return [replace(total, window=min(total.window, latest)) for total in totals]


def count_import(
    deps: Deps,
    session: DuckDBPyConnection,
    job: Record,
    *,
    rows: str,
    columns: Sequence[Column],
    folder: Path,
    snapshot: str,
) -> None:
    """Store what an import's rows come to for a metric attribution, if there is one; `rows` is a relation."""
    dataset = deps.resources.get(job["datasetArn"])
    attribution = _attribution(deps, job, dataset)
    if attribution is None:
        return
    metrics = metrics_of(attribution)
    query = _relation(rows, columns, summed_columns(metrics, "INTERACTIONS"), job["creationDateTime"])
    totals = Events(deps, session, folder, dataset["datasetGroupArn"], query).totals(metrics)
    deps.objects.write(deps.config.data_bucket, _key(attribution, snapshot), to_json(totals))


def publish_import(deps: Deps, job: Record, snapshot: str) -> None:
    """Write the report that an import job asks for, and leave on its record what CloudWatch is to get."""
    dataset = deps.resources.get(job["datasetArn"])
    attribution = _attribution(deps, job, dataset)
    key = _key(attribution, snapshot) if attribution else ""
    if attribution is None or not exists(deps.objects, deps.config.data_bucket, key):
        _require_no_report(job)
        return
    if job.get("publishAttributionMetricsToS3"):
        _write_report(deps, job, attribution, from_json(deps.objects.read(deps.config.data_bucket, key)))
    if job.get("importMode") == "INCREMENTAL":
        deps.note(job["_arn"], {"_attribution": {"of": attribution["_created"], "key": key}})


def unpublished(deps: Deps, attribution: Record) -> list[Imported]:
    """Return the finished imports whose totals are in no batch of an attribution yet."""
    datasets = deps.resources.every("dataset", parent=attribution["datasetGroupArn"])
    jobs = (job for dataset in datasets for job in deps.resources.every("dataset-import-job", parent=dataset["_arn"]))
    return [
        Imported(job["_arn"], job["creationDateTime"], job["_attribution"]["key"])
        for job in jobs
        if job["status"] == ACTIVE and job.get("_attribution", {}).get("of") == attribution["_created"]
    ]


def forget(deps: Deps, jobs: Collection[str]) -> None:
    """Let jobs no longer wait for a batch, since they are in one."""
    for arn in jobs:
        job = deps.resources.find(arn)
        if job and "_attribution" in job:
            with suppress(ResourceNotFound):
                deps.resources.update(arn, {}, drop=("_attribution",))
            deps.objects.delete(deps.config.data_bucket, job["_attribution"]["key"])


def _attribution(deps: Deps, job: Record, dataset: Record) -> Record | None:
    """Return the attribution that an import of events counts for, if its figures go anywhere."""
    goes = job.get("publishAttributionMetricsToS3") or job.get("importMode") == "INCREMENTAL"
    if not goes or dataset["datasetType"] != "INTERACTIONS":
        return None
    return attribution_of(deps, dataset["datasetGroupArn"], before=job["creationDateTime"])


def _require_no_report(job: Record) -> None:
    if job.get("publishAttributionMetricsToS3"):
        raise JobFailed("The metric attribution whose report this job was to publish was deleted while it ran.")


def _write_report(deps: Deps, job: Record, attribution: Record, totals: Sequence[Total]) -> None:
    place = reports(deps, attribution)
    if place is None:
        raise JobFailed(f"Metric attribution {attribution['name']} no longer has an s3DataDestination for reports.")
    most = deps.config.quotas["sources-per-attribution"]
    rows, _ = limited(totals, attribution.get("_sources", ()), most)
    place.write(report_name(job), report(rows, metrics_of(attribution)))


def _relation(rows: str, columns: Sequence[Column], sums: Sequence[str], recorded: float) -> str:
    """Return the query of an import's events; a member that its schema does not have is null."""
    by_name = {column.field.name.upper(): column for column in columns}

    def parts() -> Iterator[str]:
        for member, name in _MEMBERS.items():
            yield f"{by_name[name].name if name in by_name else 'CAST(NULL AS VARCHAR)'} AS {member}"
        yield f'"TIMESTAMP" AS {TIME}'
        yield f"{recorded!r}::DOUBLE AS {RECORDED}"
        for name in sums:
            column = by_name.get(name)
            yield f'{number(column.name, column.field.type) if column else "NULL::DOUBLE"} AS "{name}"'

    return f"SELECT {', '.join(parts())} FROM {rows}"  # noqa: S608 - names were checked with the schema


def _key(attribution: Record, snapshot: str) -> str:
    """Return where the totals of a snapshot's import are, by the key of its manifest."""
    attempt = attribution["_created"].partition("#")[0]
    return f"{imports_folder(attribution['_arn'])}{attempt}/{snapshot.split('/')[-2]}.json"
