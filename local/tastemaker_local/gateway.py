"""The one entrance: requests to our API go to the deployed functions, all others to moto."""

from http import HTTPStatus

from tastemaker.domain import supersets
from tastemaker.domain.supersets import UNSIGNED
from tastemaker.wire.origins import Origins
from tastemaker_local.cloud import Cloud
from tastemaker_local.console import pages
from tastemaker_local.emulation import controls
from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.messages import Reply, Request, refusal, report
from tastemaker_local.emulation.pages import for_pages
from tastemaker_local.emulation.partitions import objection
from tastemaker_local.emulation.routes import Route, Routes, broken, event_of, not_found, reply_of

_OURS = frozenset({"personalize", "execute-api"})
_TARGET = "AmazonPersonalize"
# What a preflight says of the request that would follow.
_ASKS = "access-control-request"
# What clients ask over and over until a resource is ready.
_QUESTIONS = tuple(f"{_TARGET}.{verb}" for verb in ("Describe", "Get", "List"))
# Services without regions: a request for them must not deploy one.
_GLOBAL = frozenset({"iam", "sts", "route53", "cloudfront", "organizations"})


class Gateway:
    """Answers requests, and never before what they changed is durable."""

    def __init__(self, cloud: Cloud, origins: Origins | None = None, *, strict: bool = False) -> None:
        self._cloud = cloud
        self._origins = origins or Origins()
        self._strict = strict

    def answer(self, request: Request) -> Reply:
        """Return the reply, whatever happens; pages that may call can read it."""
        try:
            reply = self._reply(request)
        except Exception:  # noqa: BLE001 - one request must not end the service
            report(f"{request.method} {request.path}")
            reply = broken()
        return for_pages(reply, self._origins, request.headers.get("origin", ""))

    def _reply(self, request: Request) -> Reply:
        if pages.is_page(request):
            return pages.answer(request, ACCOUNT)
        if controls.is_control(request):
            return self._cloud.control(request)
        with self._cloud.inside():
            reply = self._answer(request)
            self._cloud.flush()
        return reply

    def _answer(self, request: Request) -> Reply:
        routes = None
        if request.service not in _GLOBAL:
            routes = self._cloud.routes(request.region)
            if routes is None:
                return refusal(HTTPStatus.BAD_REQUEST, "UnrecognizedClientException", objection(request.region))
        if routes is not None and self._is_ours(request, routes):
            return self._ask_function(request, routes)
        return self._cloud.ask_moto(request)

    def _ask_function(self, request: Request, routes: Routes) -> Reply:
        route = self._route(request, routes)
        if route is None:
            return not_found()
        if self._strict and not request.service and request.method != "OPTIONS":
            return refusal(HTTPStatus.FORBIDDEN, "MissingAuthenticationTokenException", supersets.refusal(UNSIGNED))
        if request.headers.get("x-amz-target", "").startswith(_QUESTIONS):
            self._cloud.take_turn()
        return reply_of(self._cloud.call(route.function, event_of(request, route)))

    def _route(self, request: Request, routes: Routes) -> Route | None:
        route = routes.find(request.method, request.path)
        if route is None and request.method == "OPTIONS" and self._origins:
            # The templates have this method only where a deployment lets pages call: the same function answers it.
            return routes.find(request.headers.get(f"{_ASKS}-method", ""), request.path)
        return route

    def _is_ours(self, request: Request, routes: Routes) -> bool:
        if request.service:
            return request.service in _OURS
        if target := request.headers.get("x-amz-target"):
            return target.startswith(_TARGET)
        # Without a signature `POST /` may be anything, and so may a preflight that asks to send a target there; the
        # other paths are ours alone.
        anybodys = request.path == "/" and "x-amz-target" not in request.headers.get(f"{_ASKS}-headers", "").lower()
        return not anybodys and self._route(request, routes) is not None
