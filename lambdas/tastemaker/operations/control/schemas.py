"""Schemas: Avro records, usable at once, never changed."""

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.schemas.schema import InvalidSchema, parse_schema
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call

_SCHEMA = KINDS["schema"]


def create_schema(call: Call, *, name: str, schema: str, domain: str | None = None) -> dict[str, object]:
    """Register an Avro schema; what it must hold depends on the dataset that uses it and is checked there."""
    try:
        parse_schema(schema)
    except InvalidSchema as problem:
        raise InvalidInput(f"schema is not valid: {problem}") from None
    record = resources.new_record(call, _SCHEMA, name, {"name": name, "schema": schema, "domain": domain}, tags=None)
    return {"schemaArn": resources.store(call, record)}


def describe_schema(call: Call, *, schema_arn: str) -> dict[str, object]:
    """Return one schema with its text as it was given."""
    return resources.describe(call, _SCHEMA, schema_arn)


def list_schemas(call: Call, *, next_token: str | None = None, max_results: int | None = None) -> dict[str, object]:
    """Return a page of all schemas."""
    return resources.page(call, _SCHEMA, None, max_results, next_token)


def delete_schema(call: Call, *, schema_arn: str) -> dict[str, object]:
    """Delete a schema that no dataset uses."""
    return resources.delete(call, resources.lookup(call, _SCHEMA, schema_arn))
