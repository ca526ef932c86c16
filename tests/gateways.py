"""An endpoint that takes requests as API Gateway does: signed for execute-api (SigV4 as its reference has it).

What it refuses it answers with the bodies that the templates give the gateway.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit
from uuid import uuid4

from tastemaker_local.emulation.messages import Reply, Request
from tastemaker_local.server import Server

KEY, SECRET, TOKEN = "AKIAEXAMPLE", "the secret", "the token"
_AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=(\w+)")
_TEMPLATES = Path(__file__).parent / "infra" / "snapshots" / "TastemakerService.json"
_WRONG = "INVALID_SIGNATURE"


def recommending(_request: Request) -> Reply:
    """Answer everything with one recommendation."""
    body = json.dumps({"itemList": [{"itemId": "i1"}], "recommendationId": "RID-1"}).encode()
    return Reply(200, [("Content-Type", "application/json"), ("x-amzn-RequestId", "of the gateway")], body)


@dataclass(frozen=True)
class Caller:
    """Whose a key is: by name, with what goes with the key."""

    arn: str = "arn:aws:iam::123456789012:user/anybody"
    secret: str = SECRET
    token: str = ""


@dataclass
class Gateway:
    """Notes what it let through, and answers with what is behind it."""

    behind: Callable[[Request], Reply] = recommending
    requests: list[Request] = field(default_factory=list)
    token: str = ""
    url: str = ""

    def __call__(self, request: Request) -> Reply:
        if fault := self.fault(request):
            return _refusal(*fault)
        self.requests.append(request)
        return self.answer(request)

    def answer(self, request: Request) -> Reply:
        """Hand on what was let through."""
        return self.behind(request)

    def caller(self, key: str) -> Caller | None:
        """Return whose a key is; here there is one."""
        return Caller(token=self.token) if key == KEY else None

    def fault(self, request: Request) -> tuple[str, str] | None:
        """Return the kind of the gateway's response and its own words, if there is anything wrong."""
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            return "MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token"
        credential, names, signature = found.groups()
        key, *scope = credential.split("/")
        if scope[2] != "execute-api":
            return _WRONG, "Credential should be scoped to correct service: 'execute-api'. "
        caller = self.caller(key)
        if caller is None or request.headers.get("x-amz-security-token", "") != caller.token:
            return _WRONG, "The security token included in the request is invalid."
        if signature != _signature(request, caller.secret, scope, names.split(";")):
            return _WRONG, "The signature does not match"
        return None


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


def _refusal(kind: str, words: str) -> Reply:
    body = _bodies()[kind].replace("$context.error.messageString", json.dumps(words))
    headers = {"x-amzn-ErrorType": json.loads(body)["__type"], "x-amzn-RequestId": str(uuid4())}
    return Reply(403, [("Content-Type", "application/json"), *headers.items()], body.encode())


@cache
def _bodies() -> dict[str, str]:
    """Return what the templates let API Gateway say, by the kind of its refusal."""
    resources = json.loads(_TEMPLATES.read_text())["Resources"].values()
    ours = [one["Properties"] for one in resources if one["Type"] == "AWS::ApiGateway::GatewayResponse"]
    return {one["ResponseType"]: one["ResponseTemplates"]["application/json"] for one in ours}


def _signature(request: Request, secret: str, scope: list[str], names: list[str]) -> str:
    """By "Create a signed AWS API request", step by step, and with nothing of botocore."""
    path = urlsplit(request.target).path
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names)
    digest = hashlib.sha256(request.body).hexdigest()
    canonical = "\n".join([request.method, path, "", headers, ";".join(names), digest])
    stamp, place = request.headers["x-amz-date"], "/".join(scope)
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, place, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
