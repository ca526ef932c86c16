"""Changed statuses as events: from the stream of the resources table, through one function, to the default bus."""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.layers import Layers
from infra.names import Names
from infra.service_function import ServiceFunction
from tastemaker.store.schema import RESOURCES


class Announcements(Construct):
    """A function that Lambda calls with what has changed, and again until EventBridge has taken it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        code: lambda_.Code,
        layers: Layers,
        table: dynamodb.ITable,
        kms_key_arn: str,
        traced: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        part = ServiceFunction(
            self,
            "Announcements",
            names=names,
            code=code,
            layers=[layers.base],
            environment={"resources_table": names.table(RESOURCES)},
            memory=256,
            timeout=Duration.seconds(60),
            traced=traced,
        )
        self.function = part.function
        part.may.read_stream(RESOURCES, str(table.table_stream_arn))
        part.may.use_own_key(kms_key_arn, writes=False)
        part.may.put_events()
        self.function.add_event_source_mapping(
            "Changes",
            event_source_arn=table.table_stream_arn,
            # What was before is known to those who describe; a new deployment tells nothing twice.
            starting_position=lambda_.StartingPosition.LATEST,
            batch_size=100,
            bisect_batch_on_error=True,
        )
