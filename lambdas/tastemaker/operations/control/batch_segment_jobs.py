"""Batch segment jobs: for each line of files in S3 the users with an affinity to an item, or to a kind of items."""

from typing import Any

from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.batch_settings import check_count, check_locations, ready_filter, ready_version
from tastemaker.operations.rules.recipes import segmenting
from tastemaker.store.ports import Record

_JOB = KINDS["batch-segment-job"]
_DEFAULT = 25
_MOST = 5_000_000
_OF_ATTRIBUTES = "aws-item-attribute-affinity"


def create_batch_segment_job(
    call: Call,
    *,
    job_name: str,
    solution_version_arn: str,
    job_input: dict[str, Any],
    job_output: dict[str, Any],
    role_arn: str,
    filter_arn: str | None = None,
    num_results: int | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Start finding users for the lines below an S3 path with an ACTIVE solution version."""
    version = ready_version(call, solution_version_arn, filter_arn)
    recipe = segmenting(version["recipeArn"])
    if filter_arn:
        _check_filter(filter_arn, ready_filter(call, filter_arn, version), recipe)
    check_count(num_results, _MOST)
    check_locations(call, job_input, job_output)
    members = {
        "jobName": job_name,
        "solutionVersionArn": solution_version_arn,
        "datasetGroupArn": version["datasetGroupArn"],
        "filterArn": filter_arn,
        "numResults": num_results or _DEFAULT,
        "jobInput": job_input,
        "jobOutput": job_output,
        "roleArn": role_arn,
    }
    record = resources.new_record(call, _JOB, job_name, members, tags=tags)
    return {"batchSegmentJobArn": resources.create(call, record, "segments")}


def describe_batch_segment_job(call: Call, *, batch_segment_job_arn: str) -> dict[str, object]:
    """Return one batch segment job."""
    return resources.describe(call, _JOB, batch_segment_job_arn)


def list_batch_segment_jobs(
    call: Call,
    *,
    solution_version_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of batch segment jobs, of one solution version or of all."""
    return resources.page(call, _JOB, solution_version_arn, max_results, next_token)


def _check_filter(filter_arn: str, filter_: Filter, recipe: Record) -> None:
    if filter_.target != "UserID":
        raise InvalidInput(f"Filter {filter_arn} filters by {filter_.target}; a filter by UserID is needed.")
    if filter_.needs_history and recipe["name"] == _OF_ATTRIBUTES:
        raise InvalidInput(f"Filter {filter_arn} looks at Interactions, which recipe {_OF_ATTRIBUTES} does not allow.")
