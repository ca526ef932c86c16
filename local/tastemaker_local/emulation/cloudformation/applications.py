"""AWS::EMRServerless::Application, which moto has and does not make of a template."""

from typing import Any, Self

from moto.core.common_models import CloudFormationModel
from moto.emrserverless.models import Application, EMRServerlessBackend, emrserverless_backends


class SparkApplication(CloudFormationModel):
    """An application of moto's, as a stack knows it."""

    def __init__(self, application: Application) -> None:
        self._application = application

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """Return its type."""
        return "AWS::EMRServerless::Application"

    @property
    def physical_resource_id(self) -> str:
        """Return what `Ref` gives."""
        return self._application.id

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Say which attributes there are."""
        return attr in {"ApplicationId", "Arn"}

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return an attribute."""
        return {"ApplicationId": self._application.id, "Arn": self._application.arn}[attribute_name]

    def is_created(self) -> bool:
        """Say that it is there."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: object
    ) -> Self:
        """Make it."""
        properties = cloudformation_json["Properties"]
        backend: EMRServerlessBackend = emrserverless_backends[account_id][region_name]
        return cls(
            backend.create_application(
                name=properties.get("Name", resource_name),
                release_label=properties["ReleaseLabel"],
                application_type=properties["Type"],
                client_token="",
                initial_capacity="",
                maximum_capacity=properties.get("MaximumCapacity", ""),
                tags={},
                auto_start_configuration=properties.get("AutoStartConfiguration", ""),
                auto_stop_configuration=properties.get("AutoStopConfiguration", ""),
                network_configuration=None,
            )
        )

    @classmethod
    def delete_from_cloudformation_json(cls, *_: object, **__: object) -> None:
        """Forget it."""
