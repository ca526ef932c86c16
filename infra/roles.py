"""The roles of the functions that meet customers' data: what customers' policies name, so it outlives the service."""

from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

_FUNCTIONS: Final = ("Control", "Events", "Runtime", "Tasks")


class Roles(Construct):
    """One role a function, without rights: the service stack attaches them, and takes them away with itself.

    The trust policy of a role that is given as `roleArn` names the task role, a key's policy names all four. AWS keeps
    such a name as the id of one role: another of the same name would be a stranger.
    """

    def __init__(self, scope: Construct, construct_id: str, *, containers: bool) -> None:
        super().__init__(scope, construct_id)
        self.arns = {
            name: _role(self, name, in_containers=containers and name == "Tasks").role_arn for name in _FUNCTIONS
        }


def _role(scope: Construct, construct_id: str, *, in_containers: bool) -> iam.Role:
    lambdas = iam.ServicePrincipal("lambda.amazonaws.com")
    tasks = iam.ServicePrincipal(
        "ecs-tasks.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    )
    return iam.Role(
        scope, construct_id, assumed_by=iam.CompositePrincipal(lambdas, tasks) if in_containers else lambdas
    )
