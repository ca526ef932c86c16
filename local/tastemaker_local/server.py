"""HTTP/1.1 over the standard library's threading server, tuned so that the wire costs less than the work."""

import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import perf_counter
from typing import ClassVar

from tastemaker_local.messages import Reply, Request

Answer = Callable[[Request], Reply]
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class BadRequest(Exception):
    """The client does not speak HTTP as it should."""


class Server(ThreadingHTTPServer):
    """Answers each connection in a thread of its own."""

    daemon_threads = True
    request_queue_size = 128
    # A port that is still in use must be an error, also where this option would let two servers share it.
    allow_reuse_address = sys.platform != "win32"

    def __init__(self, host: str, port: int, answer: Answer, *, verbose: bool = False) -> None:
        self.answer = answer
        self.verbose = verbose
        super().__init__((host, port), _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up; answers never raise."""


class _Connection(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    # Buffered writes and no delay: one packet per reply, sent at once. Either alone costs 40 ms per request.
    wbufsize: ClassVar[int] = -1
    disable_nagle_algorithm = True
    timeout = 300

    def _serve(self) -> None:
        started = perf_counter()
        try:
            request = self._request()
        except (BadRequest, ValueError) as error:
            self.close_connection = True
            self._send(Reply(HTTPStatus.BAD_REQUEST, [("Content-Type", "text/plain")], str(error).encode()))
            return
        reply = self.server.answer(request)
        self._send(reply)
        if self.server.verbose:
            took = (perf_counter() - started) * 1000
            sys.stderr.write(f"{reply.status} {self.command} {request.path} {request.service or '-'} {took:.1f} ms\n")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve  # noqa: N815 - http.server's names

    def handle_expect_100(self) -> bool:
        """Let the client send its body; our writes are buffered, so the invitation must be pushed out."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def _request(self) -> Request:
        headers: dict[str, str] = {}
        spelled: dict[str, str] = {}
        for name, value in self.headers.items():
            low = name.lower()
            if "_" in name and low.startswith("x-amz-meta-"):
                spelled[name] = value
            else:
                headers[low] = f"{headers[low]},{value}" if low in headers else value
        body = self._body(headers)
        return Request(self.command, self.path, headers, body, self.client_address[0], spelled)

    def _body(self, headers: dict[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            del headers["transfer-encoding"]
            return self._chunks()
        length = int(headers.get("content-length", "0"))
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            raise BadRequest("the connection ended before the body did")
        return body

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline(1024).partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline(3)
        while self.rfile.readline(65536).strip():  # trailers
            pass
        return b"".join(parts)

    def _send(self, reply: Reply) -> None:
        lines = [f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, '')}"]
        names = {name.lower() for name, _ in reply.headers}
        bodiless = reply.status in _WITHOUT_BODY
        lines += [f"{name}: {value}" for name, value in reply.headers if not _is_ours_to_say(name)]
        if not bodiless:
            lines.append(f"Content-Length: {self._length(reply)}")
        if "date" not in names:
            lines.append(f"Date: {self.date_time_string()}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        self.wfile.write(head if bodiless or self.command == "HEAD" else head + reply.body)
        self.wfile.flush()

    def _length(self, reply: Reply) -> int:
        # Of HEAD the length is that of the body that GET would send.
        told = next((value for name, value in reply.headers if name.lower() == "content-length"), None)
        return int(told) if self.command == "HEAD" and told is not None else len(reply.body)


def _is_ours_to_say(name: str) -> bool:
    return name.lower() in {"content-length", "connection", "transfer-encoding"}
