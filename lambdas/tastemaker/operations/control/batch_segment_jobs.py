"""Batch segment jobs: users with an affinity to items; no recipe that finds them is built yet."""

from typing import Any, NoReturn

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.batch_settings import check_count, check_locations, ready_filter, ready_version
from tastemaker.operations.rules.recipes import segmenting

_JOB = KINDS["batch-segment-job"]
_MOST = 5_000_000


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
) -> NoReturn:
    """Check a job as far as it can be, and refuse it."""
    version = ready_version(call, solution_version_arn, filter_arn)
    recipe = segmenting(version["recipeArn"])
    if filter_arn and (target := ready_filter(call, filter_arn, version).target) != "UserID":
        raise InvalidInput(f"Filter {filter_arn} filters by {target}; a filter by UserID is needed.")
    check_count(num_results, _MOST)
    check_locations(job_input, job_output)
    resources.checked_tags(tags or (), most=call.config.quotas["tags"])
    resources.require_room(call, {"_kind": _JOB.name})
    resources.require_own_role(call, role_arn)
    raise InvalidInput(f"Batch segment job {job_name}: recipe {recipe['name']} is not built yet in Tastemaker.")


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
