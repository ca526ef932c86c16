"""A resource of Tastemaker in a CDK stack: a custom resource that the deployment's provider answers."""

from collections.abc import Mapping
from typing import Final, TypedDict

from aws_cdk import ArnFormat, CustomResource, Duration, RemovalPolicy, Stack
from constructs import Construct

_DEPLOYMENT: Final = "tastemaker"


class Options(TypedDict, total=False):
    """What is said to the stack, and not to the API.

    `provider_arn` is the service stack's output ProviderArn, where the deployment is not that of `tastemaker:name` in
    the stack's own account and region. Without `wait` the stack goes on before the resource is ACTIVE. `timeout` is how
    long it waits, an hour at most.
    """

    provider_arn: str
    wait: bool
    timeout: Duration
    removal_policy: RemovalPolicy


class Resource(Construct):
    """What a stack makes; it stands for its ARN where another resource asks for one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        kind: str,
        properties: Mapping[str, object],
        options: Options,
    ) -> None:
        super().__init__(scope, construct_id)
        given = {name: _written(value) for name, value in properties.items() if value is not None}
        self.resource = CustomResource(
            self,
            "Resource",
            resource_type=f"Custom::Tastemaker{kind}",
            service_token=options.get("provider_arn") or _provider_of(self),
            service_timeout=options.get("timeout"),
            removal_policy=options.get("removal_policy"),
            properties=given if options.get("wait", True) else {**given, "Wait": False},
        )

    @property
    def arn(self) -> str:
        """The ARN, known when the stack is deployed."""
        return self.attribute("Arn")

    @property
    def name(self) -> str:
        """The name, of the template's or made up by the provider."""
        return self.attribute("Name")

    def attribute(self, name: str) -> str:
        """Return an id that Describe tells of: `TrackingId`, `SolutionArn`, ..."""
        return self.resource.get_att_string(name)


Arn = str | Resource
Structure = Mapping[str, object]


def tag_list(tags: Mapping[str, str] | None) -> list[dict[str, str]] | None:
    """Return tags as the API has them."""
    return None if tags is None else [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


def _written(value: object) -> object:
    return value.arn if isinstance(value, Resource) else value


def _provider_of(scope: Construct) -> str:
    deployment = scope.node.try_get_context("tastemaker:name") or _DEPLOYMENT
    return Stack.of(scope).format_arn(
        service="lambda",
        resource="function",
        resource_name=f"{deployment}-provider",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
