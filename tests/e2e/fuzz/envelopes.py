"""Requests as bytes on the wire, as clients send them and as nobody should."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from botocore.model import OperationModel

_TYPES = {"personalize": "application/x-amz-json-1.1"}


@dataclass
class Envelope:
    """One HTTP request; headers in the order to send."""

    method: str
    path: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def replace(self, name: str, value: str | None) -> None:
        """Set a header, or take it away."""
        self.headers = [header for header in self.headers if header[0] != name]
        if value is not None:
            self.headers.append((name, value))

    def bytes(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + self.body


def addressed(operation: OperationModel, body: bytes) -> Envelope:
    """Return a request as boto3 addresses it."""
    api = operation.service_model.service_name
    headers = [
        ("Host", "localhost"),
        ("Content-Type", _TYPES.get(api, "application/json")),
        ("Authorization", _signature("execute-api" if len(body) % 2 else "personalize")),
        ("Content-Length", str(len(body))),
    ]
    if api == "personalize":
        headers.append(("X-Amz-Target", f"AmazonPersonalize.{operation.name}"))
    return Envelope(operation.http["method"], operation.http["requestUri"], headers, body)


def _signature(service: str, region: str = "us-east-1") -> str:
    scope = f"Credential=AKIAFUZZ/20261123/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=content-type;host;x-amz-date, Signature={'0' * 64}"


def disturb(envelope: Envelope, dice: Random) -> None:
    """Do one thing to a request that no client should."""
    dice.choice(_DISTURBANCES)(envelope, dice)


def _header(name: str, *values: str | None) -> Callable[[Envelope, Random], None]:
    return lambda envelope, dice: envelope.replace(name, dice.choice(values))


def _other_body(change: Callable[[bytes], bytes], **headers: str) -> Callable[[Envelope, Random], None]:
    def disturbance(envelope, _dice):
        envelope.body = change(envelope.body)
        envelope.replace("Content-Length", str(len(envelope.body)))
        for name, value in headers.items():
            envelope.replace(name.replace("_", "-"), value)

    return disturbance


def _chunked(envelope, dice):
    envelope.replace("Content-Length", None)
    envelope.replace("Transfer-Encoding", "chunked")
    size = dice.choice([b"%x", b"%X;x=y", b"zz%x", b"-%x"]) % len(envelope.body)
    envelope.body = size + b"\r\n" + envelope.body + b"\r\n0\r\n\r\n"


def _path(*paths: str) -> Callable[[Envelope, Random], None]:
    def disturbance(envelope, dice):
        envelope.path = dice.choice(paths)

    return disturbance


def _method(*methods: str) -> Callable[[Envelope, Random], None]:
    def disturbance(envelope, dice):
        envelope.method = dice.choice(methods)

    return disturbance


def _packed(body: bytes) -> bytes:
    # Without the moment of packing, which is another a second later.
    return gzip.compress(body, mtime=0)


_DISTURBANCES: list[Callable[[Envelope, Random], None]] = [
    _header(
        "Content-Type",
        None,
        "",
        "text/plain",
        "application/xml",
        "application/json; charset=utf-16",
        "a" * 5000,
        "\xff",
    ),
    _header(
        "Content-Type", "application/x-amz-json-1.0", "APPLICATION/JSON;charset=UTF-8", "multipart/form-data", "*/*"
    ),
    _header(
        "X-Amz-Target", None, "", "AmazonPersonalize", "AmazonPersonalize.", "AmazonPersonalize.Nothing", "x" * 3000
    ),
    _header(
        "X-Amz-Target",
        "AmazonPersonalize.create_schema",
        "AmazonPersonalize.__init__",
        "AmazonPersonalize.ListSchemas\xfc",
    ),
    _header("X-Amz-Target", "amazonpersonalize.listschemas", "AmazonPersonalizeRuntime.GetRecommendations"),
    _header(
        "Authorization",
        None,
        "",
        "Bearer x",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=",
        "Basic " + "eA" * 2000,
        "\xff\xfe",
    ),
    _header(
        "Authorization",
        *(_signature("personalize", region) for region in ("mars-1", "", "us-east-1\xe9", "x" * 300, "global")),
    ),
    _header("Authorization", _signature("personalize").replace("AKIAFUZZ", "é/../x y"), _signature("personalize")[:60]),
    _header("Content-Length", "abc", "-1", "", "1e3", "0x10", "99999999999999999999", "+2", "१"),
    _header("Content-Encoding", "gzip", "br", "aws-chunked", "gzip, gzip"),
    _header("Expect", "100-continue", "200-ok"),
    _header("X-Amz-Date", "yesterday", "", "99999999T999999Z"),
    _header("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-", "UNSIGNED-PAYLOAD"),
    _header("X-Amzn-Trace-Id", "Root=x;" * 200, "\xff"),
    _header("Host", None, "personalize.us-east-1.amazonaws.com", "[::1", "a b", "x" * 4000),
    _other_body(_packed, Content_Encoding="gzip"),
    _other_body(_packed),
    _chunked,
    _chunked,
    _path(
        "/prod",
        "/prod/",
        "//",
        "/recommendations/",
        "/%2e%2e/",
        "/events?x=%zz",
        "/?Action=ListSchemas&Version=1",
        "/é",
        "*",
        "events",
    ),
    _path(
        "/personalize-ranking",
        "/events",
        "/nowhere",
        "/" + "x" * 9000,
        "/\0",
        "http://elsewhere/events",
        "/recommendations#x",
        "/users;a=b",
    ),
    _method("GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"),
    _method("BREW", "post", "CONNECT", "TRACE", "P\xd6ST", "X" * 400),
    lambda envelope, _: envelope.headers.extend((f"X-Many-{number}", "1") for number in range(150)),
    lambda envelope, _: envelope.headers.append(("X-Large", "x" * 70_000)),
    lambda envelope, _: envelope.headers.append(("No Name", "x")),
    lambda envelope, _: envelope.headers.append(("X-Amz-Target", "AmazonPersonalize.ListSchemas")),
    lambda envelope, _: envelope.headers.append(("Content-Length", str(len(envelope.body) + 0))),
]
