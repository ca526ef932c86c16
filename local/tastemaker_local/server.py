"""HTTP/1.1 over the standard library's server (decision 0027), tuned so that the wire costs less than the work."""

import io
import sys
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import perf_counter
from typing import ClassVar

from tastemaker.wire.origins import Origins
from tastemaker_local.emulation.messages import Reply, Request, refusal
from tastemaker_local.emulation.pages import for_pages

Answer = Callable[[Request], Reply]
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
# API Gateway's name for a request that is not HTTP as it should be.
_BAD = "BadRequestException"
# The base class calls these our shortcomings; they are the caller's.
_THEIRS = {
    HTTPStatus.NOT_IMPLEMENTED: HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED: HTTPStatus.BAD_REQUEST,
}
# What S3 takes in one request. A number beyond all memory must not be tried.
_LONGEST = 5 * 2**30
_PLACES = 20  # more than enough to say so; Python refuses to read very many
_DIGITS = frozenset("0123456789")
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
# How long a client may take over one piece of a request, and over headers of one that is refused already, in seconds.
_PATIENCE, _HASTE = 300.0, 0.25
# What the base class takes of a line, and the most lines of a refused request that are looked at.
_LINE, _LINES = 65537, 200


class BadRequest(Exception):
    """The client does not speak HTTP as it should."""


class Server(ThreadingHTTPServer):
    """Answers each connection in a thread of its own."""

    daemon_threads = True
    request_queue_size = 128
    # A port that is still in use must be an error, also where this option would let two servers share it.
    allow_reuse_address = sys.platform != "win32"

    def __init__(
        self,
        host: str,
        port: int,
        answer: Answer,
        *,
        origins: Origins | None = None,
        verbose: bool = False,
        patience: float = _PATIENCE,
    ) -> None:
        self.answer = answer
        self.origins = origins or Origins()
        self.verbose = verbose
        self.patience = patience
        super().__init__((host, port), _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up; answers never raise."""


class _Lines(io.BufferedReader):
    """What a client sends; remembers which page a request comes from, since a request may be refused half read."""

    origin = ""
    ended = False

    def begin(self) -> None:
        """Forget the request before."""
        self.origin, self.ended = "", False

    def readline(self, size: int | None = -1) -> bytes:
        """Read a line."""
        line = super().readline(size)
        if line[:7].lower() == b"origin:":
            self.origin = line[7:].strip().decode("latin-1")
        elif line in (b"\r\n", b"\n", b""):
            self.ended = True
        return line


class _Connection(BaseHTTPRequestHandler):
    server: Server
    rfile: _Lines
    protocol_version = "HTTP/1.1"
    # Buffered writes and no delay: one packet per reply, sent at once. Either alone costs 40 ms per request.
    wbufsize: ClassVar[int] = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Read through what remembers."""
        self.timeout = self.server.patience
        super().setup()
        self.rfile = _Lines(self.rfile.detach())

    def handle_one_request(self) -> None:
        """Answer the next request of the connection."""
        self.rfile.begin()
        super().handle_one_request()

    def _serve(self) -> None:
        start = perf_counter()
        try:
            request = self._request()
        except (BadRequest, ValueError) as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
            return
        except TimeoutError:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {self.server.patience:g} s")
            return
        reply = self.server.answer(request)
        self._send(reply)
        if self.server.verbose:
            took = (perf_counter() - start) * 1000
            sys.stderr.write(f"{reply.status} {self.command} {request.path} {request.service or '-'} {took:.1f} ms\n")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve  # noqa: N815 - http.server's names

    def handle_expect_100(self) -> bool:
        """Let the client send its body; our writes are buffered, so the invitation must be pushed out."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        """Tell of connections that were closed because nobody used them only those who want to see everything."""
        if self.server.verbose:
            super().log_error(format, *args)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what the base class cannot read, in a form that clients can."""
        status = HTTPStatus(code)
        self._refuse(_THEIRS.get(status, status), explain or message or status.phrase)

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self.close_connection = True
        with suppress(OSError):  # they may be long in coming
            self._look_for_the_page()
        self._send(for_pages(refusal(status, _BAD, message), self.server.origins, self.rfile.origin))

    def _look_for_the_page(self) -> None:
        """Read on to the end of the headers: a page can only read a refusal that names its origin."""
        self.connection.settimeout(_HASTE)
        for _ in range(_LINES):
            if self.rfile.ended:
                return
            self.rfile.readline(_LINE)

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
        length = _length(headers.get("content-length", "0"), _DIGITS, 10)
        return self._whole(length) if length else b""

    def _whole(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) < length:
            raise BadRequest("the connection ended before the body did")
        return body

    def _chunks(self) -> bytes:
        parts = []
        while size := _length(self.rfile.readline(1024).partition(b";")[0].decode("latin-1").strip(), _HEX_DIGITS, 16):
            parts.append(self._whole(size))
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
        length = next((value for name, value in reply.headers if name.lower() == "content-length"), None)
        return int(length) if self.command == "HEAD" and length is not None else len(reply.body)


def _length(text: str, digits: frozenset[str], base: int) -> int:
    # Python reads more as a number than HTTP does: signs, underscores, the digits of all scripts.
    if not text or not digits.issuperset(text):
        raise BadRequest(f"{text[:100]!r} is not a length")
    length = int(text[:_PLACES], base)
    if length > _LONGEST:
        raise BadRequest(f"a body of {text[:100]} bytes is longer than {_LONGEST}")
    return length


def _is_ours_to_say(name: str) -> bool:
    return name.lower() in {"content-length", "connection", "transfer-encoding"}
