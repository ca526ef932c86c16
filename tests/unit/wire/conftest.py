"""An in-process transport: real boto3 clients whose requests end in `Service.handle` instead of on a network."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from types import SimpleNamespace

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.config import Config
from tastemaker.wire.models import APIS
from tastemaker.wire.service import Service
from wire_fakes import new_context

ENDPOINT = "http://tastemaker.test"


class Body(BytesIO):
    """Enough of a urllib3 response for botocore to read the body."""

    def stream(self, **_options: object) -> Iterator[bytes]:
        yield self.read()


def as_event(request: AWSPreparedRequest) -> dict:
    """Turn a signed botocore request into what API Gateway would send."""
    body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
    headers = {key: value.decode() if isinstance(value, bytes) else value for key, value in request.headers.items()}
    return {
        "httpMethod": request.method,
        "path": request.url.removeprefix(ENDPOINT),
        "headers": headers,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"requestId": "5f1c0000-0000-4000-8000-000000000001"},
    }


def as_response(request: AWSPreparedRequest, reply: Mapping) -> AWSResponse:
    """Turn the reply of a handler into what botocore parses."""
    return AWSResponse(request.url, reply["statusCode"], reply["headers"], Body(reply["body"].encode()))


@pytest.fixture(scope="session")
def clients() -> dict[str, BaseClient]:
    """One client per service; making one takes much longer than a call."""
    session = boto3.Session("key", "secret", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1})
    return {api: session.client(api, endpoint_url=ENDPOINT, config=config) for api in APIS}


@pytest.fixture
def connect(clients) -> Iterator[Callable]:
    """Give out a service's client, answered by the given operations for the length of one test."""
    connected = []

    def connect(api: str, operations: object, context: Callable = new_context) -> BaseClient:
        service = Service(api, operations, context)

        def answer(request: AWSPreparedRequest, **_details: object) -> AWSResponse:
            return as_response(request, service.handle(as_event(request)))

        clients[api].meta.events.register_first(f"before-send.{api}", answer)
        connected.append((clients[api], f"before-send.{api}", answer))
        return clients[api]

    yield connect
    for client, event, answer in connected:
        client.meta.events.unregister(event, answer)


@pytest.fixture(scope="session")
def send() -> Callable:
    """Send a raw body, as a client without any checks would; return status, headers and the decoded body."""

    def send(service: Service, *, body: object = None, text: str | None = None, **event: object) -> SimpleNamespace:
        request = {"httpMethod": "POST", "path": "/", "headers": {}, "body": text or json.dumps(body), **event}
        reply = service.handle(request)
        return SimpleNamespace(
            status=reply["statusCode"],
            headers=reply["headers"],
            body=json.loads(reply["body"]) if reply["body"] else None,
        )

    return send
