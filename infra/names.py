"""What tables and buckets are called: fixed, so the service stack finds them with no export that locks both stacks."""

from typing import Final

from aws_cdk import Aws

from tastemaker.store.schema import Table

DATA_BUCKET: Final = f"tastemaker-data-{Aws.ACCOUNT_ID}-{Aws.REGION}"
MODELS_BUCKET: Final = f"tastemaker-models-{Aws.ACCOUNT_ID}-{Aws.REGION}"


def table_arn(table: Table) -> str:
    """Return a table's ARN in the account and region of the stack."""
    return f"arn:{Aws.PARTITION}:dynamodb:{Aws.REGION}:{Aws.ACCOUNT_ID}:table/{table.name}"


def index_arns(table: Table) -> list[str]:
    """Return the ARNs of a table's indexes, each by its name."""
    return [f"{table_arn(table)}/index/{index.name}" for index in table.indexes]


def bucket_arn(bucket: str) -> str:
    """Return a bucket's ARN."""
    return f"arn:{Aws.PARTITION}:s3:::{bucket}"
