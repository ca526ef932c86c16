"""What must survive: tables and buckets."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.buckets import Buckets
from infra.tables import Tables


class StateStack(Stack):
    """Deleting it deletes no data: everything in it is retained."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id, description="Tastemaker: what must survive")
        self.tables = Tables(self, "Tables")
        self.buckets = Buckets(self, "Buckets")
        CfnOutput(self, "DataBucket", value=self.buckets.data.bucket_name)
        CfnOutput(self, "ModelsBucket", value=self.buckets.models.bucket_name)
