"""Stands between functions and AWS, and lets through what the role of each may do."""

from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit

from botocore.client import BaseClient

from tests.e2e.packaged.policies import Grant, Request, grants_of
from tests.e2e.packaged.requests import requests_of

_DENIED = '{{"__type": "AccessDeniedException", "message": "{}"}}'
_DENIED_XML = "<Error><Code>AccessDenied</Code><Message>{}</Message></Error>"


class Guard:
    """Judges each request by the grants of the function whose name is its access key.

    `needed` are grants without which something would have been refused; `refused` is what was.
    """

    def __init__(self, aws: Callable[[], str], grants: Callable[[str], Iterable[Grant]]) -> None:
        self._aws, self._grants_of = aws, grants
        self._grants: dict[str, list[Grant]] = {}
        self._lock = Lock()
        self.needed: set[Grant] = set()
        self.refused: list[tuple[str, Request]] = []
        self._server = _serve(self)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host}:{port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def grants(self) -> set[Grant]:
        """Return all grants of the functions that have asked for anything."""
        return {grant for grants in self._grants.values() for grant in grants}

    def objection(self, message: Any) -> str:
        """Say what a message is not allowed; empty if nothing."""
        function = message[2].get("authorization", "").partition("Credential=")[2].partition("/")[0]
        if not function.startswith("tastemaker-"):
            return ""  # in the name of a caller's role
        with self._lock:
            if function not in self._grants:
                self._grants[function] = list(self._grants_of(function))
            for request in requests_of(message):
                allowing = [grant for grant in self._grants[function] if grant.allows(request)]
                if not allowing:
                    self.refused.append((function, request))
                    return f"{function} is not authorized to perform {request.action} on {request.resource}"
                if len(allowing) == 1:
                    self.needed.add(allowing[0])
        return ""

    def forward(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Any:
        """Return AWS's answer: status, headers and body."""
        connection = HTTPConnection(urlsplit(self._aws()).netloc, timeout=900)
        try:
            connection.request(method, target, body, dict(headers))
            reply = connection.getresponse()
            return reply.status, reply.getheaders(), reply.read()
        finally:
            connection.close()


def policies_of(iam: BaseClient, functions: BaseClient) -> Callable[[str], Iterable[Grant]]:
    """Return what reads a function's grants from the account it is deployed to."""

    def grants(function: str) -> Iterable[Grant]:
        role = functions.get_function_configuration(FunctionName=function)["Role"].rpartition("/")[2]
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        return grants_of(function, documents)

    return grants


def _serve(guard: Guard) -> ThreadingHTTPServer:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items() if name.lower() != "expect"}
            problem = guard.objection((self.command, self.path, headers, body))
            if problem:
                form = _DENIED if "x-amz-target" in headers else _DENIED_XML
                status, given, payload = 403, [], form.format(problem).encode()
            else:
                status, given, payload = guard.forward(self.command, self.path, headers, body)
            self.send_response_only(status)
            for name, value in given:
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            length = {name.lower(): value for name, value in given}.get("content-length", "0")
            self.send_header("Content-Length", length if self.command == "HEAD" else str(len(payload)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(payload)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server
