"""One Lambda function of the service: its code, its role, its log group and the variables that `Config` reads."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import jsii
from aws_cdk import (
    AssetHashType,
    Aws,
    BundlingOptions,
    DockerImage,
    Duration,
    FileSystem,
    ILocalBundling,
    RemovalPolicy,
    Size,
)
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.bytecode import add_bytecode, functions_python
from infra.logs import new_log_group
from infra.nag import acknowledge
from infra.names import Names
from infra.permissions import Permissions
from infra.target import ARCHITECTURE, RUNTIME
from tastemaker.config import variable

_NAMES_LEFT = ("__pycache__", "*.pyc", ".*")
_LEFT_BEHIND = [f"**/{name}" for name in _NAMES_LEFT]


class ServiceFunction(Construct):
    """A function whose handler is called as the construct is; `environment` is by field of `Config`.

    Its role is that of `role_arn`, or one of its own that goes with it. With `keeps_versions` each deployment that
    changes it leaves what it was as a version.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        code: lambda_.Code,
        layers: Sequence[lambda_.ILayerVersion],
        environment: Mapping[str, str],
        memory: int,
        timeout: Duration,
        disk: Size | None = None,
        role_arn: str | None = None,
        description: str | None = None,
        keeps_versions: bool = False,
        traced: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        handler = construct_id.lower()
        function_name = names.of(handler)
        log_group = new_log_group(self, "Logs", name=f"/aws/lambda/{function_name}")
        self.role = _role(self, log_group, role_arn)
        if traced:
            acknowledge(
                self.role,
                "AwsSolutions-IAM5[Resource::*]",
                "X-Ray's actions xray:PutTraceSegments and xray:PutTelemetryRecords accept no narrower resource.",
            )
        self.may = Permissions(self.role, names)
        self.variables = _variables(environment)
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
            environment=self.variables,
            memory_size=memory,
            timeout=timeout,
            ephemeral_storage_size=disk,
            tracing=lambda_.Tracing.ACTIVE if traced else lambda_.Tracing.DISABLED,
            description=description,
            current_version_options=lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN),
        )
        if keeps_versions:
            _ = self.function.current_version  # which makes one

    def add_variable(self, field: str, value: str) -> None:
        """Give the function another variable."""
        self._add(variable(field), value)

    def calculate_as(self, processor: str) -> None:
        """Let OpenBLAS take the same way on any processor: the same data are then the same bytes."""
        self._add("OPENBLAS_CORETYPE", processor)

    def _add(self, name: str, value: str) -> None:
        self.variables[name] = value
        self.function.add_environment(name, value)


def source_code(folder: Path) -> lambda_.AssetCode:
    """Return the sources below a folder as an asset, named by them whatever Python left beside them."""
    python = functions_python()
    fingerprint = FileSystem.fingerprint(
        str(folder), exclude=_LEFT_BEHIND, extra_hash=f"bytecode: {python is not None}"
    )
    return lambda_.Code.from_asset(
        str(folder),
        asset_hash_type=AssetHashType.CUSTOM,
        asset_hash=fingerprint,
        bundling=BundlingOptions(image=DockerImage.from_registry("none"), local=SourceCopy(folder, python)),
    )


@jsii.implements(ILocalBundling)
class SourceCopy:
    """Copies sources and compiles them; CDK calls it only when the stack is really bundled."""

    def __init__(self, folder: Path, python: str | None) -> None:
        self._folder = folder
        self._python = python

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        """Copy into the folder that becomes the function's; a failure stops the synth."""
        target = Path(output_dir)
        shutil.copytree(self._folder, target, ignore=shutil.ignore_patterns(*_NAMES_LEFT), dirs_exist_ok=True)
        add_bytecode(target, python=self._python)
        return True


def _role(scope: Construct, log_group: logs.LogGroup, role_arn: str | None) -> iam.IRole:
    """Return the role of that ARN, or a new one, with what every function may do."""
    # Of our own, because the one CDK makes may write to every log group of the account.
    lambdas = iam.ServicePrincipal("lambda.amazonaws.com")
    role: iam.IRole = (
        iam.Role.from_role_arn(scope, "Role", role_arn) if role_arn else iam.Role(scope, "Role", assumed_by=lambdas)
    )
    log_group.grant_write(role)
    return role


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    everywhere = {"account": Aws.ACCOUNT_ID, "partition": Aws.PARTITION}
    return {variable(field): value for field, value in (everywhere | dict(environment)).items()}
