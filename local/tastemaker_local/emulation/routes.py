"""The deployed REST API: which function answers a request, asked as API Gateway would ask it."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from time import time
from typing import Any
from uuid import uuid4

from moto.apigateway.models import RestAPI, apigateway_backends
from moto.awslambda.models import LambdaFunction, lambda_backends

from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.messages import Reply, Request, refusal

_FUNCTION = re.compile(r"/functions/(?P<arn>arn:[^/]+)/invocations$")


@dataclass(frozen=True, slots=True)
class Route:
    """A method of a resource, and the function behind it."""

    api: str
    stage: str
    resource: str
    function: LambdaFunction


class Routes:
    """All routes of a region's REST APIs, read from what was deployed."""

    def __init__(self, region: str) -> None:
        self._routes: dict[tuple[str, str], Route] = {}
        self._stages: set[str] = set()
        for api in apigateway_backends[ACCOUNT][region].apis.values():
            self._stages |= set(api.stages)
            self._routes |= _routes_of(api, region)

    def find(self, method: str, path: str) -> Route | None:
        """Return the route of a request, whether or not its path begins with the stage."""
        return self._routes.get((method, path)) or self._routes.get((method, self._without_stage(path)))

    def _without_stage(self, path: str) -> str:
        stage, _, rest = path.lstrip("/").partition("/")
        return f"/{rest}" if stage in self._stages else path


def event_of(request: Request, route: Route) -> dict[str, Any]:
    """Return the Lambda proxy event (version 1.0) of a request."""
    text, in_base64 = _text(request.body)
    query = dict(request.query) or None
    headers = dict(request.headers)
    return {
        "resource": route.resource,
        "path": route.resource,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query and {name: [value] for name, value in query.items()},
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": _context(request, route),
        "body": text,
        "isBase64Encoded": in_base64,
    }


def reply_of(answer: object) -> Reply:
    """Return the HTTP reply that API Gateway makes of a function's answer."""
    if not isinstance(answer, Mapping) or "statusCode" not in answer:
        return broken()
    headers = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers += [(name, str(value)) for value in values]
    return Reply(int(answer["statusCode"]), headers, (answer.get("body") or "").encode())


def not_found() -> Reply:
    """Return what API Gateway says of a path it does not know."""
    return refusal(HTTPStatus.FORBIDDEN, "MissingAuthenticationTokenException", "Missing Authentication Token")


def broken() -> Reply:
    """Return what API Gateway says when a function fails."""
    return refusal(HTTPStatus.BAD_GATEWAY, "InternalServerException", "Internal server error")


def _routes_of(api: RestAPI, region: str) -> dict[tuple[str, str], Route]:
    stage = next(iter(api.stages), "")
    routes = {}
    for resource in api.resources.values():
        for name, method in resource.resource_methods.items():
            match = _FUNCTION.search(method.method_integration.uri or "") if method.method_integration else None
            if match is not None:
                function = lambda_backends[ACCOUNT][region].get_function(match["arn"])
                routes[name, resource.get_path()] = Route(api.id, stage, resource.get_path(), function)
    return routes


def _context(request: Request, route: Route) -> dict[str, Any]:
    return {
        "accountId": ACCOUNT,
        "apiId": route.api,
        "stage": route.stage,
        "resourcePath": route.resource,
        "path": request.path,
        "httpMethod": request.method,
        "protocol": "HTTP/1.1",
        "requestId": str(uuid4()),
        "requestTimeEpoch": round(time() * 1000),
        "identity": {
            "accessKey": request.scope.access_key,
            "accountId": ACCOUNT,
            "sourceIp": request.peer,
            "userAgent": request.headers.get("user-agent", ""),
        },
    }


def _text(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
