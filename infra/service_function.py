"""One Lambda function of the service: its code, its role, its log group and the variables that `Config` reads."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Aws, Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.logs import new_log_group
from infra.nag import acknowledge
from infra.target import ARCHITECTURE, RUNTIME
from tastemaker.config import variable


class ServiceFunction(Construct):
    """A function whose handler is called as the construct is; `environment` is by field of `Config`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        layers: Sequence[lambda_.ILayerVersion],
        environment: Mapping[str, str],
        memory: int,
        timeout: Duration,
        disk: Size | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        handler = construct_id.lower()
        function_name = f"tastemaker-{handler}"
        log_group = new_log_group(self, "Logs", name=f"/aws/lambda/{function_name}")
        self.role = _new_role(self, log_group)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function_name,
            code=code,
            handler=f"tastemaker.handlers.{handler}.handle",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            layers=list(layers),
            role=self.role,
            log_group=log_group,
            environment=_variables(environment),
            memory_size=memory,
            timeout=timeout,
            ephemeral_storage_size=disk,
            tracing=lambda_.Tracing.ACTIVE,
        )


def source_code(folder: Path) -> lambda_.AssetCode:
    """Return the sources below a folder as an asset, named by them whatever Python left beside them."""
    return lambda_.Code.from_asset(str(folder), exclude=["**/__pycache__", "**/*.pyc", "**/.*"])


def _new_role(scope: Construct, log_group: logs.LogGroup) -> iam.Role:
    # Of our own, because the one CDK makes may write to every log group of the account.
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    acknowledge(
        role,
        "AwsSolutions-IAM5[Resource::*]",
        "X-Ray's actions xray:PutTraceSegments and xray:PutTelemetryRecords accept no narrower resource.",
    )
    return role


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    everywhere = {"account": Aws.ACCOUNT_ID, "partition": Aws.PARTITION}
    return {variable(field): value for field, value in (everywhere | dict(environment)).items()}
