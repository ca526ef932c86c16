"""Who may do what: from one table or bucket to one function, in the very actions that the adapters use.

CDK's own grants would add wildcards (`s3:GetObject*`, every index of a table) and actions that nobody needs (Scan).
No statement lets a function assume roles: the trust policy of a caller's role, which names the task role, is enough
within an account, and with a statement every role could be assumed that trusts the account as a whole.
"""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from infra.nag import acknowledge
from infra.names import bucket_arn, execution_arn, index_arns, machine_arn, machine_name, table_arn
from tastemaker.store.schema import Table

_READ_ITEMS: Final = ("dynamodb:GetItem", "dynamodb:Query")
_LOOK_UP_ITEMS: Final = ("dynamodb:BatchGetItem",)
_WRITE_ITEMS: Final = ("dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem")
# Where the insights of snapshots lie (tastemaker.domain.insights).
INSIGHTS: Final = "snapshots/*/insights*.json"
_ANY_KEY: Final = f"arn:{Aws.PARTITION}:kms:{Aws.REGION}:{Aws.ACCOUNT_ID}:key/*"
# What goes with every data key (tastemaker.store.kms, which needs boto3).
_CONTEXT: Final = "tastemaker-dataset-group"
_OWN_OBJECTS: Final = (
    "The objects of one bucket that holds nothing but this service's own data; their keys are made at run time."
)
# What is deleted is deleted in all its versions, so no marker is ever put over an object.
_WRITE_OBJECTS: Final = ("s3:PutObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload")


def read_items(role: iam.Role, *tables: Table) -> None:
    """Let a function read tables and query their indexes."""
    for table in tables:
        _grant(role, _READ_ITEMS, table_arn(table), *index_arns(table))


def count_items(role: iam.Role, *resource_arns: str) -> None:
    """Let a function count what a query finds, and see none of it."""
    _grant(role, ["dynamodb:Query"], *resource_arns, conditions={"StringEquals": {"dynamodb:Select": "COUNT"}})


def look_up_items(role: iam.Role, *tables: Table) -> None:
    """Let a function ask whether items are there already."""
    _grant(role, _LOOK_UP_ITEMS, *map(table_arn, tables))


def get_items(role: iam.Role, *tables: Table) -> None:
    """Let a function read single items whose keys it was told."""
    _grant(role, ["dynamodb:GetItem"], *map(table_arn, tables))


def forget_items(role: iam.Role, *tables: Table) -> None:
    """Let a function find items by the tables' indexes and remove them."""
    for table in tables:
        _grant(role, ["dynamodb:Query"], *index_arns(table))
        _grant(role, ["dynamodb:BatchWriteItem"], table_arn(table))


def put_items(role: iam.Role, *tables: Table) -> None:
    """Let a function add items one by one, and remove none."""
    _grant(role, ["dynamodb:PutItem"], *map(table_arn, tables))


def write_items(role: iam.Role, *tables: Table) -> None:
    """Let a function change tables."""
    _grant(role, _WRITE_ITEMS, *map(table_arn, tables))


def read_objects(role: iam.Role, *buckets: str) -> None:
    """Let a function list and read buckets; the right to list also turns a missing key into 404 instead of 403."""
    for bucket in buckets:
        _grant(role, ["s3:ListBucket"], bucket_arn(bucket))
        _grant(role, ["s3:GetObject"], f"{bucket_arn(bucket)}/*")
        _accept_objects(role, bucket, "*", _OWN_OBJECTS)


def read_insights(role: iam.Role, bucket: str) -> None:
    """Let a function read what snapshots hold in numbers, and nothing else of the bucket."""
    _grant(role, ["s3:GetObject"], f"{bucket_arn(bucket)}/{INSIGHTS}")
    _accept_objects(role, bucket, INSIGHTS, "Figures without ids, of snapshots that come and go.")


def write_objects(role: iam.Role, *buckets: str) -> None:
    """Let a function store objects, and remove them in all their versions."""
    for bucket in buckets:
        _grant(role, ["s3:ListBucketVersions"], bucket_arn(bucket))
        _grant(role, _WRITE_OBJECTS, f"{bucket_arn(bucket)}/*")
        _accept_objects(role, bucket, "*", _OWN_OBJECTS)


def use_keys_of_objects(role: iam.Role, *, writes: bool = False) -> None:
    """Let a function use callers' KMS keys through S3, for the objects of the dataset groups that they are given to."""
    # In China the name of the service ends in .cn as well.
    conditions = {"StringLike": {"kms:ViaService": f"s3.{Aws.REGION}.amazonaws.com*"}}
    actions = ["kms:Decrypt", *(["kms:GenerateDataKey"] if writes else [])]
    _grant(role, actions, _ANY_KEY, conditions=conditions)
    _accept_keys(role)


def open_data_keys(role: iam.Role) -> None:
    """Let a function open the data keys of dataset groups, and nothing else that is under a caller's key."""
    groups = f"arn:{Aws.PARTITION}:personalize:{Aws.REGION}:{Aws.ACCOUNT_ID}:dataset-group/*"
    _grant(role, ["kms:Decrypt"], _ANY_KEY, conditions={"StringLike": {f"kms:EncryptionContext:{_CONTEXT}": groups}})
    _accept_keys(role)


def _accept_keys(role: iam.Role) -> None:
    acknowledge(
        role,
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:key/*]",
        "Callers name the key of a dataset group, and it is not known now; the key's own policy decides, and a dataset "
        "group is made only with a role that may use the key.",
    )


def read_stream(role: iam.Role, table: Table, stream_arn: str) -> None:
    """Let a function be called with a table's changes."""
    actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    _grant(role, actions, stream_arn)
    _grant(role, ["dynamodb:ListStreams"], f"{table_arn(table)}/stream/*")
    acknowledge(
        role,
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/"
        f"{table.name}/stream/*]",
        "Whose streams are listed is said by the table alone: a stream's name is not known before there is one.",
    )


def put_events(role: iam.Role) -> None:
    """Let a function put events of this service, and of no other, on the account's default bus."""
    bus = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:event-bus/default"
    _grant(role, ["events:PutEvents"], bus, conditions={"StringEquals": {"events:source": "tastemaker"}})


def start_workflows(role: iam.Role, *workflows: str) -> None:
    """Let a function start state machines."""
    _grant(role, ["states:StartExecution"], *map(machine_arn, workflows))


def follow_workflows(role: iam.Role, *workflows: str) -> None:
    """Let a function ask how executions have ended."""
    for workflow in workflows:
        name = f"{execution_arn(workflow)}:*"
        _grant(role, ["states:DescribeExecution"], name)
        acknowledge(
            role,
            f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
            f"{machine_name(workflow)}:*]",
            "The executions of one state machine of ours: their names are made when they start.",
        )


def count_metrics(role: iam.Role) -> None:
    """Let a function count what metrics hold; it puts none itself, but as the role that a caller names."""
    _grant(role, ["cloudwatch:GetMetricStatistics"], "*")
    acknowledge(
        role,
        "AwsSolutions-IAM5[Resource::*]",
        "CloudWatch has no resources or conditions for GetMetricStatistics, and X-Ray none for what tracing puts: both "
        "accept nothing narrower.",
    )


def _accept_objects(role: iam.Role, bucket: str, keys: str, reason: str) -> None:
    name = bucket.replace(Aws.ACCOUNT_ID, "<AWS::AccountId>").replace(Aws.REGION, "<AWS::Region>")
    acknowledge(role, f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{name}/{keys}]", reason)


def _grant(
    role: iam.Role, actions: Sequence[str], *resource_arns: str, conditions: dict[str, dict[str, str]] | None = None
) -> None:
    iam.Grant.add_to_principal(
        grantee=role,
        actions=list(actions),
        resource_arns=list(resource_arns),
        conditions=conditions,
    )
