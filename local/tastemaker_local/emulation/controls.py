"""moto's control paths, `/moto-api/...`: which of them make sense here, and a clear no for the others."""

import json
from collections.abc import Callable
from http import HTTPStatus

from tastemaker_local.emulation.messages import Reply, Request, refusal

_PREFIX = "/moto-api"
_RESET = f"{_PREFIX}/reset"
# Paths that moto has and that would do nothing here, or harm; why not.
_REFUSED = {
    "": "moto's dashboard is off here, since it would keep a copy of everything in memory for ever",
    "/": "moto's dashboard is off here, since it would keep a copy of everything in memory for ever",
    "/data.json": "moto's list of its models is off here, since it would keep a copy of everything in memory for ever",
    "/lib.js": "moto's dashboard is off here",
    "/reset-auth": "IAM policies are not evaluated here: every key may do everything",
    "/proxy/passthrough": "this is a server, no proxy: requests come here only if a client's endpoint says so",
    "/recorder": "requests are not recorded here; `tastemaker local --data DIR` keeps what they did",
}
# Without it no job would ever run.
_NEEDED = "stepfunctions"


def is_control(request: Request) -> bool:
    """Tell a control path from all others."""
    return request.path == _PREFIX or request.path.startswith(f"{_PREFIX}/")


def answer(request: Request, *, reset: Callable[[], None], moto: Callable[[Request], Reply]) -> Reply:
    """Do what a control path asks for, or say why not."""
    if reason := _reason_against(request):
        return refusal(HTTPStatus.NOT_IMPLEMENTED, "NotImplemented", f"{request.path}: {reason}")
    if request.path == _RESET and request.method == "POST":
        reset()
        return Reply(HTTPStatus.OK, [("Content-Type", "application/json")], b'{"status": "ok"}')
    try:
        return _without_trace(request, moto(request))
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        return _unreadable(request, problem)


def _reason_against(request: Request) -> str:
    path = request.path.removeprefix(_PREFIX)
    if path == "/config" and _NEEDED in _members(request):
        return f"{_NEEDED} cannot be changed here: jobs are state machines"
    return _REFUSED.get(path) or _REFUSED.get(f"/{path.split('/')[1]}" if path.count("/") > 1 else path, "")


def _members(request: Request) -> frozenset[str]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        return frozenset()
    return frozenset(body) if isinstance(body, dict) else frozenset()


def _without_trace(request: Request, reply: Reply) -> Reply:
    return _unreadable(request, "") if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR else reply


def _unreadable(request: Request, problem: object) -> Reply:
    message = f"{request.method} {request.path}: moto cannot read these parameters"
    return refusal(HTTPStatus.BAD_REQUEST, "BadRequestException", f"{message}: {problem!r}" if problem else message)
