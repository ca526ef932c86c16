"""HTTP requests and replies as plain values, and what a request's signature says about its service and region."""

import json
import re
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qs, parse_qsl
from uuid import uuid4

ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"
_RPC = re.compile(r"^/service/\w+/operation/(\w+)$")
_HEADER_SCOPE = re.compile(r"Credential=([^/]*)/\d+/([^/]*)/([^/]*)/aws4_request")


class CannotStart(Exception):
    """A start whose settings do not fit; the message tells its user what to do."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a request is signed; empty service: it is not signed."""

    access_key: str = ""
    region: str = DEFAULT_REGION
    service: str = ""


@dataclass(frozen=True)
class Request:
    """A request as it came: the target with its query, header names in lower case, the body whole."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    peer: str = "127.0.0.1"
    # Header names that WSGI cannot carry: x-amz-meta- names with an underscore, as they were spelled.
    spelled: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def path(self) -> str:
        """Return the target without its query."""
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> Mapping[str, str]:
        """Return the query's parameters, each with its last value."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @cached_property
    def scope(self) -> Scope:
        """Return what the signature in the header or in the query says."""
        match = _HEADER_SCOPE.search(self.headers.get("authorization", ""))
        if match is None and "X-Amz-Credential" in self.target:
            match = _HEADER_SCOPE.search(f"Credential={self.query['X-Amz-Credential']}")
        return Scope(*match.groups()) if match else Scope()

    @property
    def service(self) -> str:
        """Return the service that the request is signed for."""
        return self.scope.service

    @property
    def region(self) -> str:
        """Return the region that the request is signed for."""
        return self.scope.region


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: the status, headers in the order to send, and the body whole."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def refusal(status: int, code: str, message: str) -> Reply:
    """Return an error that the clients of all services can read: some look at the header, some at the body."""
    body = json.dumps({"__type": code, "message": message}).encode()
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code), ("x-amzn-RequestId", str(uuid4()))]
    return Reply(status, headers, body)


def action_of(request: Request) -> str:
    """Return what a request asks for, where the protocol says it by name; a REST API says it by method and path."""
    if match := _RPC.search(request.path):
        return match[1]
    if target := request.headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(request.body.decode("utf-8", "replace")).get("Action", [""])[0]
    return request.query.get("Action", "")


def report(name: str) -> None:
    """Print the trace of an exception nobody planned for."""
    sys.stderr.write(f"tastemaker: {name} failed\n{traceback.format_exc()}")
    sys.stderr.flush()
