"""A private API: reached through named VPC endpoints alone, by callers of this account, whom IAM must allow as ever."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from aws_cdk import Aws
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

_ID: Final = re.compile(r"vpce-[0-9a-f]{8,17}")


class BadEndpoint(ValueError):
    """What should be the id of a VPC endpoint is none."""


@dataclass(frozen=True, slots=True)
class VpcEndpoints:
    """The ids of interface endpoints for execute-api; none: the API is a regional one."""

    ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: str | Iterable[str]) -> Self:
        """Read a list, or a text with commas between."""
        parts = value.split(",") if isinstance(value, str) else value
        ids = tuple(dict.fromkeys(id_ for part in parts if (id_ := part.strip())))
        if wrong := [id_ for id_ in ids if not _ID.fullmatch(id_)]:
            raise BadEndpoint(f"{wrong[0]!r} is no id of a VPC endpoint, such as vpce-0123456789abcdef0")
        return cls(ids)

    def __bool__(self) -> bool:
        """Say whether the API is private."""
        return bool(self.ids)

    def configuration(self, scope: Construct) -> apigateway.EndpointConfiguration:
        """Return of what kind the API is; a private one has names in DNS for each of its endpoints."""
        if not self.ids:
            return apigateway.EndpointConfiguration(types=[apigateway.EndpointType.REGIONAL])
        endpoints = [
            ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(scope, id_, vpc_endpoint_id=id_, port=443)
            for id_ in self.ids
        ]
        return apigateway.EndpointConfiguration(types=[apigateway.EndpointType.PRIVATE], vpc_endpoints=endpoints)

    def policy(self, *, preflights: bool) -> iam.PolicyDocument | None:
        """Return the API's own policy; a regional API has none, for IAM alone decides.

        The account is allowed and not everybody: who of it may call is left to the callers' own policies then. Nobody
        signs preflights, so they are allowed by themselves.
        """
        if not self.ids:
            return None
        here, elsewhere = ({f"String{how}Equals": {"aws:SourceVpce": list(self.ids)}} for how in ("", "Not"))
        callers = iam.ArnPrincipal(f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:root")
        document = iam.PolicyDocument()
        document.add_statements(
            _statement(iam.Effect.ALLOW, callers, "*", here),
            _statement(iam.Effect.DENY, iam.AnyPrincipal(), "*", elsewhere),
        )
        if preflights:
            document.add_statements(_statement(iam.Effect.ALLOW, iam.AnyPrincipal(), "*/OPTIONS/*", here))
        return document


def _statement(
    effect: iam.Effect, who: iam.PrincipalBase, methods: str, conditions: dict[str, dict[str, list[str]]]
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        effect=effect,
        principals=[who],
        actions=["execute-api:Invoke"],
        resources=[f"execute-api:/{methods}"],
        conditions=conditions,
    )
