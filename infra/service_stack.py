"""What can be rebuilt: layers, functions, state machines, the API and its monitoring."""

from aws_cdk import CfnOutput, Fn, Stack
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.announcements import Announcements
from infra.api import Api
from infra.functions import Functions
from infra.monitoring import Monitoring
from infra.schedule import Schedule
from infra.settings import Settings
from infra.workflows import Workflows


class ServiceStack(Stack):
    """Deleting it loses no data; deploying it again brings the service back over the same tables and buckets."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, resources: dynamodb.ITable) -> None:
        super().__init__(scope, construct_id, description="Tastemaker: what can be rebuilt")
        functions = Functions(self, "Functions", settings=settings)
        workflows = Workflows(self, "Workflows", tasks=functions.tasks.function)
        functions.let_control_start(workflows.machines)
        Announcements(self, "Announcements", code=functions.code, layers=functions.layers, table=resources)
        Schedule(self, "Schedule", machine=workflows.schedule, training=settings.automatic_training)
        api = Api(self, "Api", functions=functions.by_name(), settings=settings).rest_api
        machines = {**workflows.machines, "schedule": workflows.schedule}
        Monitoring(
            self, "Monitoring", rest_api=api, functions=functions.by_name(), machines=machines, settings=settings
        )
        CfnOutput(self, "ApiUrl", value=api.url_for_path(), description="Endpoint URL of all three clients")
        CfnOutput(
            self,
            "TaskRoleArn",
            value=functions.tasks.role.role_arn,
            description="Whom the trust policy of a role given as roleArn must name",
        )
        CfnOutput(
            self,
            "KeyRoleArns",
            value=Fn.join(",", [part.role.role_arn for part in functions.key_users()]),
            description="Whom a kmsKeyArn's policy must name, where it does not leave the account's keys to IAM",
        )
