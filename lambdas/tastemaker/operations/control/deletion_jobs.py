"""Data deletion jobs: users leave a dataset group with all that is known of them."""

from tastemaker.domain.locations import parse_location
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.import_or_delete import require_no_import

_JOB = KINDS["data-deletion-job"]


def create_data_deletion_job(
    call: Call,
    *,
    job_name: str,
    dataset_group_arn: str,
    data_source: dict[str, str],
    role_arn: str,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Start deleting the users that files list."""
    resources.lookup_active(call, KINDS["dataset-group"], dataset_group_arn)
    if parse_location(data_source.get("dataLocation", "")) is None:
        raise InvalidInput("dataSource.dataLocation must be an S3 location, s3://BUCKET/KEY.")
    require_no_import(call, dataset_group_arn)
    members = {
        "jobName": job_name,
        "datasetGroupArn": dataset_group_arn,
        "dataSource": data_source,
        "roleArn": role_arn,
    }
    record = resources.new_record(call, _JOB, job_name, members, tags=tags)
    return {"dataDeletionJobArn": resources.create(call, record, "deletion", change="erase")}


def describe_data_deletion_job(call: Call, *, data_deletion_job_arn: str) -> dict[str, object]:
    """Return one data deletion job; a header that real clients never look at says where its receipt is."""
    reply = resources.describe(call, _JOB, data_deletion_job_arn)
    if receipt := reply[_JOB.member].get("_receipt"):
        call.notes["receipt"] = receipt
    return reply


def list_data_deletion_jobs(
    call: Call,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of data deletion jobs, of one dataset group or of all, newest first."""
    return resources.page(call, _JOB, dataset_group_arn, max_results, next_token, newest_first=True)
