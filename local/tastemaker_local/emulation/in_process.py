"""What clients of this process send to AWS's hosts: some reach our gateway, others moto, none the network.

Our gateway gets what is for Personalize or a REST API, and what functions put into CloudWatch: a data folder has to
remember that.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.common_types import TYPE_RESPONSE
from moto.core.models import botocore_stubber

from tastemaker_local.emulation.gaps import not_implemented
from tastemaker_local.emulation.messages import Reply, Request

_AWS = re.compile(r"(^|\.)(amazonaws\.(com(\.cn)?|eu)|api\.aws|api\.amazonwebservices\.com\.cn)$")
_FOR_GATEWAY = re.compile(r"((personalize(-events|-runtime)?|monitoring)(-fips)?|[a-z0-9]+\.execute-api)\.")
# What moto's stubber replies for a host that no service of it has.
_NOBODY = "Not yet implemented"
_send = URLLib3Session.send


@contextmanager
def installed(answer: Callable[[Request], Reply]) -> Iterator[None]:
    """Route by host what botocore is about to send."""
    process = BotocoreStubber.process_request

    def routed(stubber: BotocoreStubber, request: AWSPreparedRequest) -> TYPE_RESPONSE | None:
        host = urlsplit(request.url).hostname or ""
        if not _AWS.search(host):
            return process(stubber, request)
        if _FOR_GATEWAY.match(host):
            return _parts(answer(_read(request)))
        return _of_moto(partial(process, stubber, request), request)

    with patch.object(BotocoreStubber, "process_request", routed):
        yield


@contextmanager
def older_clients_too() -> Iterator[None]:
    """Keep in this process also what clients send that were made before moto was there."""

    def send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        if not _AWS.search(urlsplit(request.url).hostname or ""):
            return _send(session, request)
        return botocore_stubber("before-send", request)

    with patch.object(URLLib3Session, "send", send):
        yield


def _read(request: AWSPreparedRequest) -> Request:
    url, body = urlsplit(request.url), request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    headers = {str(name).lower(): _text(value) for name, value in request.headers.items()}
    target = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    return Request(request.method, target, headers, body.encode() if isinstance(body, str) else bytes(body))


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _parts(reply: Reply) -> TYPE_RESPONSE:
    return reply.status, dict(reply.headers), reply.body


def _of_moto(ask: Callable[[], TYPE_RESPONSE | None], request: AWSPreparedRequest) -> TYPE_RESPONSE:
    """Return moto's reply, or say what it cannot do."""
    try:
        reply = ask()
    except NotImplementedError as problem:
        return _parts(not_implemented(_read(request), problem))
    if reply is None or reply[2] == _NOBODY:
        host = urlsplit(request.url).hostname
        return _parts(not_implemented(_read(request), f"nothing in local mode answers for {host}"))
    return reply
