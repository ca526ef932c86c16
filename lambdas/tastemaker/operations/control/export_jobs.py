"""Dataset export jobs: what a dataset holds, as CSV in the caller's bucket."""

from typing import Any

from tastemaker.domain.locations import parse_location
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.keys import check_key_of

_JOB = KINDS["dataset-export-job"]
_EXPORTED = ("INTERACTIONS", "ITEMS", "USERS")


def create_dataset_export_job(
    call: Call,
    *,
    job_name: str,
    dataset_arn: str,
    role_arn: str,
    job_output: dict[str, Any],
    ingestion_mode: str = "PUT",
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Start writing a dataset into a folder."""
    dataset = resources.lookup_active(call, KINDS["dataset"], dataset_arn)
    if dataset["datasetType"] not in _EXPORTED:
        raise InvalidInput(
            f"A dataset of type {dataset['datasetType']} cannot be exported; {', '.join(_EXPORTED)} can."
        )
    _check_folder(job_output["s3DataDestination"]["path"])
    check_key_of(call, "jobOutput.s3DataDestination", job_output["s3DataDestination"])
    members = {
        "jobName": job_name,
        "datasetArn": dataset_arn,
        "ingestionMode": ingestion_mode,
        "roleArn": role_arn,
        "jobOutput": job_output,
    }
    record = resources.new_record(call, _JOB, job_name, members, tags=tags)
    return {"datasetExportJobArn": resources.create(call, record, "export")}


def describe_dataset_export_job(call: Call, *, dataset_export_job_arn: str) -> dict[str, object]:
    """Return one export job."""
    return resources.describe(call, _JOB, dataset_export_job_arn)


def list_dataset_export_jobs(
    call: Call, *, dataset_arn: str | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, object]:
    """Return a page of export jobs, of one dataset or of all."""
    return resources.page(call, _JOB, dataset_arn, max_results, next_token)


def _check_folder(path: str) -> None:
    location = parse_location(path)
    if location is None or not path.endswith("/"):
        raise InvalidInput(
            "Invalid S3 output path: jobOutput.s3DataDestination.path must be a folder, s3://BUCKET/FOLDER/, "
            f"not {path}."
        )
