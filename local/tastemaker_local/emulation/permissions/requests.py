"""What IAM calls the requests that functions make: actions and ARNs ("Service Authorization Reference")."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree as ET

from moto.utilities.utils import get_partition

from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.messages import Request
from tastemaker_local.emulation.permissions.policies import Asked

_WRITES = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem"}


@dataclass(frozen=True, slots=True)
class Call:
    """A message to AWS: the operation that it names, if it does, with its members, and where it is."""

    message: Request
    operation: str
    members: Mapping[str, Any]
    partition: str
    region: str

    def request(self, action: str, service: str, name: str, context: Mapping[str, str] | None = None) -> Asked:
        """Return a request about something of this account and region."""
        arn = f"arn:{self.partition}:{service}:{self.region}:{ACCOUNT}:{name}"
        return Asked(f"{service}:{action}", arn, context or {})

    def object(self, action: str, name: str) -> Asked:
        """Return a request about a bucket or an object."""
        return Asked(f"s3:{action}", f"arn:{self.partition}:s3:::{name}", {})


def requests_of(message: Request) -> Iterator[Asked]:
    """Yield what a message has to be allowed; nothing for what needs no policy of the function's own."""
    target, scope = message.headers.get("x-amz-target", ""), message.scope
    if scope.service not in _READERS:
        raise ValueError(f"no rule for requests to {scope.service}: {target or message.target}")
    members = json.loads(message.body or b"{}") if target else {}
    partition = get_partition(scope.region)
    yield from _READERS[scope.service](Call(message, target.rpartition(".")[2], members, partition, scope.region))


def _dynamodb(asked: Call) -> Iterator[Asked]:
    members = asked.members
    if asked.operation == "TransactWriteItems":
        for kind, item in (pair for each in members["TransactItems"] for pair in each.items()):
            yield asked.request(_WRITES[kind], "dynamodb", f"table/{item['TableName']}")
    elif "RequestItems" in members:
        for table in members["RequestItems"]:
            yield asked.request(asked.operation, "dynamodb", f"table/{table}")
    else:
        index = f"/index/{members['IndexName']}" if "IndexName" in members else ""
        select = {"dynamodb:Select": members["Select"]} if "Select" in members else {}
        yield asked.request(asked.operation, "dynamodb", f"table/{members['TableName']}{index}", select)


def _s3(asked: Call) -> Iterator[Asked]:
    message, query = asked.message, asked.message.query
    bucket, _, key = unquote(message.path).lstrip("/").partition("/")
    if source := message.headers.get("x-amz-copy-source"):
        yield asked.object("GetObject", unquote(source).lstrip("/").partition("?")[0])
    if message.method == "POST" and "delete" in query:
        yield from _removals(asked, bucket)
    elif not key:
        yield asked.object("ListBucketVersions" if "versions" in query else "ListBucket", bucket)
    else:
        yield asked.object(_OBJECT_ACTIONS[message.method](query), f"{bucket}/{key}")


def _removals(asked: Call, bucket: str) -> Iterator[Asked]:
    for each in ET.fromstring(asked.message.body).iter():  # noqa: S314 - our own function's
        if each.tag.rpartition("}")[2] == "Object":
            parts = {part.tag.rpartition("}")[2]: part.text for part in each}
            action = "DeleteObjectVersion" if parts.get("VersionId") else "DeleteObject"
            yield asked.object(action, f"{bucket}/{parts['Key']}")


def _removal(query: Mapping[str, str]) -> str:
    if "uploadId" in query:
        return "AbortMultipartUpload"
    return "DeleteObjectVersion" if "versionId" in query else "DeleteObject"


_OBJECT_ACTIONS: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "GET": lambda _: "GetObject",
    "HEAD": lambda _: "GetObject",
    "PUT": lambda _: "PutObject",
    "POST": lambda _: "PutObject",
    "DELETE": _removal,
}


def _states(asked: Call) -> Iterator[Asked]:
    arn = asked.members.get("stateMachineArn") or asked.members["executionArn"]
    yield Asked(f"states:{asked.operation}", arn, {})


def _kms(asked: Call) -> Iterator[Asked]:
    given = asked.members.get("EncryptionContext", {})
    context = {f"kms:EncryptionContext:{name}": value for name, value in given.items()}
    named = str(asked.members.get("KeyId", ""))
    yield Asked(f"kms:{asked.operation}", named if named.startswith("arn:") else "*", context)


def _events(asked: Call) -> Iterator[Asked]:
    for source in sorted({entry["Source"] for entry in asked.members["Entries"]}):
        yield asked.request(asked.operation, "events", "event-bus/default", {"events:source": source})


def _monitoring(asked: Call) -> Iterator[Asked]:
    form = dict(parse_qsl(asked.message.body.decode(errors="replace")))
    operation = asked.operation or form.get("Action") or asked.message.path.rpartition("/")[2]
    yield Asked(f"cloudwatch:{operation}", "*", {})


def _execute_api(asked: Call) -> Iterator[Asked]:
    """A REST API is named by its host, its stage by the beginning of the path."""
    stage, _, path = asked.message.path.lstrip("/").partition("/")
    api = asked.message.headers["host"].partition(".")[0]
    yield asked.request("Invoke", "execute-api", f"{api}/{stage}/{asked.message.method}/{path}")


def _lambda(asked: Call) -> Iterator[Asked]:
    """A function is named by the path, with a version or not."""
    *_, name, what = unquote(asked.message.path).split("/")
    actions = {"versions": "ListVersionsByFunction", "invocations": "InvokeFunction"}
    yield asked.request(actions[what], "lambda", f"function:{name}")


def _batch(asked: Call) -> Iterator[Asked]:
    """A job is submitted to a queue, of a definition; lists have no resource."""
    action, members = asked.message.path.rpartition("/")[2], json.loads(asked.message.body)
    if action == "submitjob":
        for kind, member in (("job-queue", "jobQueue"), ("job-definition", "jobDefinition")):
            yield asked.request("SubmitJob", "batch", f"{kind}/{members[member]}")
    elif action == "terminatejob":
        yield asked.request("TerminateJob", "batch", f"job/{members['jobId']}")
    else:
        yield Asked(f"batch:{_LISTS[action]}", "*", {})


def _emr_serverless(asked: Call) -> Iterator[Asked]:
    """A run is of an application, and acts under a role that is passed on to the service."""
    place = asked.message.path.strip("/")
    if asked.message.method == "POST":
        members = json.loads(asked.message.body)
        yield asked.request("StartJobRun", "emr-serverless", f"/{place.removesuffix('/jobruns')}")
        service = {"iam:PassedToService": "emr-serverless.amazonaws.com"}
        yield Asked("iam:PassRole", members["executionRoleArn"], service)
    else:
        action = "CancelJobRun" if asked.message.method == "DELETE" else "GetJobRun"
        yield asked.request(action, "emr-serverless", f"/{place}")


_LISTS: Mapping[str, str] = {"listjobs": "ListJobs", "describejobs": "DescribeJobs"}


def _nothing(_: Call) -> Iterator[Asked]:
    """A role's trust policy is enough within an account ("How IAM roles differ from resource-based policies")."""
    yield from ()


_READERS: Mapping[str, Callable[[Call], Iterator[Asked]]] = {
    "dynamodb": _dynamodb,
    "s3": _s3,
    "states": _states,
    "kms": _kms,
    "events": _events,
    "monitoring": _monitoring,
    "execute-api": _execute_api,
    "lambda": _lambda,
    "batch": _batch,
    "emr-serverless": _emr_serverless,
    "sts": _nothing,
}
