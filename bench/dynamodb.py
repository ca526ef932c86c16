"""DynamoDB in benches of the events table: replies that are made up in this process, as pages of 1 MB."""

import json
from abc import ABC, abstractmethod
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from tastemaker.store.dynamo_events import DynamoEvents

PAGE_BYTES = 1_000_000


class MadeUp(ABC):
    """Answers a client's requests without a network; `spent` are the seconds that making up has taken."""

    spent = 0.0

    @abstractmethod
    def reply(self, operation: str, question: dict[str, Any]) -> dict[str, Any]:
        """Return what DynamoDB would answer."""

    def store(self) -> DynamoEvents:
        """Return a store that gets these replies."""
        keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}
        client = boto3.client("dynamodb", **keys)
        client.meta.events.register("before-send.dynamodb", self._answer)
        return DynamoEvents(client, "events")

    def _answer(self, request: Any, **_: object) -> AWSResponse:  # noqa: ANN401 - an AWSRequest
        began = perf_counter()
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        body = json.dumps(self.reply(operation, json.loads(request.body))).encode()
        headers = {"Content-Type": "application/x-amz-json-1.0", "Content-Length": str(len(body))}
        answer = AWSResponse(request.url, 200, headers, SimpleNamespace(stream=lambda: iter([body])))
        self.spent += perf_counter() - began
        return answer


def body(user: str, session: str, item: str, moment: float, event_id: str) -> dict[str, Any]:
    """Return an event as it is stored, of what a user viewed."""
    return {
        "user_id": user,
        "session_id": session,
        "anonymous": False,
        "recorded": moment,
        "item_id": item,
        "event_type": "view",
        "event_value": None,
        "timestamp": int(moment),
        "properties": {"DEVICE": "phone"},
        "impression": None,
        "recommendation_id": None,
        "source": None,
        "event_id": event_id,
    }
