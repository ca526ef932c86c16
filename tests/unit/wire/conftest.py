"""Real boto3 clients whose requests end in a `Service` of the test's making."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config

from tastemaker.wire.models import APIS
from tastemaker.wire.service import Service
from tests.transport import ENDPOINT, answered
from tests.unit.wire.fakes import new_context


@pytest.fixture(scope="session")
def clients() -> dict[str, BaseClient]:
    """One client per service; making one takes much longer than a call."""
    session = boto3.Session("key", "secret", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1})
    return {api: session.client(api, endpoint_url=ENDPOINT, config=config) for api in APIS}


@pytest.fixture
def connect(clients) -> Iterator[Callable]:
    """Give out a service's client, answered by the given operations for the length of one test."""
    with ExitStack() as connections:

        def connect(api: str, operations: object, context: Callable = new_context) -> BaseClient:
            connections.enter_context(answered(clients[api], api, Service(api, operations, context)))
            return clients[api]

        yield connect


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
