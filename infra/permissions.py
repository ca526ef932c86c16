"""Who may do what: from one table or bucket to one function, in the very actions that the adapters use.

CDK's own grants would add wildcards (`s3:GetObject*`, every index of a table) and actions that nobody needs (Scan).
No statement lets a function assume roles: the trust policy of a caller's role, which names the task role, is enough
within an account, and with a statement every role could be assumed that trusts the account as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from infra.nag import acknowledge
from infra.names import Names, bucket_arn
from tastemaker.store.schema import Table

# What CDK grants readers and writers of a table under a key.
_READ_UNDER_KEY: Final = ("kms:Decrypt", "kms:DescribeKey")
_WRITE_UNDER_KEY: Final = ("kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
# Where the insights of snapshots lie (tastemaker.domain.insights).
INSIGHTS: Final = "snapshots/*/insights*.json"
# Where the figures of metric attributions lie (tastemaker.pipelines.places).
FIGURES: Final = "attributions/*/figures/*.json"
_ANY_KEY: Final = f"arn:{Aws.PARTITION}:kms:{Aws.REGION}:{Aws.ACCOUNT_ID}:key/*"
# What goes with every data key (tastemaker.store.kms, which needs boto3).
_CONTEXT: Final = "tastemaker-dataset-group"
# What is of AWS Batch without a name that is known now; {} is that of the job definition.
_JOBS: Final = {
    "job-definition/{}:*": "The revisions of one definition of ours, whose numbers AWS Batch gives.",
    "job/*": "AWS Batch makes a job's id when it is submitted, and has no other condition for TerminateJob than tags.",
}
_OWN_OBJECTS: Final = (
    "The objects of one bucket that holds nothing but this service's own data; their keys are made at run time."
)
# What is deleted is deleted in all its versions, so no marker is ever put over an object.
_WRITE_OBJECTS: Final = ("s3:PutObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload")


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one role may do, in a deployment of these names."""

    role: iam.IRole
    names: Names

    def get_items(self, *tables: Table) -> None:
        """Let a function read single items whose keys it was told."""
        self._grant(["dynamodb:GetItem"], *map(self.names.table_arn, tables))

    def query_items(self, *tables: Table) -> None:
        """Let a function read what tables have under one key."""
        self._grant(["dynamodb:Query"], *map(self.names.table_arn, tables))

    def query_indexes(self, table: Table, *indexes: str) -> None:
        """Let a function query indexes of a table, or all that it has."""
        self._grant(["dynamodb:Query"], *self.names.index_arns(table, *indexes))

    def count_items(self, *resource_arns: str) -> None:
        """Let a function count what a query finds, and see none of it."""
        self._grant(["dynamodb:Query"], *resource_arns, conditions={"StringEquals": {"dynamodb:Select": "COUNT"}})

    def look_up_items(self, *tables: Table) -> None:
        """Let a function read many single items at once."""
        self._grant(["dynamodb:BatchGetItem"], *map(self.names.table_arn, tables))

    def put_items(self, *tables: Table) -> None:
        """Let a function add items one by one, and remove none."""
        self._grant(["dynamodb:PutItem"], *map(self.names.table_arn, tables))

    def change_items(self, *tables: Table) -> None:
        """Let a function change and remove items one by one; a transaction is allowed by the rights to its parts."""
        self._grant(["dynamodb:PutItem", "dynamodb:DeleteItem"], *map(self.names.table_arn, tables))

    def write_batches(self, *tables: Table) -> None:
        """Let a function put and remove many items at once."""
        self._grant(["dynamodb:BatchWriteItem"], *map(self.names.table_arn, tables))

    def read_objects(self, *buckets: str) -> None:
        """Let a function list and read buckets; the right to list also turns a missing key into 404 instead of 403."""
        for bucket in buckets:
            self._grant(["s3:ListBucket"], bucket_arn(bucket))
            self.get_objects(bucket)

    def get_objects(self, bucket: str) -> None:
        """Let a function read objects of a bucket; one that is not there it takes for one that it may not read."""
        self._grant(["s3:GetObject"], f"{bucket_arn(bucket)}/*")
        self._accept_objects(bucket, "*", _OWN_OBJECTS)

    def read_numbers(self, bucket: str) -> None:
        """Let a function read the numbers of snapshots and of attributions, and nothing else of the bucket."""
        for keys in (INSIGHTS, FIGURES):
            self._grant(["s3:GetObject"], f"{bucket_arn(bucket)}/{keys}")
            self._accept_objects(bucket, keys, "Numbers without ids, in objects that come and go.")

    def write_objects(self, *buckets: str) -> None:
        """Let a function store objects, and remove them in all their versions."""
        for bucket in buckets:
            self._grant(["s3:ListBucketVersions"], bucket_arn(bucket))
            self._grant(_WRITE_OBJECTS, f"{bucket_arn(bucket)}/*")
            self._accept_objects(bucket, "*", _OWN_OBJECTS)

    def use_keys_of_objects(self, *, writes: bool = False, key_arn: str = _ANY_KEY) -> None:
        """Let a function use callers' KMS keys through S3, for the objects of their groups, or one key alone."""
        # In China the name of the service ends in .cn as well.
        conditions = {"StringLike": {"kms:ViaService": f"s3.{Aws.REGION}.amazonaws.com*"}}
        actions = ["kms:Decrypt", *(["kms:GenerateDataKey"] if writes else [])]
        self._grant(actions, key_arn, conditions=conditions)
        if key_arn == _ANY_KEY:
            self._accept_keys()

    def use_own_key(self, arn: str, *, writes: bool = True) -> None:
        """Let a function use tables under the deployment's own key; objects under it are under any key of the account.

        DynamoDB opens a table's key in the name of whoever asks it ("Encryption at rest: usage notes").
        """
        if arn:
            conditions = {"StringLike": {"kms:ViaService": f"dynamodb.{Aws.REGION}.amazonaws.com*"}}
            self._grant([*_READ_UNDER_KEY, *(_WRITE_UNDER_KEY if writes else ())], arn, conditions=conditions)

    def open_data_keys(self) -> None:
        """Let a function open the data keys of dataset groups, and nothing else that is under a caller's key."""
        groups = f"arn:{Aws.PARTITION}:personalize:{Aws.REGION}:{Aws.ACCOUNT_ID}:dataset-group/*"
        self._grant(["kms:Decrypt"], _ANY_KEY, conditions={"StringLike": {f"kms:EncryptionContext:{_CONTEXT}": groups}})
        self._accept_keys()

    def _accept_keys(self) -> None:
        acknowledge(
            self.role,
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:key/*]",
            "Callers name the key of a dataset group, and it is not known now; the key's own policy decides, and a "
            "dataset group is made only with a role that may use the key.",
        )

    def read_stream(self, table: Table, stream_arn: str) -> None:
        """Let a function be called with a table's changes."""
        actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        self._grant(actions, stream_arn)
        self._grant(["dynamodb:ListStreams"], f"{self.names.table_arn(table)}/stream/*")
        acknowledge(
            self.role,
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/"
            f"{self.names.table(table)}/stream/*]",
            "Whose streams are listed is said by the table alone: a stream's name is not known before there is one.",
        )

    def put_events(self) -> None:
        """Let a function put events of this service, and of no other, on the account's default bus."""
        bus = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:event-bus/default"
        self._grant(["events:PutEvents"], bus, conditions={"StringEquals": {"events:source": "tastemaker"}})

    def call(self, method_arn: str) -> None:
        """Let a function call a method of a REST API."""
        self._grant(["execute-api:Invoke"], method_arn)

    def ask_versions(self, handler: str) -> None:
        """Let a function find its own versions, and call them, but not itself."""
        self._grant(["lambda:ListVersionsByFunction"], self.names.function_arn(handler))
        self._grant(["lambda:InvokeFunction"], f"{self.names.function_arn(handler)}:*")
        acknowledge(
            self.role,
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:"
            f"{self.names.of(handler)}:*]",
            "The versions of one function of ours, whose numbers Lambda gives: what earlier releases have left.",
        )

    def start_workflows(self, *workflows: str) -> None:
        """Let a function start state machines."""
        self._grant(["states:StartExecution"], *map(self.names.machine_arn, workflows))

    def follow_workflows(self, *workflows: str) -> None:
        """Let a function ask how executions have ended."""
        for workflow in workflows:
            name = f"{self.names.execution_arn(workflow)}:*"
            self._grant(["states:DescribeExecution"], name)
            acknowledge(
                self.role,
                f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
                f"{self.names.of(workflow)}:*]",
                "The executions of one state machine of ours: their names are made when they start.",
            )

    def run_jobs(self) -> None:
        """Let a function submit jobs of our definition to our queue, look at them, and end them."""
        definition = self.names.batch_arn(f"job-definition/{self.names.of('job')}")
        queue = self.names.batch_arn(f"job-queue/{self.names.of('jobs')}")
        self._grant(["batch:SubmitJob"], queue, definition, f"{definition}:*")
        self._grant(["batch:TerminateJob"], self.names.batch_arn("job/*"))
        self._grant(["batch:ListJobs", "batch:DescribeJobs"], "*")
        for name, reason in _JOBS.items():
            arn = f"arn:<AWS::Partition>:batch:<AWS::Region>:<AWS::AccountId>:{name.format(self.names.of('job'))}"
            acknowledge(self.role, f"AwsSolutions-IAM5[Resource::{arn}]", reason)

    def run_spark(self, application_arn: str, role_arn: str) -> None:
        """Let a function run what an application runs, look at it, and end it, under a role that it may pass on."""
        self._grant(["emr-serverless:StartJobRun"], application_arn)
        runs = f"{application_arn}/jobruns/*"
        self._grant(["emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"], runs)
        services = {"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}}
        self._grant(["iam:PassRole"], role_arn, conditions=services)

    def read_assets(self, assets: Sequence[tuple[str, str]]) -> None:
        """Let a role read what the functions are made of."""
        self._grant(["s3:GetObject"], *(f"{bucket_arn(bucket)}/{key}" for bucket, key in assets))

    def count_metrics(self) -> None:
        """Let a function count what metrics hold; it puts none itself, but as the role that a caller names."""
        self._grant(["cloudwatch:GetMetricStatistics"], "*")
        acknowledge(
            self.role,
            "AwsSolutions-IAM5[Resource::*]",
            "CloudWatch has no resources or conditions for GetMetricStatistics, and X-Ray none for what tracing puts "
            "where that is on: both accept nothing narrower.",
        )

    def _accept_objects(self, bucket: str, keys: str, reason: str) -> None:
        name = bucket.replace(Aws.ACCOUNT_ID, "<AWS::AccountId>").replace(Aws.REGION, "<AWS::Region>")
        acknowledge(self.role, f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{name}/{keys}]", reason)

    def _grant(
        self, actions: Sequence[str], *resource_arns: str, conditions: dict[str, dict[str, str]] | None = None
    ) -> None:
        iam.Grant.add_to_principal(
            grantee=self.role,
            actions=list(actions),
            resource_arns=list(resource_arns),
            conditions=conditions,
        )
