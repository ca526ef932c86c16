"""Requests that an SDK has signed for `personalize`, signed again for API Gateway with the same credentials.

There is no key in it: it has what any SDK finds on this machine, and takes only requests that were signed with those
very credentials. So whoever reaches it without them, another user of the machine or a page in a browser, gets nothing.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, HTTPClientError
from botocore.httpsession import URLLib3Session

from tastemaker_local.emulation.messages import Reply, Request, Scope, refusal

_GATEWAYS: Final = "execute-api"
_GATEWAY_HOST: Final = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")
_UNSIGNED: Final = "UNSIGNED-PAYLOAD"
_SIGNED: Final = re.compile(r"SignedHeaders=([^,\s]+).*Signature=([0-9a-f]{64})")
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_SKEW: Final = timedelta(minutes=5)  # as AWS has it
# Of one connection, or of the signature that came; the others go on as they are.
_OWN: Final = frozenset(
    {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "expect", "accept-encoding"}
    | {"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}
)
_OF_THE_CONNECTION: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
# The gateway gives up after 29 seconds.
_TIMEOUT: Final = 35

Credentials = Callable[[], ReadOnlyCredentials | None]


class Refused(Exception):
    """The request is none of whose signature can be replaced; the message says why, and what would help."""


@dataclass(frozen=True)
class Resigner:
    """Answers a request with what API Gateway at `url` answers to it, signed again.

    `credentials` gives the newest ones of this machine; `region` is that of the gateway, where its host does not say
    so: otherwise that of the request. `any_signature` takes requests that were signed with other credentials or not at
    all, but none of a page.
    """

    url: str
    credentials: Credentials
    region: str = ""
    any_signature: bool = False
    http: Any = field(default_factory=lambda: URLLib3Session(timeout=_TIMEOUT, max_pool_connections=32))
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def answer(self, request: Request) -> Reply:
        """Return the gateway's reply, or say why the request never came to it."""
        try:
            return self._send(self._signed(request, self._checked(request)))
        except Refused as problem:
            return refusal(HTTPStatus.FORBIDDEN, "InvalidSignatureException", f"tastemaker proxy: {problem}.")
        except (BotoCoreError, HTTPClientError) as problem:
            message = f"tastemaker proxy: {self.url} cannot be reached: {problem}"
            return refusal(HTTPStatus.BAD_GATEWAY, "InternalServerException", message)

    def _checked(self, request: Request) -> ReadOnlyCredentials:
        """Return this machine's credentials, if they are those of the request."""
        own = self.credentials()
        if own is None:
            raise Refused("there are no AWS credentials here: set AWS_PROFILE, or log in, before it starts")
        if self.any_signature:
            if "origin" in request.headers:
                raise Refused("pages may not use credentials of this machine")
            return own
        if request.scope.access_key != own.access_key:
            key = request.scope.access_key or "nothing"
            raise Refused(
                f"the request is signed with {key}, and the credentials here are {own.access_key}: give both the same "
                "(`aws configure export-credentials`), or start it with --any-signature to sign whatever comes"
            )
        self._verify(request, own)
        return own

    def _verify(self, request: Request, own: ReadOnlyCredentials) -> None:
        found = _SIGNED.search(request.headers.get("authorization", ""))
        stamp = request.headers.get("x-amz-date", "")
        if found is None or not self._is_fresh(stamp):
            raise Refused("the request has no signature in its headers, or one of more than five minutes ago")
        names, signature = found[1].split(";"), found[2]
        if not _is_whole(request) or not hmac.compare_digest(_signature(request, names, stamp, own), signature):
            raise Refused("the signature does not fit the request: its secret key is another one, or its body")

    def _is_fresh(self, stamp: str) -> bool:
        try:
            moment = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        except ValueError:
            return False
        return abs(self.now() - moment) < _SKEW

    def _signed(self, request: Request, own: ReadOnlyCredentials) -> AWSRequest:
        headers = {name: value for name, value in request.headers.items() if name not in _OWN}
        url = f"{self.url.rstrip('/')}/{request.target.lstrip('/')}"
        signed = AWSRequest(method=request.method, url=url, data=request.body, headers=headers)
        SigV4Auth(own, _GATEWAYS, self._region(request.scope)).add_auth(signed)
        return signed

    def _region(self, scope: Scope) -> str:
        named = _GATEWAY_HOST.search(urlsplit(self.url).hostname or "")
        return self.region or (named[1] if named else scope.region)

    def _send(self, request: AWSRequest) -> Reply:
        reply = self.http.send(request.prepare())
        headers = [pair for pair in reply.headers.items() if pair[0].lower() not in _OF_THE_CONNECTION]
        return Reply(reply.status_code, headers, reply.content)


class _AsSigned(SigV4Auth):
    """Signs over the very headers that a request has."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        """Return them all: SDKs differ in what they leave out."""
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            headers[name.lower()] = value
        return headers


def _signature(request: Request, names: list[str], stamp: str, own: ReadOnlyCredentials) -> str:
    """Return the signature that credentials give a request, over the headers that it says are signed."""
    headers = {name: request.headers.get(name, "") for name in names}
    url = f"http://{request.headers.get('host', '')}{request.target}"
    again = AWSRequest(method=request.method, url=url, data=request.body, headers=headers)
    again.context["timestamp"] = stamp
    auth = _AsSigned(own, request.scope.service, request.scope.region)
    return str(auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again))


def _is_whole(request: Request) -> bool:
    """Whether the body is the one that was signed; where its digest is no header it is in the signature."""
    digest = request.headers.get("x-amz-content-sha256", _UNSIGNED)
    return digest in {_UNSIGNED, hashlib.sha256(request.body).hexdigest()}
