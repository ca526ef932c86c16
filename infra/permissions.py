"""Who may do what: grants from a table or bucket to one function, in actions that the adapters really use."""

from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from infra.nag import acknowledge

_READ_ITEMS: Final = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
_WRITE_ITEMS: Final = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem")
_WRITE_OBJECTS: Final = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")


def read_items(table: dynamodb.Table, *functions: lambda_.Function) -> None:
    """Let functions read a table and its indexes."""
    for function in functions:
        table.grant(function, *_READ_ITEMS)


def write_items(table: dynamodb.Table, *functions: lambda_.Function) -> None:
    """Let functions change a table."""
    for function in functions:
        table.grant(function, *_WRITE_ITEMS)


def read_objects(bucket: s3.Bucket, *functions: lambda_.Function) -> None:
    """Let functions list and read a bucket; listing also turns a missing key into 404 instead of 403."""
    for function in functions:
        _grant(function, bucket.bucket_arn, "s3:ListBucket")
        _grant(function, bucket.arn_for_objects("*"), "s3:GetObject")


def write_objects(bucket: s3.Bucket, *functions: lambda_.Function) -> None:
    """Let functions store and remove objects; bucket.grant_write would add a `*` to its actions."""
    for function in functions:
        _grant(function, bucket.arn_for_objects("*"), *_WRITE_OBJECTS)


def assume_callers_roles(function: lambda_.Function) -> None:
    """Let a function act under the service roles that callers name in `roleArn`."""
    _grant(function, f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/*", "sts:AssumeRole")


def _grant(function: lambda_.Function, resource_arn: str, *actions: str) -> None:
    iam.Grant.add_to_principal(grantee=function, actions=list(actions), resource_arns=[resource_arn])
