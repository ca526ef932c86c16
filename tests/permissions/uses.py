"""What AWS has to be allowed for what the templates ask of it, as grants: read from everything in them but policies."""

import json
import re
from collections.abc import Iterator

from tastemaker.config import variable
from tests.infra.assembly import Assembly
from tests.permissions.grants import SPARK, Grant, plain, read
from tests.permissions.templates import Texts

NAMES = ("roles", "logs", "traces", "steps", "streams", "rules", "methods", "buckets", "containers", "spark")
# Step Functions, "Logging using CloudWatch Logs" and "AWS X-Ray and Step Functions"; Lambda, "Visualize Lambda function
# invocations using AWS X-Ray", "Sending Lambda function logs to CloudWatch Logs", "DynamoDB event source mappings".
_MACHINES_LOG = (
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"),
    *("logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
)
_TRACES = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
_MACHINES_TRACE = (*_TRACES, "xray:GetSamplingRules", "xray:GetSamplingTargets")
_FUNCTIONS_LOG = _CONTAINERS_LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
# EMR Serverless, "Job runtime roles for Amazon EMR Serverless"; what is written in parts may have to be given up.
_SPARK_WRITES = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
_BY_S3 = ("kms:ViaService=s3.amazonaws.com*",)
_STREAMS = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
# Nobody else's machine acts under the role of one of ours ("Cross-service confused deputy prevention").
_OWN_MACHINES = ("aws:SourceArn=states:stateMachine:*", "aws:SourceAccount=123456789012")
_OWN_TASKS = ("aws:SourceAccount=123456789012",)
_NO_PLAIN_HTTP = ("aws:SecureTransport=false", "s3:TlsVersion=1.2")
_API_LOGS = "iam:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"


def of(assembly: Assembly, name: str) -> Iterator[Grant]:
    """Yield the grants of one use."""
    yield from getattr(_Uses(assembly), name)()


class _Uses:
    """The grants by their use; each is a method."""

    def __init__(self, assembly) -> None:
        self._assembly = assembly
        self._texts = Texts(read(assembly.folder))

    def roles(self):
        """Everything that acts under a role, and nothing else, may do so."""
        for owner, _ in [*self._functions(), self._account()]:
            service = "lambda" if owner.startswith("function/") else "apigateway"
            yield Grant(owner, "sts:AssumeRole", f"by {service}.amazonaws.com")
        for owner, _ in self._machines():
            yield Grant(owner, "sts:AssumeRole", "by states.amazonaws.com", _OWN_MACHINES)
        yield Grant("rule/schedule", "sts:AssumeRole", "by events.amazonaws.com")
        for _ in self._assembly.properties("EMRServerless::Application"):
            yield Grant(SPARK, "sts:AssumeRole", "by emr-serverless.amazonaws.com", _OWN_TASKS)
        for owner, container in self._containers():
            yield Grant(owner, "sts:AssumeRole", "by ecs-tasks.amazonaws.com")
            yield Grant(self._worker(container), "sts:AssumeRole", "by ecs-tasks.amazonaws.com", _OWN_TASKS)

    def logs(self):
        for owner, function in self._functions():
            group = self._arn({"Fn::GetAtt": [function["LoggingConfig"]["LogGroup"]["Ref"], "Arn"]})
            yield from (Grant(owner, action, group) for action in _FUNCTIONS_LOG)
        for owner, machine in self._machines():
            assert machine["LoggingConfiguration"]["Level"] != "OFF"
            yield from (Grant(owner, action, "*") for action in _MACHINES_LOG)
        yield Grant(self._account()[0], "managed", _API_LOGS)
        for owner, container in self._containers():
            options = container["LogConfiguration"]["Options"]
            group = self._arn({"Fn::GetAtt": [options["awslogs-group"]["Ref"], "Arn"]})
            yield from (Grant(owner, action, group) for action in _CONTAINERS_LOG)

    def traces(self):
        """What is traced, where that is asked for."""
        for owner, function in self._functions():
            if function.get("TracingConfig") == {"Mode": "Active"}:
                yield from (Grant(owner, action, "*") for action in _TRACES)
        for owner, machine in self._machines():
            if machine.get("TracingConfiguration") == {"Enabled": True}:
                yield from (Grant(owner, action, "*") for action in _MACHINES_TRACE)

    def steps(self):
        """A state machine may call the function of each of its steps."""
        for owner, machine in self._machines():
            for step in _tasks(json.loads(self._texts.of(machine["DefinitionString"]))):
                assert step["Resource"] == "arn:aws:states:::lambda:invoke"
                yield Grant(owner, "lambda:InvokeFunction", plain(step["Parameters"]["FunctionName"]))

    def streams(self):
        """Lambda reads a stream with the rights of the function that it calls."""
        for mapping in self._assembly.properties("Lambda::EventSourceMapping"):
            stream, owner = self._arn(mapping["EventSourceArn"]), f"function/{self._name(mapping['FunctionName'])}"
            yield from (Grant(owner, action, stream) for action in _STREAMS)
            yield Grant(owner, "dynamodb:ListStreams", stream.replace("/now", "/*"))

    def rules(self):
        """A rule may start what it starts."""
        for rule in self._assembly.properties("Events::Rule"):
            for target in rule["Targets"]:
                yield Grant("rule/schedule", "states:StartExecution", self._arn(target["Arn"]))

    def methods(self):
        """The API may call the function of each of its methods."""
        for method in self._assembly.properties("ApiGateway::Method"):
            function = re.search(
                r":function:tastemaker-(\w+)/invocations$", self._texts.of(method["Integration"]["Uri"])
            )
            whence = ("aws:SourceArn=execute-api:api/*/*/*",)
            owner = f"function/{function[1]}"
            yield Grant(owner, "lambda:InvokeFunction", "by apigateway.amazonaws.com", whence)

    def buckets(self):
        """Nobody comes to a bucket or its objects but by TLS of today."""
        for bucket in self._assembly.properties("S3::Bucket"):
            name = plain(self._texts.of(bucket["BucketName"]))
            for condition in _NO_PLAIN_HTTP:
                for resource in (name, f"{name}/*"):
                    yield Grant(f"bucket/{name}", "deny s3:*", f"by * s3:{resource}", (condition,))

    def containers(self):
        """A job is of a revision of its definition; its container reads its code as the function that it works for."""
        for owner, container in self._containers():
            worker, name = self._worker(container), owner.partition("/")[2]
            yield Grant(worker, "batch:SubmitJob", f"batch:job-definition/tastemaker-{name}:*")
            variables = {each["Name"]: each["Value"] for each in container["Environment"]}
            for bucket, key in json.loads(self._texts.of(variables["TASTEMAKER_ASSETS"])):
                yield Grant(worker, "s3:GetObject", f"s3:{bucket}/{key}")

    def spark(self):
        """A run acts under the role that a function passes on; its script reads and writes one bucket."""
        for owner, told in self._starting_runs():
            to_service = ("iam:PassedToService=emr-serverless.amazonaws.com",)
            yield Grant(owner, "iam:PassRole", self._arn(told[variable("spark_role")]), to_service)
            script = self._texts.of(told[variable("spark_script")]).removeprefix("s3://")
            bucket = plain(f"arn:aws:s3:::{self._texts.of(told[variable('data_bucket')])}")
            yield Grant(SPARK, "s3:GetObject", f"s3:{script}")
            yield Grant(SPARK, "s3:ListBucket", bucket)
            yield from (Grant(SPARK, action, f"{bucket}/*") for action in ("s3:GetObject", *_SPARK_WRITES))

    def _starting_runs(self):
        """The functions that start runs of Spark, and their variables."""
        for owner, function in self._functions():
            told = function["Environment"]["Variables"]
            if variable("spark_role") in told:
                yield owner, told

    def _functions(self):
        for function in self._assembly.properties("Lambda::Function"):
            yield f"function/{function['FunctionName'].removeprefix('tastemaker-')}", function

    def _machines(self):
        for machine in self._assembly.properties("StepFunctions::StateMachine"):
            yield f"machine/{machine['StateMachineName'].removeprefix('tastemaker-')}", machine

    def _containers(self):
        """What starts each kind of container, and what the container is."""
        for definition in self._assembly.properties("Batch::JobDefinition"):
            name = definition["JobDefinitionName"].removeprefix("tastemaker-")
            yield f"container/{name}", definition["ContainerProperties"]

    def _worker(self, container):
        """The function under whose role a container works."""
        [owner] = [name for name, function in self._functions() if function["Role"] == container["JobRoleArn"]]
        return owner

    def _account(self):
        [(name, account)] = self._assembly.resources("ApiGateway::Account").items()
        return f"logs of the API/{name}", account

    def _arn(self, value):
        return plain(self._texts.of(value))

    def _name(self, value):
        return self._texts.of(value).removeprefix("tastemaker-")


def _tasks(machine):
    """Every task of a definition, in maps as well."""
    for state in machine["States"].values():
        if state["Type"] == "Task":
            yield state
        yield from _tasks(state["ItemProcessor"]) if state["Type"] == "Map" else ()
