"""Schemas: Avro records, usable at once, never changed."""

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.schemas.schema import InvalidSchema, parse_schema
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.context import Context

_SCHEMA = KINDS["schema"]


def create_schema(ctx: Context, *, name: str, schema: str, domain: str | None = None) -> dict[str, object]:
    """Register an Avro schema; what it must hold depends on the dataset that uses it and is checked there."""
    try:
        parse_schema(schema)
    except InvalidSchema as problem:
        raise InvalidInput(f"schema is not valid: {problem}") from None
    record = resources.new_record(ctx, _SCHEMA, name, {"name": name, "schema": schema, "domain": domain}, tags=None)
    return {"schemaArn": resources.store(ctx, record)}


def describe_schema(ctx: Context, *, schema_arn: str) -> dict[str, object]:
    """Return one schema with its text as it was given."""
    return resources.describe(ctx, _SCHEMA, schema_arn)


def list_schemas(ctx: Context, *, next_token: str | None = None, max_results: int | None = None) -> dict[str, object]:
    """Return a page of all schemas."""
    return resources.page(ctx, _SCHEMA, None, max_results, next_token)


def delete_schema(ctx: Context, *, schema_arn: str) -> dict[str, object]:
    """Delete a schema that no dataset uses."""
    return resources.delete(ctx, resources.lookup(ctx, _SCHEMA, schema_arn))
