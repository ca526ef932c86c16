"""What can be rebuilt: layers, functions, state machines, the API and its monitoring."""

from aws_cdk import CfnOutput, Fn, Stack
from aws_cdk.aws_apigateway import RestApi
from constructs import Construct

from infra.announcements import Announcements
from infra.api import STAGE, Api
from infra.console.console import Console
from infra.containers.containers import Containers
from infra.containers.spark import Spark
from infra.functions import Functions
from infra.monitoring import Monitoring
from infra.provider import Provider
from infra.schedule import Schedule
from infra.settings import Settings
from infra.state_stack import StateStack
from infra.workflows import Workflows


class ServiceStack(Stack):
    """Deleting it loses no data; deploying it again brings the service back over the same tables and buckets."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, state: StateStack) -> None:
        super().__init__(scope, construct_id, description="Tastemaker: what can be rebuilt")
        names = settings.names
        functions = Functions(self, "Functions", settings=settings, roles=state.roles)
        workflows = Workflows(self, "Workflows", tasks=functions.tasks.function, names=names, traced=settings.tracing)
        functions.let_control_start(workflows.machines)
        if settings.containers:
            containers = Containers(self, "Containers", names=names, tasks=functions.tasks, layers=functions.layers.all)
            if settings.spark:
                Spark(
                    containers,
                    "Spark",
                    names=names,
                    tasks=functions.tasks,
                    kms_key_arn=settings.kms_key_arn,
                )
        announcements = Announcements(
            self,
            "Announcements",
            names=names,
            code=functions.code,
            layers=functions.layers,
            table=state.tables.resources,
            kms_key_arn=settings.kms_key_arn,
            traced=settings.tracing,
        )
        Schedule(self, "Schedule", names=names, machine=workflows.schedule, training=settings.automatic_training)
        gateway = Api(self, "Api", functions=functions.by_name(), settings=settings)
        api = gateway.rest_api
        origins, readers = settings.cors_origins, settings.read_only_principals
        if settings.console:
            console = Console(self, "Console", names=names, rest_api=api, stage=STAGE)
            console.tell(self)
            origins, readers = console.origins(origins), console.readers(readers)
        gateway.refuse(origins)
        functions.let_pages_call(origins)
        functions.let_look(readers)
        machines = {**workflows.machines, "schedule": workflows.schedule}
        Monitoring(
            self,
            "Monitoring",
            rest_api=api,
            functions=functions.by_name(),
            machines=machines,
            announcements=announcements.function,
            settings=settings,
        )
        if not settings.private_api_vpc_endpoint:  # it is in no VPC, and calls the API as any client
            self._provide(settings, functions, api)
        CfnOutput(self, "ApiUrl", value=api.url_for_path(), description="Endpoint URL of all three clients")
        CfnOutput(
            self,
            "TaskRoleArn",
            value=state.roles.arns["Tasks"],
            description="Whom the trust policy of a role given as roleArn must name",
        )
        CfnOutput(
            self,
            "KeyRoleArns",
            value=Fn.join(",", list(state.roles.arns.values())),
            description="Whom a kmsKeyArn's policy must name, where it does not leave the account's keys to IAM",
        )

    def _provide(self, settings: Settings, functions: Functions, api: RestApi) -> None:
        provider = Provider(
            self,
            "Provider",
            names=settings.names,
            code=functions.code,
            layers=functions.layers,
            rest_api=api,
            traced=settings.tracing,
        )
        CfnOutput(
            self,
            "ProviderArn",
            value=provider.function.function_arn,
            description="ServiceToken of the custom resources Custom::Tastemaker...",
        )
