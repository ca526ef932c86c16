"""What is below /console/: files that were built before, and what the page must know of the service."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from tastemaker_local.console import quotes, weights
from tastemaker_local.emulation.messages import DEFAULT_REGION, Reply, Request, refusal

PREFIX: Final = "/console"
ASSETS: Final = Path(__file__).parent / "assets"
# What is worked out: what a training of given data would take, and what other exploration weights would have earned.
_WORKED_OUT: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    f"{PREFIX}/quote": quotes.told,
    f"{PREFIX}/off-policy": weights.told,
}
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
# No code but the page's own file, none inside of HTML; requests to this service, and to deployments on AWS.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' https://*.amazonaws.com https://*.amazonaws.com.cn; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = [
    ("Cache-Control", "no-cache"),
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
]


def is_page(request: Request) -> bool:
    """Tell what a browser opens from requests of clients, which are signed: a bucket may be named `console` as well."""
    if request.service:
        return False
    inside = request.path == PREFIX or request.path.startswith(f"{PREFIX}/")
    return (inside and request.method in {"GET", "HEAD"}) or (request.path in _WORKED_OUT and request.method == "POST")


def answer(request: Request, account: str) -> Reply:
    """Return a file of the console, or say that there is none."""
    if request.path == PREFIX:
        return Reply(HTTPStatus.MOVED_PERMANENTLY, [("Location", f"{PREFIX}/")], b"")
    if request.path in _WORKED_OUT and request.method == "POST":
        return _found("answer.json", _WORKED_OUT[request.path](request.body))
    name = request.path.removeprefix(f"{PREFIX}/") or "index.html"
    if name == "config.json":
        return _found(name, json.dumps({"local": True, "region": DEFAULT_REGION, "account": account}).encode())
    if name not in _names():
        return refusal(HTTPStatus.NOT_FOUND, "NotFound", f"the console has no {name[:100]}")
    return _found(name, (ASSETS / name).read_bytes())


def _names() -> frozenset[str]:
    """Name the files: a request can ask for one of these, and walk to no other."""
    return frozenset(path.name for path in ASSETS.glob("*") if path.suffix in _TYPES)


def _found(name: str, body: bytes) -> Reply:
    return Reply(HTTPStatus.OK, [("Content-Type", _TYPES[Path(name).suffix]), *_HEADERS], body)
