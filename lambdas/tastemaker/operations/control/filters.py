"""Filters: expressions over a dataset group's items, users and events, checked against its schemas when made."""

import json

from tastemaker.domain.filters.checks import check_filter
from tastemaker.domain.filters.contradictions import warnings_of
from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.filters.language import InvalidFilter, parse_filter
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.schemas.schema import Schema
from tastemaker.errors import InvalidInput, LimitExceeded
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.schemas import schemas_of
from tastemaker.operations.rules.snapshot_insights import imported_insights

_FILTER = KINDS["filter"]
_LONGEST_HEADER = 4000  # bytes; API Gateway takes 10 KB of headers in all


def create_filter(
    call: Call,
    *,
    name: str,
    dataset_group_arn: str,
    filter_expression: str,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Make a filter whose fields the group's datasets have."""
    resources.lookup_active(call, KINDS["dataset-group"], dataset_group_arn)
    schemas = schemas_of(call, dataset_group_arn)
    filter_ = _checked(call, filter_expression, schemas)
    _require_few_fields(call, dataset_group_arn, filter_)
    members = {"name": name, "datasetGroupArn": dataset_group_arn, "filterExpression": filter_expression}
    record = resources.new_record(call, _FILTER, name, members, tags=tags)
    arn = resources.create(call, record)
    _warn(call, dataset_group_arn, filter_, schemas)
    return {"filterArn": arn}


def describe_filter(call: Call, *, filter_arn: str) -> dict[str, object]:
    """Return one filter."""
    return resources.describe(call, _FILTER, filter_arn)


def list_filters(
    call: Call,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of filters, of one dataset group or of all."""
    return resources.page(call, _FILTER, dataset_group_arn, max_results, next_token)


def delete_filter(call: Call, *, filter_arn: str) -> dict[str, object]:
    """Remove a filter; requests that name it are refused from now on."""
    return resources.delete(call, resources.lookup(call, _FILTER, filter_arn))


def _checked(call: Call, expression: str, schemas: dict[str, Schema]) -> Filter:
    try:
        filter_ = parse_filter(expression)
        check_filter(filter_, schemas, most_fields=call.config.quotas["fields-per-filter"])
    except InvalidFilter as problem:
        raise InvalidInput(str(problem)) from None
    return filter_


def _warn(call: Call, group: str, filter_: Filter, schemas: dict[str, Schema]) -> None:
    """Say in a header what can never match, by the filter itself or beside what was imported."""
    read = {type_ for type_, _ in filter_.fields}
    datasets = [each for each in resources.staying_datasets(call, group) if each["datasetType"] in read]
    insights = {each["datasetType"]: imported_insights(call, each) for each in datasets}
    warnings = warnings_of(filter_, schemas, insights)
    while len(text := json.dumps(warnings)) > _LONGEST_HEADER:
        warnings.pop()
    if warnings:
        call.notes["warnings"] = text


def _require_few_fields(call: Call, group: str, filter_: Filter) -> None:
    others = call.resources.every(_FILTER.name, parent=group)
    most = call.config.quotas["fields-of-filters"]
    fields = filter_.fields.union(*(parse_filter(other["filterExpression"]).fields for other in others))
    if len(fields) > most:
        raise LimitExceeded(
            f"Could not create filter. The filters of the dataset group would use {len(fields)} distinct fields; "
            f"at most {most} are allowed."
        )
