"""What must survive: tables, buckets and the roles that customers' policies name."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.buckets import Buckets
from infra.names import Names
from infra.roles import Roles
from infra.tables import Tables


class StateStack(Stack):
    """Deleting it deletes no data: its tables and buckets are retained."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names, containers: bool = False) -> None:
        super().__init__(scope, construct_id, description="Tastemaker: what must survive")
        self.tables = Tables(self, "Tables", names=names)
        self.buckets = Buckets(self, "Buckets", names=names)
        self.roles = Roles(self, "Roles", containers=containers)
        CfnOutput(self, "DataBucket", value=self.buckets.data.bucket_name)
        CfnOutput(self, "ModelsBucket", value=self.buckets.models.bucket_name)
