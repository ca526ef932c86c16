"""What batch inference and batch segment jobs check alike: where they read and write, and how they are filtered."""

from typing import Any

from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.filters.language import parse_filter
from tastemaker.domain.locations import Location, parse_location
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.keys import check_key_of
from tastemaker.store.ports import Record


def ready_version(call: Call, solution_version_arn: str, filter_arn: str | None) -> Record:
    """Return the ACTIVE version that a job uses; its filter must exist before states are looked at."""
    resources.lookup(call, KINDS["solution-version"], solution_version_arn)
    if filter_arn:
        resources.lookup(call, KINDS["filter"], filter_arn)
    return resources.lookup_active(call, KINDS["solution-version"], solution_version_arn)


def ready_filter(call: Call, filter_arn: str, version: Record) -> Filter:
    """Return the ACTIVE filter that a job uses; the values of its parameters come with the lines of the input."""
    record = resources.lookup_active(call, KINDS["filter"], filter_arn)
    if record["datasetGroupArn"] != version["datasetGroupArn"]:
        raise InvalidInput(f"Filter {filter_arn} belongs to another dataset group than {version['_arn']}.")
    return parse_filter(record["filterExpression"])


def check_locations(call: Call, job_input: dict[str, Any], job_output: dict[str, Any]) -> None:
    """Refuse what is not in S3, an output that is no folder or the input, and keys that no bucket here can have."""
    source = _location("jobInput.s3DataSource.path", job_input["s3DataSource"])
    target = _location("jobOutput.s3DataDestination.path", job_output["s3DataDestination"])
    if not str(target).endswith("/"):
        raise InvalidInput(f"jobOutput.s3DataDestination.path must be a folder, which ends with /; {target} does not.")
    if str(source).rstrip("/") == str(target).rstrip("/"):
        raise InvalidInput(f"jobOutput.s3DataDestination.path must differ from jobInput.s3DataSource.path, {source}.")
    check_key_of(call, "jobInput.s3DataSource", job_input["s3DataSource"])
    check_key_of(call, "jobOutput.s3DataDestination", job_output["s3DataDestination"])


def check_count(num_results: int | None, most: int) -> None:
    """Refuse a numResults that no line can have."""
    if num_results is not None and not 0 < num_results <= most:
        raise InvalidInput(f"numResults must be from 1 to {most}, not {num_results}.")


def _location(member: str, place: dict[str, str]) -> Location:
    location = parse_location(place["path"])
    if location is None:
        raise InvalidInput(f"{member} must be an S3 location, s3://BUCKET/KEY, not {place['path']}.")
    return location
