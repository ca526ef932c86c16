"""What tables, buckets and machines are called: fixed, so each is found without an export or a cycle."""

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


def machine_arn(workflow: str) -> str:
    """Return the ARN of a workflow's state machine, which exists only once the task function does."""
    return f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{machine_name(workflow)}"


def execution_arn(workflow: str) -> str:
    """Return what the ARNs of a workflow's executions begin with."""
    return machine_arn(workflow).replace(":stateMachine:", ":execution:")


def machine_name(workflow: str) -> str:
    """Return what a workflow's state machine is called."""
    return f"tastemaker-{workflow}"


def bucket_arn(bucket: str) -> str:
    """Return a bucket's ARN."""
    return f"arn:{Aws.PARTITION}:s3:::{bucket}"
