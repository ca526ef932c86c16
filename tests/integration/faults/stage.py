"""A dataset group with one dataset in it: what is done to it through the API, and what it holds."""

import json
import time
from contextlib import suppress
from dataclasses import replace
from functools import cache
from unittest.mock import patch

import boto3
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from tastemaker import bootstrap
from tastemaker.config import Config, environment
from tastemaker.pipelines.upkeep import steps
from tastemaker.store.clients import client
from tastemaker_local.emulation.messages import ACCOUNT

REGION = "us-east-1"
DATA, MODELS = (f"tastemaker-{what}-123456789012-us-east-1" for what in ("data", "models"))
CALLERS, TABLE = "callers", "tastemaker-resources"
HOME = f"arn:aws:personalize:{REGION}:123456789012"
ROLE = "arn:aws:iam::123456789012:role/of-the-caller"
SERVICES = ("dynamodb", "s3", "stepfunctions", "cloudwatch", "sts")
SETTLED = {"ACTIVE", "COMPLETED", "CREATE FAILED", "FAILED"}
PATIENCE = 60.0
_LOOK = 10.0  # what waits for another job waits for its lost start to be made good
_PAUSE = 0.01  # who asks without one takes the processor from what is waited for
_MACHINES = f"arn:aws:states:{REGION}:123456789012:stateMachine:tastemaker-"
_SESSION = boto3.session.Session()
_KEYS = {"region_name": REGION, "aws_access_key_id": "test", "aws_secret_access_key": "test"}


class Hangs(Exception):
    """Nobody works on the job any more, and it has not ended."""


class Stage:
    """A local service with one machine's dataset group in it, filled by its API once and then copied."""

    def __init__(self, service, machine):
        self.service, self.machine = service, machine
        self.dataset = f"{HOME}:dataset/shop/{machine.type.upper()}"
        self.personalize, self.runtime, self.events, self.s3, *others = _clients(service.url)
        self._dynamodb, self._states, self._lambda, self._iam = others
        self._again = 0
        self.versions = {}  # the newest version that was trained under a name of the machine's own
        service.cloud.empty()
        self._fill()
        self._kept = self._objects(), self._records(), dict(self.versions)

    def reset(self):
        """Return to what the group was filled with."""
        self.service.cloud.empty()
        self._furnish()
        objects, records, versions = self._kept
        self.versions = dict(versions)
        for bucket, key, body in objects:
            self.s3.put_object(Bucket=bucket, Key=key, Body=body)
        for table, item in records:
            self._dynamodb.put_item(TableName=table, Item=item)

    @property
    def clients(self):
        """The clients with which the service itself works; it makes them when it is first asked for something."""
        return [client(name, REGION) for name in SERVICES]

    def ask(self, *, between=None):
        """Ask for the tested job, and once more if the answer is no answer, as callers do."""
        try:
            self.machine.ask(self, "tested")
        except (ClientError, BotoCoreError) as error:
            answer = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
            if between:
                between()
            with suppress(self.personalize.exceptions.ResourceAlreadyExistsException):
                self.machine.ask(self, "tested")
            return answer
        return "ok"

    def settled(self, name="tested", *, beside=lambda: None):
        """Return the job when it has ended and nothing works any more; do something `beside` each look."""
        deadline, looks = time.monotonic() + PATIENCE, 0
        due = time.monotonic() + _LOOK if self.machine.waits else deadline
        while True:
            beside()
            if not self.running():
                found = self.machine.told(self, name)
                if found["status"] in SETTLED:
                    return found
                if looks == 2:
                    raise Hangs(found["status"])
                looks += 1
                self.an_hour_later()
            if time.monotonic() > due:
                due += _LOOK
                self.an_hour_later()
            if time.monotonic() > deadline:
                raise Hangs(f"{self.machine.told(self, name)['status']}, and its execution still runs")
            time.sleep(_PAUSE)

    def imports(self, name, mode="FULL"):
        self.personalize.create_dataset_import_job(
            jobName=name,
            datasetArn=self.dataset,
            dataSource={"dataLocation": f"s3://{CALLERS}/{name}.csv"},
            importMode=mode,
        )

    def start(self, workflow, input_, name):
        """Start an execution that no operation starts."""
        self._states.start_execution(stateMachineArn=_MACHINES + workflow, name=name, input=input_)

    def invoke(self, function, event):
        """Call a function; one that fails is an error, as of an operation."""
        reply = self._lambda.invoke(FunctionName=function, Payload=json.dumps(event))
        if "FunctionError" in reply:
            code = json.loads(reply["Payload"].read())["errorType"]
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "Invoke")

    def running(self):
        """Return the executions that are under way; by the API it would take a call for each machine, each time."""
        machines = stepfunctions_parser_backends[ACCOUNT][REGION].state_machines
        return [
            {"stateMachineArn": machine.arn, "executionArn": execution.exec_arn}
            for machine in machines
            for execution in list(machine.executions)
            if execution.exec_status == ExecutionStatus.RUNNING
        ]

    def end_all(self, *, of_provider=False):
        """Stop what runs of the tasks function, or of a stack's provider; return what it was started with."""
        ended = [each for each in self.running() if each["stateMachineArn"].endswith("provider") == of_provider]
        for execution in ended:
            self._states.stop_execution(executionArn=execution["executionArn"])
        return [(each["stateMachineArn"], self.given(each["executionArn"])) for each in ended]

    def begin_anew(self, machine, given):
        """Start an execution of the same input under another name; return its ARN."""
        self._again += 1
        made = self._states.start_execution(stateMachineArn=machine, name=f"again-{self._again}", input=given)
        return made["executionArn"]

    def has_ended(self, execution):
        return self._states.describe_execution(executionArn=execution)["status"] != "RUNNING"

    def given(self, execution):
        return self._states.describe_execution(executionArn=execution)["input"]

    def an_hour_later(self):
        """Look for lost starts as the schedule does every quarter of an hour, with a clock that is ahead."""
        found = self._lambda.get_function_configuration(FunctionName="tastemaker-tasks")
        own = {"AWS_REGION": REGION, "AWS_LAMBDA_FUNCTION_NAME": found["FunctionName"]}
        token = environment.set({**found["Environment"]["Variables"], **own})
        try:
            deps = bootstrap.deps(Config.from_env())
            steps.due(replace(deps, clock=lambda: time.time() + 3600), {"day": 86_400.0, "training": False})
        finally:
            environment.reset(token)

    def record(self, arn):
        """Return a resource's record."""
        return self.find(arn) or {}

    def find(self, arn: str):
        """Return a resource's record, or None."""
        reply = self._dynamodb.get_item(TableName=TABLE, Key={"arn": {"S": arn}}, ConsistentRead=True)
        return json.loads(reply["Item"]["body"]["S"]) if "Item" in reply else None

    def contradictions(self):
        """Name the records that say that work goes on which has ended, or that a model has read what it has not."""
        records = [json.loads(item["body"]["S"]) for item in self.items(TABLE) if "body" in item]
        going = [record["_arn"] for record in records if "_progress" in record and record.get("status") in SETTLED]
        return going + [record["_arn"] for record in records if "_artifact" in record and not self._knows(record)]

    def _knows(self, version):
        manifest = json.loads(self.read(f"{version['_artifact']['prefix']}manifest.json", MODELS))
        read = {"snapshots": manifest["snapshots"], "recorded_before": manifest["events"]["recorded_before"]}
        return read == version["_trained_on"]

    def items(self, table):
        return self._dynamodb.scan(TableName=table)["Items"]

    def read(self, key, bucket=DATA):
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def folders(self, prefix):
        """Name every folder below a prefix of which any version of any object is left."""
        found = self.s3.list_object_versions(Bucket=DATA, Prefix=prefix)
        versions = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        return {version["Key"].split("/")[-2] for version in versions}

    def until_active(self, operation, member, arn):
        self._until_nothing_runs()
        found = getattr(self.personalize, operation)(**{f"{member}Arn": arn})[member]
        assert found["status"] == "ACTIVE", found

    def until_gone(self, operation, member, arn):
        self._until_nothing_runs()
        with suppress(self.personalize.exceptions.ResourceNotFoundException):
            getattr(self.personalize, operation)(**{f"{member}Arn": arn})
            raise Hangs(f"{arn} is not removed")

    def _until_nothing_runs(self):
        deadline = time.monotonic() + PATIENCE
        while self.running():
            if time.monotonic() > deadline:
                raise Hangs("an execution still runs")
            time.sleep(_PAUSE)

    def _furnish(self):
        """Make what belongs to the caller."""
        self.s3.create_bucket(Bucket=CALLERS)
        self.s3.put_bucket_versioning(Bucket=DATA, VersioningConfiguration={"Status": "Enabled"})
        self._iam.create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument="{}")

    def _fill(self):
        machine, personalize = self.machine, self.personalize
        self._furnish()
        texts = {name: text() if callable(text) else text for name, text in machine.files.items()}
        for name, text in texts.items():
            key = f"{name}.json" if text.startswith("{") else f"{name}.csv"
            self.s3.put_object(Bucket=CALLERS, Key=key, Body=text.encode())
        fields = [{"name": name, "type": type_} for name, type_ in machine.fields.items()]
        space = "com.amazonaws.personalize.schema"
        text = {"type": "record", "name": machine.type, "namespace": space, "fields": fields, "version": "1.0"}
        domain = {"domain": machine.domain} if machine.domain else {}
        schema = personalize.create_schema(name="s", schema=json.dumps(text), **domain)["schemaArn"]
        group = personalize.create_dataset_group(name="shop", **domain)["datasetGroupArn"]
        self.until_active("describe_dataset_group", "datasetGroup", group)
        personalize.create_dataset(name="d", datasetGroupArn=group, schemaArn=schema, datasetType=machine.type)
        self.until_active("describe_dataset", "dataset", self.dataset)
        self.imports("first")
        self.until_active("describe_dataset_import_job", "datasetImportJob", f"{HOME}:dataset-import-job/first")
        machine.prepare(self)
        self._until_nothing_runs()

    def _objects(self):
        keys = [
            (bucket, found["Key"])
            for bucket in (CALLERS, DATA, MODELS)
            for found in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        ]
        return [(bucket, key, self.read(key, bucket)) for bucket, key in keys]

    def _records(self):
        return [(table, item) for table in self._dynamodb.list_tables()["TableNames"] for item in self.items(table)]


@cache
def _clients(url):
    """Return a caller's clients, which try once: what they do by themselves is done here in plain sight."""
    once = ClientConfig(retries={"total_max_attempts": 1})
    ours = ("personalize", "personalize-runtime", "personalize-events")
    names = (*ours, "s3", "dynamodb", "stepfunctions", "lambda", "iam")
    return [_SESSION.client(name, endpoint_url=url, config=once, **_KEYS) for name in names]


def hurried():
    """Let nobody wait for a second try: what is waited for is in this process."""
    sleep = time.sleep
    return patch("time.sleep", lambda seconds: sleep(min(seconds, 0.01)))
