"""What stands for AWS in benches of the runtime function: tables and buckets that answer our clients at once."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse

from bench.answers import made
from tastemaker.store import dynamo_events, dynamo_resources
from tastemaker.store.schema import ANSWERS, EVENTS, RECORDS, RESOURCES
from tastemaker.store.sealing import PLAIN

BUCKET_PREFIX = "bench/model/"
VARIABLES = {
    "AWS_REGION": "us-east-1",
    "TASTEMAKER_ACCOUNT": "123456789012",
    "TASTEMAKER_PARTITION": "aws",
    "TASTEMAKER_RESOURCES_TABLE": RESOURCES.name,
    "TASTEMAKER_EVENTS_TABLE": EVENTS.name,
    "TASTEMAKER_RECORDS_TABLE": RECORDS.name,
    "TASTEMAKER_ANSWERS_TABLE": ANSWERS.name,
    "TASTEMAKER_MODELS_BUCKET": "models",
    "TASTEMAKER_ANSWER_DAYS": "7",
}
CONTEXT = SimpleNamespace(
    function_name="runtime", memory_limit_in_mb=1769, invoked_function_arn="arn", aws_request_id="bench"
)


@cache
def event_of(number: int) -> dict[str, Any]:
    """Return a request as API Gateway hands it to the function."""
    headers = {"content-type": "application/json", "host": "x", "authorization": "AWS4-HMAC-SHA256", "user-agent": "b"}
    return {
        "resource": "/recommendations",
        "path": "/recommendations",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": {"requestId": f"bench-{number}", "stage": "prod"},
        "body": json.dumps(made.question(number)),
        "isBase64Encoded": False,
    }


class Tables:
    """DynamoDB's answers to what an answer asks, at once."""

    def __init__(self, records: list[dict[str, Any]], events: Mapping[str, list[dict[str, Any]]]) -> None:
        self.asked: Counter[str] = Counter()
        self._records = {record["_arn"]: dynamo_resources._item(record, 1) for record in records}
        self._events = {
            f"{made.GROUP}#{user}": [dynamo_events._item(made.GROUP, each, PLAIN) for each in theirs]
            for user, theirs in events.items()
        }

    def answer(self, request: Any, **_details: object) -> AWSResponse:
        """Return a reply as botocore gets it from the network."""
        operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
        body = json.loads(request.body)
        self.asked[f"{operation} {body['TableName'].removeprefix('tastemaker-')}"] += 1
        reply = json.dumps(getattr(self, operation)(body)).encode()
        return _replied(request, reply, {"content-type": "application/x-amz-json-1.0"})

    def GetItem(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - DynamoDB's names, here and below
        record = self._records.get(body["Key"].get("arn", {}).get("S"))
        return {"Item": record} if record else {}

    def Query(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        # Nothing was put since the training.
        of_user = body["TableName"] == EVENTS.name
        events = self._events.get(body["ExpressionAttributeValues"][":h"]["S"], []) if of_user else []
        return {"Items": [{"body": item["body"]} for item in events], "Count": len(events)}

    @staticmethod
    def PutItem(_body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {}


class Bucket:
    """S3's answers to a download of a model's files, at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def answer(self, request: Any, **_details: object) -> AWSResponse:
        """Return a file or a part of it."""
        path = self._folder / urlsplit(request.url).path.rpartition("/")[2]
        begin, length = 0, path.stat().st_size
        headers = {"etag": '"0"'}
        if part := re.match(rb"bytes=(\d+)-(\d*)", request.headers.get("Range", b"")):
            begin, end = int(part[1]), int(part[2] or length - 1)
            headers["content-range"] = f"bytes {begin}-{end}/{length}"
            length = end + 1 - begin
        with path.open("rb") as file:
            file.seek(begin)
            body = b"" if request.method == "HEAD" else file.read(length)
        return _replied(request, body, headers | {"content-length": str(length)}, 206 if part else 200)


def _replied(request: Any, body: bytes, headers: Mapping[str, str], status: int = 200) -> AWSResponse:
    raw = BytesIO(body)
    raw.stream = lambda **_: iter([body])
    return AWSResponse(request.url, status, dict(headers), raw)
