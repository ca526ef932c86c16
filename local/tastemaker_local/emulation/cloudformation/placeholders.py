"""Resources that local mode needs only as names: policies nobody evaluates, alarms nobody watches."""

from typing import Any, Self

from moto.core.common_models import CloudFormationModel

# Resource type -> the property that names it ("" if CloudFormation makes the name up).
_TYPES = {
    "AWS::ApiGateway::Account": "",
    "AWS::ApiGateway::GatewayResponse": "",
    "AWS::ApiGateway::RequestValidator": "Name",
    "AWS::ApiGateway::UsagePlan": "UsagePlanName",
    "AWS::CDK::Metadata": "",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::Lambda::Alias": "Name",
    "AWS::Lambda::EventInvokeConfig": "",
    "AWS::Lambda::Url": "",
    "AWS::Logs::LogStream": "LogStreamName",
    "AWS::Logs::MetricFilter": "FilterName",
    "AWS::Logs::QueryDefinition": "Name",
    "AWS::S3::BucketPolicy": "",
    "AWS::SNS::TopicPolicy": "",
    "AWS::SQS::QueuePolicy": "",
    "AWS::WAFv2::WebACL": "Name",
    "AWS::WAFv2::WebACLAssociation": "",
}


class _Placeholder:
    """Remembers its properties and answers questions about them."""

    name_property = ""

    def __init__(self, name: str, properties: dict[str, Any]) -> None:
        self.name: str = properties.get(self.name_property, name)
        self.properties = properties

    @property
    def physical_resource_id(self) -> str:
        """Return what `Ref` gives."""
        return self.name

    @classmethod
    def has_cfn_attr(cls, _attr: str) -> bool:
        """Accept every attribute: a wrong one fails the synth or the real deployment."""
        return True

    def get_cfn_attribute(self, attribute: str) -> str:
        """Return a property, or a name that nothing resolves."""
        return str(self.properties.get(attribute, f"{self.name}/{attribute}"))

    def is_created(self) -> bool:
        """Say that the resource is there."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], _account_id: str, _region_name: str, **_: object
    ) -> Self:
        """Make the placeholder."""
        return cls(resource_name, cloudformation_json.get("Properties", {}))

    @classmethod
    def update_from_cloudformation_json(
        cls, _original: Self, new_resource_name: str, cloudformation_json: dict[str, Any], account: str, region: str
    ) -> Self:
        """Replace the placeholder."""
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account, region)

    @classmethod
    def delete_from_cloudformation_json(cls, *_: object) -> None:
        """Forget the placeholder."""


def _model(resource_type: str, name_property: str) -> type:
    members = {
        "__module__": __name__,
        "name_property": name_property,
        "cloudformation_type": staticmethod(lambda: resource_type),
        "cloudformation_name_type": staticmethod(lambda: name_property),
    }
    # moto looks at direct subclasses of its base only.
    return type(resource_type.replace("::", ""), (_Placeholder, CloudFormationModel), members)


MODELS = tuple(_model(*item) for item in _TYPES.items())
