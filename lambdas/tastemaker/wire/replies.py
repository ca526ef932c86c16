"""An operation's result, or an error, becomes the reply that the service's real clients parse."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from tastemaker.errors import ServiceError
from tastemaker.wire.models import Api, Operation, Shape

Reply = dict[str, Any]
Form = Callable[[Any], Any]

_encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def success(
    api: Api, operation: Operation, result: Mapping[str, object] | None, *, request_id: str, notes: Mapping[str, str]
) -> Reply:
    """Reply with the modelled members of a result; what the model does not know stays inside."""
    headers = {f"x-tastemaker-{key}": _UNPRINTABLE.sub("?", str(note)) for key, note in notes.items()}
    return _reply(api, 200, _body(api, operation, result), request_id, headers)


def failure(api: Api, error: ServiceError, *, status: int, request_id: str) -> Reply:
    """Reply with an error: JSON 1.1 clients read the body's `__type`, REST-JSON clients the header."""
    body = _encode({"__type": error.code, "message": error.message})
    return _reply(api, status, body, request_id, {"x-amzn-ErrorType": error.code})


def empty(headers: Mapping[str, str]) -> Reply:
    """Reply with headers alone."""
    return {"statusCode": 204, "headers": dict(headers), "body": "", "isBase64Encoded": False}


def with_headers(reply: Reply, more: Mapping[str, str]) -> Reply:
    """Reply the same with more headers."""
    return reply | {"headers": reply["headers"] | more}


def _body(api: Api, operation: Operation, result: Mapping[str, object] | None) -> str:
    form = _form(operation)
    if form is None:
        return "{}" if api.by_target else ""
    return _encode(form(result or {}))


def _reply(api: Api, status: int, body: str, request_id: str, headers: Mapping[str, str]) -> Reply:
    # API Gateway writes its own x-amzn-RequestId over ours; `requests.request_id` makes them the same.
    return {
        "statusCode": status,
        "headers": {"Content-Type": api.content_type, "x-amzn-RequestId": request_id, **headers},
        "body": body,
        "isBase64Encoded": False,
    }


def _encode(value: object) -> str:
    return _encoder.encode(value)


@cache
def _form(operation: Operation) -> Form | None:
    return _form_for(operation.output_shape) if operation.output_shape else None


def _form_for(shape: Shape) -> Form:
    if shape.type_name == "structure":
        return _structure_form({name: _form_for(member) for name, member in shape.members.items()})
    if shape.type_name == "list":
        return _list_form(_form_for(shape.member))
    if shape.type_name == "map":
        return _map_form(_form_for(shape.value))
    return _SCALARS.get(shape.type_name, _as_is)


def _structure_form(members: Mapping[str, Form]) -> Form:
    def form(value: Mapping[str, object]) -> dict[str, object]:
        return {name: members[name](part) for name, part in value.items() if part is not None and name in members}

    return form


def _list_form(member: Form) -> Form:
    return lambda values: [member(value) for value in values]


def _map_form(inner: Form) -> Form:
    return lambda entries: {key: inner(value) for key, value in entries.items() if value is not None}


def _seconds(value: datetime | float) -> float:
    return value.timestamp() if isinstance(value, datetime) else round(float(value), 3)


def _as_is(value: object) -> object:
    return value


# Numbers are converted because a store may keep them as Decimal and a model as numpy scalars.
_SCALARS: Mapping[str, Form] = {"timestamp": _seconds, "integer": int, "long": int, "float": float, "double": float}
