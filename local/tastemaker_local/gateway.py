"""The one entrance: requests to our API go to the deployed functions, all others to moto."""

from http import HTTPStatus

from tastemaker_local.cloud import Cloud
from tastemaker_local.emulation import controls
from tastemaker_local.emulation.messages import DEFAULT_REGION, Reply, Request, refusal, report
from tastemaker_local.emulation.routes import Routes, broken, event_of, not_found, reply_of

_OURS = frozenset({"personalize", "execute-api"})
_TARGET = "AmazonPersonalize"
# What clients ask over and over until a resource is ready.
_QUESTIONS = tuple(f"{_TARGET}.{verb}" for verb in ("Describe", "Get", "List"))
# Services without regions: a request for them must not deploy one.
_GLOBAL = frozenset({"iam", "sts", "route53", "cloudfront", "organizations"})


class Gateway:
    """Answers requests, and never before what they changed is durable."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def answer(self, request: Request) -> Reply:
        """Return the reply, whatever happens."""
        try:
            if controls.is_control(request):
                return self._cloud.control(request)
            with self._cloud.inside():
                reply = self._answer(request)
                self._cloud.flush()
        except Exception:  # noqa: BLE001 - one request must not end the service
            report(f"{request.method} {request.path}")
            return broken()
        return reply

    def _answer(self, request: Request) -> Reply:
        routes = None
        if request.service not in _GLOBAL:
            routes = self._cloud.routes(request.region)
            if routes is None:
                return _no_such_region(request.region)
        if routes is not None and _is_ours(request, routes):
            return self._ask_function(request, routes)
        return self._cloud.ask_moto(request)

    def _ask_function(self, request: Request, routes: Routes) -> Reply:
        route = routes.find(request.method, request.path)
        if route is None:
            return not_found()
        if request.headers.get("x-amz-target", "").startswith(_QUESTIONS):
            self._cloud.take_turn()
        return reply_of(self._cloud.call(route.function, event_of(request, route)))


def _is_ours(request: Request, routes: Routes) -> bool:
    if request.service:
        return request.service in _OURS
    if target := request.headers.get("x-amz-target"):
        return target.startswith(_TARGET)
    # Without a signature `POST /` may be anything; the other paths are ours alone.
    return request.path != "/" and routes.find(request.method, request.path) is not None


def _no_such_region(region: str) -> Reply:
    message = f"the request is signed for the region {region!r}, which AWS does not have; try {DEFAULT_REGION}"
    return refusal(HTTPStatus.BAD_REQUEST, "UnrecognizedClientException", message)
