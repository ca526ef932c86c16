"""What can be rebuilt: layers, functions, state machines, the API and its monitoring."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.api import Api
from infra.buckets import Buckets
from infra.functions import Functions
from infra.monitoring import Monitoring
from infra.settings import Settings
from infra.tables import Tables
from infra.workflows import Workflows


class ServiceStack(Stack):
    """Deleting it loses no data; deploying it again brings the service back over the same tables and buckets."""

    def __init__(
        self, scope: Construct, construct_id: str, *, tables: Tables, buckets: Buckets, settings: Settings
    ) -> None:
        super().__init__(scope, construct_id, description="Tastemaker: what can be rebuilt")
        functions = Functions(self, "Functions", tables=tables, buckets=buckets, settings=settings)
        workflows = Workflows(self, "Workflows", tasks=functions.tasks)
        functions.let_control_start(workflows.machines)
        api = Api(self, "Api", functions=functions.behind_the_api, settings=settings)
        Monitoring(
            self,
            "Monitoring",
            rest_api=api.rest_api,
            functions=functions.all,
            machines=workflows.machines,
            settings=settings,
        )
        CfnOutput(self, "ApiUrl", value=api.rest_api.url_for_path(), description="The endpoint URL of all three clients")
        CfnOutput(
            self,
            "TaskRoleArn",
            value=functions.tasks_role_arn,
            description="Whom the trust policy of a role given as roleArn must name",
        )
