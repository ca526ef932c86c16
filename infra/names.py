"""What tables, buckets, functions and machines are called: fixed, so each is found without an export or a cycle."""

import re
from dataclasses import dataclass
from typing import Final

from aws_cdk import Aws

from tastemaker.store.schema import Table

DEFAULT: Final = "tastemaker"
# Buckets have 63 characters at most, of which account, region and what it holds take 43.
_NAME: Final = re.compile(r"[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one deployment, all of which begin with its own: several fit into an account and region."""

    deployment: str = DEFAULT

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.deployment):
            raise ValueError(
                f"tastemaker:name must be at most 20 lower-case letters, digits and hyphens, a letter first: "
                f"not {self.deployment!r}"
            )

    def of(self, what: str) -> str:
        """Return what something is called that has a name in the account and region."""
        return f"{self.deployment}-{what}"

    def stack(self, part: str) -> str:
        """Return what a stack is called: TastemakerState, or ShopTestState of shop-test."""
        return "".join(word.capitalize() for word in self.deployment.split("-")) + part

    @property
    def data_bucket(self) -> str:
        """The bucket of snapshots and of what jobs keep."""
        return f"{self.of('data')}-{Aws.ACCOUNT_ID}-{Aws.REGION}"

    @property
    def models_bucket(self) -> str:
        """The bucket of trained models."""
        return f"{self.of('models')}-{Aws.ACCOUNT_ID}-{Aws.REGION}"

    @property
    def console_bucket(self) -> str:
        """The bucket of the console's page."""
        return f"{self.of('console')}-{Aws.ACCOUNT_ID}-{Aws.REGION}"

    def table(self, table: Table) -> str:
        """Return what a table of the schema is called here."""
        return self.of(table.name.removeprefix(f"{DEFAULT}-"))

    def table_arn(self, table: Table) -> str:
        """Return a table's ARN in the account and region of the stack."""
        return f"arn:{Aws.PARTITION}:dynamodb:{Aws.REGION}:{Aws.ACCOUNT_ID}:table/{self.table(table)}"

    def index_arns(self, table: Table, *names: str) -> list[str]:
        """Return the ARNs of those of a table's indexes that are named, or of all."""
        names = names or tuple(index.name for index in table.indexes)
        return [f"{self.table_arn(table)}/index/{name}" for name in names]

    def function_arn(self, handler: str) -> str:
        """Return the ARN of a function, for a role that it must be in before there is one."""
        return f"arn:{Aws.PARTITION}:lambda:{Aws.REGION}:{Aws.ACCOUNT_ID}:function:{self.of(handler)}"

    def machine_arn(self, workflow: str) -> str:
        """Return the ARN of a workflow's state machine, which exists only once the task function does."""
        return f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{self.of(workflow)}"

    @staticmethod
    def batch_arn(name: str) -> str:
        """Return the ARN of something of AWS Batch."""
        return f"arn:{Aws.PARTITION}:batch:{Aws.REGION}:{Aws.ACCOUNT_ID}:{name}"

    def execution_arn(self, workflow: str) -> str:
        """Return what the ARNs of a workflow's executions begin with."""
        return self.machine_arn(workflow).replace(":stateMachine:", ":execution:")


def bucket_arn(bucket: str) -> str:
    """Return a bucket's ARN."""
    return f"arn:{Aws.PARTITION}:s3:::{bucket}"
