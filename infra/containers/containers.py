"""Where containers wait and what they are: AWS Batch on Fargate, with the very assets of the task function."""

import json
from collections.abc import Sequence
from typing import Any, Final

from aws_cdk import Aws, Stack, Token
from aws_cdk import aws_batch as batch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.containers.network import Network
from infra.logs import new_log_group
from infra.names import Names
from infra.service_function import ServiceFunction
from infra.target import PYTHON_VERSION, ROOT
from tastemaker.domain.training.rungs import CONTAINER_DISK

# Lambda's own image takes nothing but a handler's name: its entry point has no other use, and AWS Batch lets no job
# choose another. This one is built on it, without an entry point (aws/aws-sam-build-images, Dockerfile).
_IMAGE: Final = f"public.ecr.aws/sam/build-python{PYTHON_VERSION}:latest-arm64"
# How many vCPUs may work at once; Fargate's quota of the account may be less, then the others wait.
_MOST_VCPUS: Final = 64
# As OpenBLAS calls Graviton2, whose instructions all later ones have.
_PROCESSOR: Final = "NEOVERSEN1"
_DOCUMENT: Final = "Ref::document"


class Containers(Construct):
    """A queue, and the definition of its jobs; the roles are those that customers' policies name already."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        tasks: ServiceFunction,
        layers: Sequence[lambda_.LayerVersion],
    ) -> None:
        super().__init__(scope, construct_id)
        contents = [_asset(layer.node.default_child, "content") for layer in layers]
        assets = [_asset(tasks.function.node.default_child, "code"), *contents]
        # Of the processors that Lambda and Fargate have by chance each would take its own, and round otherwise.
        tasks.calculate_as(_PROCESSOR)
        tasks.may.read_assets(assets)
        tasks.may.run_jobs()
        network = Network(self, "Network", names=names)
        self._queue(names, network)
        self._definition(names, tasks, assets)

    def _queue(self, names: Names, network: Network) -> None:
        environment = batch.CfnComputeEnvironment(
            self,
            "Environment",
            type="MANAGED",
            # Updated where it is: what waits in the queue goes on.
            replace_compute_environment=False,
            compute_resources=batch.CfnComputeEnvironment.ComputeResourcesProperty(
                type="FARGATE",
                maxv_cpus=_MOST_VCPUS,
                subnets=[subnet.ref for subnet in network.subnets],
                security_group_ids=[network.security_group.attr_group_id],
            ),
        )
        order = batch.CfnJobQueue.ComputeEnvironmentOrderProperty(order=1, compute_environment=environment.ref)
        batch.CfnJobQueue(self, "Queue", job_queue_name=names.of("jobs"), priority=1, compute_environment_order=[order])

    def _definition(self, names: Names, tasks: ServiceFunction, assets: Sequence[tuple[str, str]]) -> None:
        log_group = new_log_group(self, "Logs", name=f"/aws/batch/{names.of('job')}")
        starting = iam.Role(self, "StartingRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        log_group.grant_write(starting)
        properties = batch.CfnJobDefinition.ContainerPropertiesProperty(
            image=_IMAGE,
            command=[f"python{PYTHON_VERSION}", "-c", entry(), _DOCUMENT],
            environment=_variables(tasks, assets),
            job_role_arn=tasks.role.role_arn,
            execution_role_arn=starting.role_arn,
            resource_requirements=[_requirement("VCPU", "2"), _requirement("MEMORY", "4096")],
            ephemeral_storage=batch.CfnJobDefinition.EphemeralStorageProperty(size_in_gib=CONTAINER_DISK),
            network_configuration=batch.CfnJobDefinition.NetworkConfigurationProperty(assign_public_ip="ENABLED"),
            runtime_platform=batch.CfnJobDefinition.RuntimePlatformProperty(
                cpu_architecture="ARM64", operating_system_family="LINUX"
            ),
            log_configuration=batch.CfnJobDefinition.LogConfigurationProperty(
                log_driver="awslogs",
                options={"awslogs-group": log_group.log_group_name, "awslogs-region": Aws.REGION},
            ),
        )
        batch.CfnJobDefinition(
            self,
            "Definition",
            job_definition_name=names.of("job"),
            type="container",
            platform_capabilities=["FARGATE"],
            parameters={"document": "-"},
            retry_strategy=_RETRIES,
            container_properties=properties,
        )


def entry() -> str:
    """Return the program that a container begins with."""
    return (ROOT / "infra" / "containers" / "entry.py").read_text()


# What never began may begin again; what has begun tells itself how it ended.
_RETRIES: Final = batch.CfnJobDefinition.RetryStrategyProperty(
    attempts=3,
    evaluate_on_exit=[
        batch.CfnJobDefinition.EvaluateOnExitProperty(action="RETRY", on_reason="CannotPullContainer*"),
        batch.CfnJobDefinition.EvaluateOnExitProperty(action="RETRY", on_status_reason="Task failed to start*"),
        batch.CfnJobDefinition.EvaluateOnExitProperty(action="EXIT", on_reason="*"),
    ],
)


def _variables(
    tasks: ServiceFunction, assets: Sequence[tuple[str, str]]
) -> list[batch.CfnJobDefinition.EnvironmentProperty]:
    """Return the variables of the task function, and where its code and layers are."""
    variables = {**tasks.variables, "AWS_REGION": Aws.REGION, "TASTEMAKER_ASSETS": json.dumps(assets)}
    new = batch.CfnJobDefinition.EnvironmentProperty
    return [new(name=name, value=value) for name, value in sorted(variables.items())]


def _asset(resource: Any, member: str) -> tuple[str, str]:  # noqa: ANN401 - a function's and a layer's have no common type
    place = Stack.of(resource).resolve(getattr(resource, member))
    return Token.as_string(place["s3Bucket"]), str(place["s3Key"])


def _requirement(type_: str, value: str) -> batch.CfnJobDefinition.ResourceRequirementProperty:
    return batch.CfnJobDefinition.ResourceRequirementProperty(type=type_, value=value)
