"""Stands between functions and a local service, and lets through what the role of each may do."""

from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tastemaker_local.emulation.messages import Reply, Request
from tastemaker_local.emulation.permissions.enforcement import Judge, refusal


class Guard:
    """Judges each request by the role of the function whose name is its access key; other keys are callers' roles'."""

    def __init__(self, aws: Callable[[], str]) -> None:
        self._aws = aws
        self.judge = Judge()

    def __call__(self, request: Request) -> Reply:
        """Refuse, or return AWS's answer."""
        scope = request.scope
        if scope.access_key.startswith("tastemaker-"):
            problem = self.judge.objection(scope.access_key, scope.region, request)
            if problem:
                return Reply(HTTPStatus.FORBIDDEN, [], refusal(request.headers, problem))
        return self._passed_on(request)

    def _passed_on(self, request: Request) -> Reply:
        headers = {**request.headers, **request.spelled}
        headers.pop("expect", None)  # the body is here
        connection = HTTPConnection(urlsplit(self._aws()).netloc, timeout=900)
        try:
            connection.request(request.method, request.target, request.body, headers)
            reply = connection.getresponse()
            return Reply(reply.status, reply.getheaders(), reply.read())
        finally:
            connection.close()
