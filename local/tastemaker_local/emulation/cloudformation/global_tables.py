"""CDK's TableV2 becomes AWS::DynamoDB::GlobalTable; here it is an ordinary table of the region it is deployed to."""

from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.dynamodb.models.table import Table

_SHARED = (
    "TableName",
    "KeySchema",
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "StreamSpecification",
)


class GlobalTable(CloudFormationModel):
    """Hands everything on to moto's table."""

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names the resource."""
        return "TableName"

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource type in a template."""
        return "AWS::DynamoDB::GlobalTable"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Say which attributes `Fn::GetAtt` may read."""
        return bool(Table.has_cfn_attr(attr))

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: object
    ) -> Table:
        """Make a table from the properties that both types share."""
        properties = cloudformation_json["Properties"]
        ordinary = {"Properties": {name: properties[name] for name in _SHARED if name in properties}}
        return Table.create_from_cloudformation_json(resource_name, ordinary, account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource: Table, *_: object) -> Table:
        """Keep the table: local mode deploys once per start."""
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
    ) -> None:
        """Delete the table."""
        Table.delete_from_cloudformation_json(resource_name, cloudformation_json, account_id, region_name)

    def is_created(self) -> bool:
        """Say that the resource is there."""
        return True
