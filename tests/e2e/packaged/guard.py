"""Stands between functions and a local service, and lets through what the role of each may do."""

from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from tastemaker_local.emulation.messages import Reply, Request
from tastemaker_local.emulation.permissions.enforcement import Judge, refusal


class Guard:
    """Judges each request by the role of the function whose name is its access key; other keys are callers' roles'."""

    def __init__(self, aws: Callable[[], str]) -> None:
        self._aws = aws
        self.judge = Judge()
        self._server = _serve(self)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host}:{port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Reply:
        """Refuse, or return AWS's answer."""
        scope = request.scope
        if scope.access_key.startswith("tastemaker-"):
            problem = self.judge.objection(scope.access_key, scope.region, request)
            if problem:
                return Reply(HTTPStatus.FORBIDDEN, [], refusal(request.headers, problem))
        connection = HTTPConnection(urlsplit(self._aws()).netloc, timeout=900)
        try:
            connection.request(request.method, request.target, request.body, dict(request.headers))
            reply = connection.getresponse()
            return Reply(reply.status, reply.getheaders(), reply.read())
        finally:
            connection.close()


def _serve(guard: Guard) -> ThreadingHTTPServer:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items() if name.lower() != "expect"}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            reply = guard.answer(Request(self.command, self.path, headers, body))
            self.send_response_only(reply.status)
            for name, value in reply.headers:
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            lengths = [value for name, value in reply.headers if name.lower() == "content-length"]
            self.send_header("Content-Length", [str(len(reply.body)), *lengths][-1])
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server
