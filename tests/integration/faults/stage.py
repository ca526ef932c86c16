"""A dataset with data in it and the files of one more import: what is done to it through the API, and what it holds."""

import hashlib
import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace

import boto3
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from tastemaker import bootstrap
from tastemaker.config import Config, environment
from tastemaker.pipelines.upkeep import steps
from tastemaker.store.clients import client

REGION = "us-east-1"
DATA, CALLERS, TABLE = "tastemaker-data-123456789012-us-east-1", "callers", "tastemaker-resources"
HOME = f"arn:aws:personalize:{REGION}:123456789012"
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:tastemaker-import"
JOB = f"{HOME}:dataset-import-job/tested"
SETTLED = {"ACTIVE", "CREATE FAILED"}
PATIENCE = 60.0
_SESSION = boto3.session.Session()
_KEYS = {"region_name": REGION, "aws_access_key_id": "test", "aws_secret_access_key": "test"}


@dataclass(frozen=True)
class Scene:
    """A kind of dataset, the file that fills it, and the import that is tested."""

    type: str
    mode: str
    fields: dict
    old: str
    new: str

    @property
    def schema(self):
        fields = [{"name": name, "type": type_} for name, type_ in self.fields.items()]
        return json.dumps({"type": "record", "name": self.type, "namespace": "n", "fields": fields, "version": "1.0"})

    @property
    def dataset(self):
        return f"{HOME}:dataset/shop/{self.type.upper()}"


def _csv(names, rows):
    return "\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n"


_EVENT = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"}
_ITEM = {"ITEM_ID": "string", "PRICE": "float"}
_OLD = _csv(_EVENT, [(f"u{n % 7}", f"i{n % 5}", n) for n in range(40)])
_NEW = _csv(_EVENT, [(f"u{n % 8}", f"i{n % 9}", n) for n in range(60)])


def _large():
    """More rows than S3 takes at once when they are Parquet: nothing in them repeats."""
    chance = random.Random(1)  # noqa: S311 - not a secret
    return _csv(
        _EVENT, [(*(f"{chance.getrandbits(64):x}" for _ in "ui"), chance.getrandbits(31)) for _ in range(500_000)]
    )


SCENES = {
    "full": lambda: Scene("Interactions", "FULL", _EVENT, _OLD, _NEW),
    "incremental": lambda: Scene(
        "Items",
        "INCREMENTAL",
        _ITEM,
        _csv(_ITEM, [(f"i{n}", n) for n in range(20)]),
        _csv(_ITEM, [(f"i{n}", -n) for n in range(10, 30)]),
    ),
    "refused": lambda: Scene("Interactions", "FULL", _EVENT, _OLD, _NEW + "u1,i1,tomorrow\n"),
    "large": lambda: Scene("Interactions", "FULL", _EVENT, _OLD, _large()),
}


class Hangs(Exception):
    """Nobody works on the job any more, and it has not ended."""


@dataclass
class Stage:
    """A local service with one scene's dataset in it, filled with the old data."""

    service: object
    scene: Scene
    _again: int = 0
    s3: object = field(init=False)

    def __post_init__(self):
        self.service.cloud.empty()
        # One attempt: what a caller's client does by itself is done here in plain sight.
        once = ClientConfig(retries={"total_max_attempts": 1})
        names = ("personalize", "s3", "dynamodb", "stepfunctions", "lambda")
        made = {name: _SESSION.client(name, endpoint_url=self.service.url, config=once, **_KEYS) for name in names}
        self.personalize, self.s3, self._dynamodb, self._states, self._lambda = made.values()
        self._fill()

    @property
    def clients(self):
        """The clients with which the service itself works; it makes them when it is first asked for something."""
        return [client(name, REGION) for name in ("dynamodb", "s3", "stepfunctions")]

    def ask(self, name="tested", mode=None, *, between=None):
        """Ask for an import of the new data, and once more if the answer is no answer, as callers do."""
        request = {
            "jobName": name,
            "datasetArn": self.scene.dataset,
            "dataSource": {"dataLocation": f"s3://{CALLERS}/{name}.csv"},
            "importMode": mode or self.scene.mode,
        }
        try:
            self.personalize.create_dataset_import_job(**request)
        except (ClientError, BotoCoreError) as error:
            answer = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
            if between:
                between()
            with suppress(self.personalize.exceptions.ResourceAlreadyExistsException):
                self.personalize.create_dataset_import_job(**request)
            return answer
        return "ok"

    def job(self, name="tested"):
        arn = f"{HOME}:dataset-import-job/{name}"
        return self.personalize.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"]

    def settled(self, name="tested", *, beside=lambda: None):
        """Return the job when it has ended; do something `beside` each look."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.job(name))["status"] not in SETTLED:
            beside()
            if not self._running():
                if self._is_waiting(name):
                    self._an_hour_later()
                elif (found := self.job(name))["status"] not in SETTLED:
                    raise Hangs(found["status"])
            if time.monotonic() > deadline:
                raise Hangs(f"{found['status']}, and its execution still runs")
        return found

    def begin_anew(self, revive):
        """End what a killed function left of its execution, and begin it once more."""
        for execution in self._running():
            self._states.stop_execution(executionArn=execution["executionArn"])
        revive()
        self._again += 1
        self._states.start_execution(stateMachineArn=MACHINE, name=f"again-{self._again}", input=self._given())

    def current(self):
        """Return the manifest of what the dataset reads now, without times, once all its parts are found whole."""
        manifest = json.loads(self._read(self.record()["_snapshot"]))
        for part in manifest["parts"]:
            body = self._read(part["key"])
            assert hashlib.sha256(body).hexdigest() == part["sha256"], f"{part['key']} is not what its manifest says"
        return {name: value for name, value in manifest.items() if name != "imports"}

    def record(self):
        """Return the dataset's record."""
        item = self._dynamodb.get_item(TableName=TABLE, Key={"arn": {"S": self.scene.dataset}}, ConsistentRead=True)
        return json.loads(item["Item"]["body"]["S"])

    def folders(self):
        """Name every snapshot of which any version of any object is left."""
        found = self.s3.list_object_versions(Bucket=DATA, Prefix="snapshots/")
        versions = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        return {version["Key"].split("/")[-2] for version in versions}

    def _fill(self):
        personalize, scene = self.personalize, self.scene
        self.s3.create_bucket(Bucket=CALLERS)
        self.s3.put_bucket_versioning(Bucket=DATA, VersioningConfiguration={"Status": "Enabled"})
        for name, text in {"first": scene.old, "tested": scene.new, "further": scene.old}.items():
            self.s3.put_object(Bucket=CALLERS, Key=f"{name}.csv", Body=text.encode())
        schema = personalize.create_schema(name="s", schema=scene.schema)["schemaArn"]
        group = personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        self._active(personalize.describe_dataset_group, "datasetGroup", group)
        made = personalize.create_dataset(name="d", datasetGroupArn=group, schemaArn=schema, datasetType=scene.type)
        self._active(personalize.describe_dataset, "dataset", made["datasetArn"])
        assert made["datasetArn"] == scene.dataset
        self.ask("first", "FULL")
        assert self.settled("first")["status"] == "ACTIVE"

    def _active(self, describe, member, arn):
        deadline = time.monotonic() + PATIENCE
        while describe(**{f"{member}Arn": arn})[member]["status"] != "ACTIVE":
            assert time.monotonic() < deadline, arn

    def _read(self, key):
        return self.s3.get_object(Bucket=DATA, Key=key)["Body"].read()

    def _given(self):
        """Return what the tested job's execution was started with."""
        for execution in self._states.list_executions(stateMachineArn=MACHINE)["executions"]:
            given = self._states.describe_execution(executionArn=execution["executionArn"])["input"]
            if json.loads(given)["arn"] == JOB:
                return given
        raise Hangs("it was never started")

    def _running(self):
        return self._states.list_executions(stateMachineArn=MACHINE, statusFilter="RUNNING")["executions"]

    def _is_waiting(self, name):
        return self.job(name)["status"] == "CREATE PENDING"

    def _an_hour_later(self):
        """Look for lost starts as the schedule does every quarter of an hour, with a clock that is ahead."""
        found = self._lambda.get_function_configuration(FunctionName="tastemaker-tasks")
        token = environment.set({**found["Environment"]["Variables"], "AWS_REGION": REGION})
        try:
            deps = bootstrap.deps(Config.from_env())
            steps.due(replace(deps, clock=lambda: time.time() + 3600), {"day": 86_400.0})
        finally:
            environment.reset(token)
