"""What IAM calls the requests that functions make: actions and ARNs ("Service Authorization Reference")."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree as ET

from tests.e2e.packaged.policies import Request

PLACE = "us-east-1:123456789012"
Message = tuple[str, str, Mapping[str, str], bytes]  # method, target, headers in small letters, body
_WRITES = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem"}


def requests_of(message: Message) -> Iterator[Request]:
    """Yield what a message has to be allowed; nothing for what needs no policy of the function's own."""
    _, _, headers, body = message
    target = headers.get("x-amz-target", "")
    service = headers.get("authorization", "").partition("/aws4_request")[0].rpartition("/")[2]
    reader = _READERS.get(service)
    if reader is None:
        raise ValueError(f"no rule for requests to {service}: {target}")
    yield from reader(message, target.rpartition(".")[2], json.loads(body or b"{}") if target else {})


def _dynamodb(_: Message, operation: str, body: Mapping[str, Any]) -> Iterator[Request]:
    if operation == "TransactWriteItems":
        for kind, item in (pair for each in body["TransactItems"] for pair in each.items()):
            yield _table(_WRITES[kind], item["TableName"])
    elif "RequestItems" in body:
        for table in body["RequestItems"]:
            yield _table(operation, table)
    else:
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        select = {"dynamodb:Select": body["Select"]} if "Select" in body else {}
        yield _table(operation, body["TableName"] + index, select)


def _table(operation: str, name: str, context: Mapping[str, str] | None = None) -> Request:
    return Request(f"dynamodb:{operation}", f"arn:aws:dynamodb:{PLACE}:table/{name}", context or {})


def _s3(message: Message, _: str, __: Mapping[str, Any]) -> Iterator[Request]:
    method, target, headers, body = message
    url = urlsplit(target)
    bucket, _, key = unquote(url.path).lstrip("/").partition("/")
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    if source := headers.get("x-amz-copy-source"):
        yield _object("GetObject", unquote(source).lstrip("/").partition("?")[0])
    if method == "POST" and "delete" in query:
        for each in ET.fromstring(body).iter():  # noqa: S314 - our own function's
            if each.tag.rpartition("}")[2] == "Object":
                parts = {part.tag.rpartition("}")[2]: part.text for part in each}
                yield _object(
                    "DeleteObjectVersion" if parts.get("VersionId") else "DeleteObject", f"{bucket}/{parts['Key']}"
                )
    elif not key:
        action = "ListBucketVersions" if "versions" in query else "ListBucket"
        yield Request(f"s3:{action}", f"arn:aws:s3:::{bucket}", {})
    else:
        yield _object(_OBJECT_ACTIONS[method](query), f"{bucket}/{key}")


_OBJECT_ACTIONS: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "GET": lambda _: "GetObject",
    "HEAD": lambda _: "GetObject",
    "PUT": lambda _: "PutObject",
    "POST": lambda _: "PutObject",
    "DELETE": lambda query: (
        "AbortMultipartUpload"
        if "uploadId" in query
        else "DeleteObjectVersion"
        if "versionId" in query
        else "DeleteObject"
    ),
}


def _object(action: str, place: str) -> Request:
    return Request(f"s3:{action}", f"arn:aws:s3:::{place}", {})


def _states(_: Message, operation: str, body: Mapping[str, Any]) -> Iterator[Request]:
    yield Request(f"states:{operation}", body.get("stateMachineArn") or body["executionArn"], {})


def _kms(_: Message, operation: str, body: Mapping[str, Any]) -> Iterator[Request]:
    context = {f"kms:EncryptionContext:{name}": value for name, value in body.get("EncryptionContext", {}).items()}
    yield Request(f"kms:{operation}", "*", context)


def _events(_: Message, operation: str, body: Mapping[str, Any]) -> Iterator[Request]:
    for source in sorted({entry["Source"] for entry in body["Entries"]}):
        yield Request(f"events:{operation}", f"arn:aws:events:{PLACE}:event-bus/default", {"events:source": source})


def _monitoring(message: Message, operation: str, _: Mapping[str, Any]) -> Iterator[Request]:
    form = dict(parse_qsl(message[3].decode(errors="replace")))
    yield Request(f"cloudwatch:{operation or form.get('Action', message[1].rpartition('/')[2])}", "*", {})


def _nothing(*_: object) -> Iterator[Request]:
    """A role's trust policy is enough within an account ("How IAM roles differ from resource-based policies")."""
    yield from ()


_READERS = {
    "dynamodb": _dynamodb,
    "s3": _s3,
    "states": _states,
    "kms": _kms,
    "events": _events,
    "monitoring": _monitoring,
    "sts": _nothing,
}
