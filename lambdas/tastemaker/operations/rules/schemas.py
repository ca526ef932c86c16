"""The schemas that a dataset group's data have."""

from tastemaker.domain.schemas.schema import Schema, parse_schema
from tastemaker.operations import resources
from tastemaker.operations.call import Call


def schemas_of(call: Call, group: str) -> dict[str, Schema]:
    """Return the schemas of a dataset group's datasets by dataset type."""
    datasets = resources.staying_datasets(call, group)
    return {d["datasetType"]: parse_schema(call.resources.get(d["schemaArn"])["schema"]) for d in datasets}
