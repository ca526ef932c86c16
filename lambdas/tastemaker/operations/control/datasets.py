"""Datasets: one per type in a dataset group, each bound to a schema."""

from tastemaker.domain import supersets
from tastemaker.domain.resources import arns
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.schemas.schema import InvalidSchema, check_replacement, check_schema, double_of, parse_schema
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.strictness import refuse_if_strict
from tastemaker.store.ports import Record

_DATASET = KINDS["dataset"]
_TYPES = ("INTERACTIONS", "ITEMS", "USERS", "ACTIONS", "ACTION_INTERACTIONS")
_CUSTOM_ONLY = ("ACTIONS", "ACTION_INTERACTIONS")


def create_dataset(
    call: Call,
    *,
    name: str,
    schema_arn: str,
    dataset_group_arn: str,
    dataset_type: str,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, object]:
    """Add a dataset of a type to an ACTIVE dataset group."""
    group = resources.lookup(call, KINDS["dataset-group"], dataset_group_arn)
    schema = resources.lookup(call, KINDS["schema"], schema_arn)
    resources.lookup_active(call, KINDS["dataset-group"], dataset_group_arn)
    type_ = dataset_type.upper()
    _check_fit(call, type_, group, schema)
    members = {
        "name": name,
        "schemaArn": schema_arn,
        "datasetGroupArn": dataset_group_arn,
        "datasetType": type_,
        "trackingId": call.new_id() if type_ == "ACTION_INTERACTIONS" else None,
    }
    record = resources.new_record(call, _DATASET, f"{arns.tail(dataset_group_arn)}/{type_}", members, tags=tags)
    return {"datasetArn": resources.create(call, record)}


def describe_dataset(call: Call, *, dataset_arn: str) -> dict[str, object]:
    """Return one dataset."""
    return resources.describe(call, _DATASET, dataset_arn)


def list_datasets(
    call: Call,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of datasets, of one dataset group or of all."""
    return resources.page(call, _DATASET, dataset_group_arn, max_results, next_token)


def update_dataset(call: Call, *, dataset_arn: str, schema_arn: str) -> dict[str, object]:
    """Give an Items or Users dataset a wider schema; what is imported next may use it."""
    resources.lookup(call, _DATASET, dataset_arn)
    schema = resources.lookup(call, KINDS["schema"], schema_arn)
    dataset = resources.lookup_active(call, _DATASET, dataset_arn)
    group = call.resources.get(dataset["datasetGroupArn"])
    _check_fit(call, dataset["datasetType"], group, schema)
    old = call.resources.get(dataset["schemaArn"])
    try:
        check_replacement(parse_schema(old["schema"]), parse_schema(schema["schema"]), dataset["datasetType"])
    except InvalidSchema as problem:
        raise InvalidInput(f"The schema cannot replace that of the dataset: {problem}") from None
    return {"datasetArn": resources.update(call, dataset, {"schemaArn": schema_arn})}


def delete_dataset(call: Call, *, dataset_arn: str) -> dict[str, object]:
    """Delete a dataset that nothing depends on ("Requirements for deleting Amazon Personalize resources")."""
    return resources.delete(call, resources.lookup(call, _DATASET, dataset_arn))


def _check_fit(call: Call, type_: str, group: Record, schema: Record) -> None:
    domain = group.get("domain")
    if type_ not in _TYPES:
        raise InvalidInput(f"datasetType {type_} must be one of {', '.join(_TYPES)}.")
    if domain and type_ in _CUSTOM_ONLY:
        raise InvalidInput(f"datasetType {type_} is not available in a domain dataset group.")
    if schema.get("domain") != domain:
        raise InvalidInput(
            f"The schema's domain ({schema.get('domain') or 'none'}) must be that of the dataset group "
            f"({domain or 'none'})."
        )
    parsed = parse_schema(schema["schema"])
    try:
        check_schema(parsed, type_, domain)
    except InvalidSchema as problem:
        raise InvalidInput(f"The schema does not fit a dataset of type {type_}: {problem}") from None
    if field := double_of(parsed, type_, domain):
        refuse_if_strict(call, supersets.DOUBLE_COLUMNS, type=type_, field=field)
