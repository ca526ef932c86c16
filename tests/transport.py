"""An in-process transport: real boto3 clients whose requests end in `Service.handle` instead of on a network."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import BytesIO

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient

from tastemaker.wire.service import Service

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


@contextmanager
def answer_with(clients: Mapping[str, BaseClient], services: Mapping[str, Service]) -> Iterator[None]:
    """Let services answer clients for a while."""
    with ExitStack() as stack:
        for api, client in clients.items():
            stack.enter_context(answered(client, api, services[api]))
        yield


@contextmanager
def answered(client: BaseClient, api: str, service: Service) -> Iterator[None]:
    """Let a service answer a client for a while."""

    def answer(request: AWSPreparedRequest, **_details: object) -> AWSResponse:
        return as_response(request, service.handle(as_event(request)))

    client.meta.events.register_first(f"before-send.{api}", answer)
    try:
        yield
    finally:
        client.meta.events.unregister(f"before-send.{api}", answer)
