"""The DynamoDB tables, made from the schema that the adapters read."""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.nag import acknowledge, skip_check
from infra.names import Names
from tastemaker.store import schema

_NO_BACKUPS: Final = (
    "It holds a log of a few days that only implicit impressions, replays and estimates read; whoever was "
    "deleted would stay in its backups for 35 days."
)


class Tables(Construct):
    """Resources, events, records, answers: on demand, encrypted, recoverable (but answers), kept without the stack."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        super().__init__(scope, construct_id)
        self.resources = _table(self, "Resources", schema.RESOURCES, names)
        _table(self, "Events", schema.EVENTS, names)
        _table(self, "Records", schema.RECORDS, names)
        _table(self, "Answers", schema.ANSWERS, names)


def _table(scope: Construct, construct_id: str, table: schema.Table, names: Names) -> dynamodb.Table:
    dynamo_table = dynamodb.Table(
        scope,
        construct_id,
        table_name=names.table(table),
        partition_key=_key(table.hash),
        sort_key=_key(table.range) if table.range else None,
        time_to_live_attribute=table.expires,
        stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES if table.streams else None,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.AWS_MANAGED,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            # What is forgotten within days, or with its user, must not be brought back for weeks.
            point_in_time_recovery_enabled=not table.expires
        ),
        deletion_protection=True,
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
    if table.expires:
        acknowledge(dynamo_table, "AwsSolutions-DDB3", _NO_BACKUPS)
        skip_check(dynamo_table, "CKV_AWS_28", _NO_BACKUPS)
    for index in table.indexes:
        if index.local:
            dynamo_table.add_local_secondary_index(index_name=index.name, sort_key=_key(index.range))
        else:
            dynamo_table.add_global_secondary_index(
                index_name=index.name,
                partition_key=_key(index.hash),
                sort_key=_key(index.range),
                projection_type=dynamodb.ProjectionType.KEYS_ONLY if index.keys_only else dynamodb.ProjectionType.ALL,
            )
    return dynamo_table


def _key(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
