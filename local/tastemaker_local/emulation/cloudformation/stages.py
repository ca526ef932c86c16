"""Stages of a REST API: moto has them, but not its CloudFormation."""

from typing import Any, Self

from moto.apigateway.models import apigateway_backends
from moto.core.common_models import CloudFormationModel


class Stage(CloudFormationModel):
    """Makes a stage in moto's API Gateway, so that requests may carry its name in their path."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def physical_resource_id(self) -> str:
        """Return what `Ref` gives."""
        return self.name

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names the resource."""
        return "StageName"

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource type in a template."""
        return "AWS::ApiGateway::Stage"

    @classmethod
    def has_cfn_attr(cls, _attr: str) -> bool:
        """A stage has no attributes."""
        return False

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: object
    ) -> Self:
        """Make the stage."""
        properties = cloudformation_json["Properties"]
        apigateway_backends[account_id][region_name].create_stage(
            properties["RestApiId"], resource_name, properties["DeploymentId"], properties.get("Variables")
        )
        return cls(resource_name)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource: Self, *_: object) -> Self:
        """Keep the stage: local mode deploys once per start."""
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(cls, *_: object) -> None:
        """Leave the stage to the REST API, which takes its stages along."""

    def is_created(self) -> bool:
        """Say that the resource is there."""
        return True
