"""Judges what functions ask of AWS by the policies of their roles: moto itself lets everybody do everything."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from http import HTTPStatus
from itertools import chain
from threading import Lock, Thread
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from moto.awslambda.models import lambda_backends
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.common_types import TYPE_RESPONSE
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from tastemaker.config import environment, variable
from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.messages import Request
from tastemaker_local.emulation.permissions.objects import requests_by_s3
from tastemaker_local.emulation.permissions.policies import Asked, Grant, grants_of
from tastemaker_local.emulation.permissions.requests import requests_of
from tastemaker_local.emulation.permissions.tables import requests_by_dynamodb

_start = Thread.start
# A variable that every function of a deployment has.
_OURS = variable("account")
_TEMPORARY = "ASIA"  # how keys begin that STS has given out: "IAM identifiers"
_DENIED = '{{"__type": "AccessDeniedException", "message": "{}"}}'
_DENIED_XML = "<Error><Code>AccessDenied</Code><Message>{}</Message></Error>"


class Judge:
    """Knows what each function's role allows, as it is deployed.

    `known` are all grants of the functions that have asked for anything, `needed` those without which something would
    have been refused. What callers name without a role of theirs, `foreign` buckets, may be free for all.
    """

    def __init__(self, *, foreign: bool = False) -> None:
        self._foreign = foreign
        self._grants: dict[tuple[str, str], tuple[list[str], list[Grant]]] = {}
        self._lock = Lock()
        self.known: set[Grant] = set()
        self.needed: set[Grant] = set()

    def objection(self, function: str, region: str, message: Request) -> str:
        """Say what a function may not do of what it asks for; empty if it may."""
        grants = self._of(function, region)
        own = list(requests_of(message))
        for request in chain(own, requests_by_s3(message), *map(requests_by_dynamodb, own)):
            allowing = [grant for grant in grants if grant.allows(request)]
            if not allowing and not (self._foreign and _is_of_a_caller(request, function)):
                return f"{function} is not authorized to perform {request.action} on {request.resource}"
            if len(allowing) == 1:
                self.needed.add(allowing[0])
        return ""

    def _of(self, function: str, region: str) -> list[Grant]:
        """Return what a function's role allows now, read again whenever a policy of it is another."""
        documents = _documents(function, region)
        with self._lock:
            known, grants = self._grants.get((function, region), ([], []))
            if known != documents:
                grants = list(grants_of(function, map(json.loads, documents)))
                self._grants[function, region] = documents, grants
                self.known.update(grants)
            return grants


def _is_of_a_caller(asked: Asked, function: str) -> bool:
    """Say whether a bucket is none of the function's deployment, all of whose names begin alike."""
    ours = f"{function.rpartition('-')[0]}-"
    return asked.action.startswith("s3:") and not asked.resource.partition(":::")[2].startswith(ours)


@contextmanager
def installed(judge: Judge) -> Iterator[None]:
    """Refuse what functions of this process send and their roles do not allow."""
    process = BotocoreStubber.process_request

    def judged(stubber: BotocoreStubber, request: AWSPreparedRequest) -> TYPE_RESPONSE | None:
        here = environment.get()
        if _OURS not in here:
            return process(stubber, request)
        function = here["AWS_LAMBDA_FUNCTION_NAME"]
        message = _read(request)
        problem = "" if is_of_a_callers_role(message) else judge.objection(function, here["AWS_REGION"], message)
        if problem:
            return HTTPStatus.FORBIDDEN, {}, refusal(message.headers, problem)
        with _outside():
            return process(stubber, request)

    with patch.object(BotocoreStubber, "process_request", judged), patch.object(Thread, "start", _start_inside):
        yield


def _start_inside(thread: Thread) -> None:
    """Start a thread; one that a function starts is the function's, and asks in its name."""
    if _OURS in environment.get():
        thread.run = partial(copy_context().run, thread.run)  # type: ignore[method-assign]
    _start(thread)


@contextmanager
def _outside() -> Iterator[None]:
    """Leave the function: what AWS does for it, executions that it has started above all, is not the function's."""
    token = environment.set({})
    try:
        yield
    finally:
        environment.reset(token)


def is_of_a_callers_role(message: Request) -> bool:
    """Say whether a request is signed with the keys of a role that was assumed: its own policies are the caller's."""
    key, backends = message.scope.access_key, sts_backends[ACCOUNT]
    if not key.startswith(_TEMPORARY):
        return False
    return any(backends[region].get_assumed_role_from_access_key(key) for region in list(backends))


def refusal(headers: Mapping[str, str], problem: str) -> bytes:
    """Return the body of a refusal, in the protocol of a request with such headers."""
    return (_DENIED if "x-amz-target" in headers else _DENIED_XML).format(problem).encode()


def _read(request: AWSPreparedRequest) -> Request:
    """Return a request without an object's bytes: nothing in them is a matter of rights."""
    url, body = urlsplit(request.url), request.body or b""
    headers = {"host": url.hostname or ""}
    headers |= {str(name).lower(): _text(value) for name, value in request.headers.items()}
    target = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    whole = body.encode() if isinstance(body, str) else bytes(body) if isinstance(body, bytes | bytearray) else b""
    return Request(request.method, _by_path(url.hostname or "", target), headers, whole)


def _by_path(host: str, target: str) -> str:
    """Put a bucket that is in a host's name before the key, as requests by path have it."""
    bucket, is_s3, rest = host.partition(".s3")
    return f"/{bucket}{target}" if is_s3 and rest.startswith((".", "-")) else target


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _documents(function: str, region: str) -> list[str]:
    role_arn = lambda_backends[ACCOUNT][region].get_function(function).role
    role = iam_backends[ACCOUNT][get_partition(region)].get_role_by_arn(role_arn)
    return list(role.policies.values())
