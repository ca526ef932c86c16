"""Dataset import jobs: CSV files from S3 into an immutable snapshot."""

import json

from tastemaker.domain import supersets
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.import_or_delete import require_no_deletion
from tastemaker.operations.rules.strictness import refuse_if_strict
from tastemaker.store.ports import Record

_LISTS = ("firstRejects", "warnings")
_LONGEST_HEADER = 6_000  # bytes; API Gateway lets all headers together have 10,240
_JOB = KINDS["dataset-import-job"]
_ATTRIBUTION = KINDS["metric-attribution"]


def create_dataset_import_job(
    call: Call,
    *,
    job_name: str,
    dataset_arn: str,
    data_source: dict[str, str],
    role_arn: str | None = None,
    import_mode: str = "FULL",
    publish_attribution_metrics_to_s3: bool = False,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Start importing a file, or the files of a folder."""
    dataset = resources.lookup_active(call, KINDS["dataset"], dataset_arn)
    require_no_deletion(call, dataset)
    if not data_source.get("dataLocation", "").startswith("s3://"):
        raise InvalidInput("dataSource.dataLocation must be an S3 location, s3://BUCKET/KEY.")
    if role_arn is None:
        refuse_if_strict(call, supersets.NO_ROLE, location=data_source["dataLocation"])
    if import_mode == "INCREMENTAL" and "_snapshot" not in dataset:
        raise InvalidInput("importMode INCREMENTAL needs an earlier bulk import; use FULL for the first.")
    if publish_attribution_metrics_to_s3:
        _require_attribution(call, dataset)
    members = {
        "jobName": job_name,
        "datasetArn": dataset_arn,
        "dataSource": data_source,
        "roleArn": role_arn,
        "importMode": import_mode,
        "publishAttributionMetricsToS3": publish_attribution_metrics_to_s3,
    }
    record = resources.new_record(call, _JOB, job_name, members, tags=tags)
    return {"datasetImportJobArn": resources.create(call, record, "import")}


def _require_attribution(call: Call, dataset: Record) -> None:
    """Refuse to promise a report that nobody would write, or that had no place."""
    if dataset["datasetType"] != "INTERACTIONS":
        raise InvalidInput("publishAttributionMetricsToS3 is for Interactions: only item interactions are attributed.")
    attributions = list(call.resources.every(_ATTRIBUTION.name, parent=dataset["datasetGroupArn"]))
    if not attributions:
        raise InvalidInput("publishAttributionMetricsToS3 needs a metric attribution in the dataset group.")
    resources.require_active(_ATTRIBUTION, attributions[0])
    if "s3DataDestination" not in attributions[0]["metricsOutputConfig"]:
        raise InvalidInput(
            f"publishAttributionMetricsToS3 needs metric attribution {attributions[0]['_arn']} to have a place in S3, "
            "metricsOutputConfig.s3DataDestination; UpdateMetricAttribution gives it one."
        )


def describe_dataset_import_job(call: Call, *, dataset_import_job_arn: str) -> dict[str, object]:
    """Return one import job; a header that real clients never look at says what it read, refused and warns of."""
    reply = resources.describe(call, _JOB, dataset_import_job_arn)
    if report := reply[_JOB.member].get("_imported"):
        call.notes["imported"] = _header(report)
    return reply


def _header(report: Record) -> str:
    """Return a report as a header may be: what it shows and warns of is cut off from the end, the counts stay."""
    text = json.dumps(report, default=int)
    while len(text) > _LONGEST_HEADER and (name := next((name for name in _LISTS if report.get(name)), None)):
        report = {**report, name: report[name][:-1]}
        text = json.dumps(report, default=int)
    return text


def list_dataset_import_jobs(
    call: Call, *, dataset_arn: str | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, object]:
    """Return a page of import jobs, of one dataset or of all."""
    return resources.page(call, _JOB, dataset_arn, max_results, next_token)
