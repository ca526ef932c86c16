"""An API Gateway event becomes an operation and its decoded body, or a refusal that real clients can read."""

import base64
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tastemaker.errors import ServiceError
from tastemaker.wire.documents import decode
from tastemaker.wire.models import Api, Operation

Event = Mapping[str, Any]

_OURS = "x-tastemaker-"
_JSON_TYPES = frozenset({"application/json", "application/x-amz-json-1.0", "application/x-amz-json-1.1"})


class ProtocolError(ServiceError):
    """The request is refused before any operation is known to handle it; no model lists these errors."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def request_id(event: Event) -> str:
    """Return API Gateway's request id, so that our log, its log and the client speak of the same request."""
    return str((event.get("requestContext") or {}).get("requestId") or uuid4())


def find_operation(api: Api, event: Event) -> Operation:
    """Return the operation that the target header, or method and path, names."""
    if api.by_target:
        return _by_target(api, event)
    # The path of a custom domain begins with its base path; the resource is the API's own.
    path = str(event.get("resource") or event.get("path") or "/").rstrip("/") or "/"
    route = f"{event.get('httpMethod', '')} {path}"
    if route not in api.routes:
        raise ProtocolError("UnknownOperationException", f"{api.name} has no operation at {route[:200]}", status=404)
    return api.routes[route]


def _by_target(api: Api, event: Event) -> Operation:
    target = header(event, "x-amz-target")
    if not target:
        raise ProtocolError(
            "UnknownOperationException", "The header X-Amz-Target, which names the operation, is missing"
        )
    if target not in api.routes:
        raise ProtocolError("UnknownOperationException", f"X-Amz-Target: {api.name} has no operation {target[:200]!r}")
    return api.routes[target]


def read_body(event: Event) -> dict[str, object]:
    """Decode the body, which must be a JSON object; an empty one counts as `{}`."""
    _require_json(header(event, "content-type"))
    try:
        text = _text(event)
        body = decode(text) if text.strip() else {}
    except ValueError as reason:
        raise ProtocolError("SerializationException", f"The request body is not valid JSON: {reason}") from None
    if not isinstance(body, dict):
        raise ProtocolError("SerializationException", "The request body must be a JSON object")
    return body


def header(event: Event, name: str) -> str:
    """Return a header by its lower-case name, "" if the request has none."""
    for key, value in (event.get("headers") or {}).items():
        if key.lower() == name:
            return str(value)
    for key, values in (event.get("multiValueHeaders") or {}).items():
        if key.lower() == name and values:
            return str(values[-1])
    return ""


def wishes(event: Event) -> dict[str, str]:
    """Return what the caller wishes beyond the model: `x-tastemaker-*` headers by the rest of their names."""
    headers = {key.lower(): str(value) for key, value in (event.get("headers") or {}).items()}
    return {key.removeprefix(_OURS): value for key, value in headers.items() if key.startswith(_OURS)}


def _require_json(content_type: str) -> None:
    if content_type and content_type.partition(";")[0].strip().lower() not in _JSON_TYPES:
        message = f"Content-Type {content_type[:100]!r} is not one of {', '.join(sorted(_JSON_TYPES))}"
        raise ProtocolError("UnsupportedMediaTypeException", message, status=415)


def _text(event: Event) -> str:
    body = event.get("body") or ""
    return base64.b64decode(body, validate=True).decode() if event.get("isBase64Encoded") else str(body)
