"""cdk-nag over the whole app, and how a finding is accepted: with a reason, on the construct it concerns."""

from typing import cast

from aws_cdk import Acknowledgment, App, CfnResource, Resource, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct


def add_nag(app: App) -> None:
    """Check every stack against the AWS Solutions rules while it is synthesized."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept one finding on a construct and what is below it."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def skip_check(resource: Resource, check: str, reason: str) -> None:
    """Accept what checkov (`make scan`) finds on one resource; what concerns all of a kind is in .checkov.yaml."""
    node = cast("CfnResource", resource.node.default_child)
    before = (node.get_metadata("checkov") or {"skip": []})["skip"]
    node.add_metadata("checkov", {"skip": [*before, {"id": check, "comment": reason}]})
