"""An endpoint that takes requests as API Gateway does: signed for execute-api (SigV4 as its reference has it)."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from urllib.parse import urlsplit

from tastemaker_local.emulation.messages import Reply, Request, refusal
from tastemaker_local.server import Server

KEY, SECRET, TOKEN = "AKIAEXAMPLE", "the secret", "the token"
_AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=(\w+)")


@dataclass
class Gateway:
    """Notes what it let through, and answers it with `answer`."""

    answer: dict = field(default_factory=lambda: {"itemList": [{"itemId": "i1"}], "recommendationId": "RID-1"})
    requests: list[Request] = field(default_factory=list)
    token: str = ""
    url: str = ""

    def __call__(self, request: Request) -> Reply:
        if fault := self.fault(request):
            return refusal(403, "InvalidSignatureException", fault)
        self.requests.append(request)
        body = json.dumps(self.answer).encode()
        return Reply(200, [("Content-Type", "application/json"), ("x-amzn-RequestId", "of the gateway")], body)

    def fault(self, request: Request) -> str:
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            return "Missing Authentication Token"
        credential, names, signature = found.groups()
        key, *scope = credential.split("/")
        if scope[2] != "execute-api":
            return "Credential should be scoped to correct service: 'execute-api'. "
        if key != KEY or request.headers.get("x-amz-security-token", "") != self.token:
            return "The security token included in the request is invalid."
        return "" if signature == _signature(request, scope, names.split(";")) else "The signature does not match"


@contextmanager
def running(gateway: Gateway) -> Iterator[Gateway]:
    """Let a gateway answer at a port of this machine, below the path of a stage."""
    with serving(gateway) as url:
        gateway.url = f"{url}/prod"
        yield gateway


@contextmanager
def serving(answer) -> Iterator[str]:
    server = Server("127.0.0.1", 0, answer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _signature(request: Request, scope: list[str], names: list[str]) -> str:
    """By "Create a signed AWS API request", step by step, and with nothing of botocore."""
    path = urlsplit(request.target).path
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names)
    digest = hashlib.sha256(request.body).hexdigest()
    canonical = "\n".join([request.method, path, "", headers, ";".join(names), digest])
    stamp, place = request.headers["x-amz-date"], "/".join(scope)
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, place, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{SECRET}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
