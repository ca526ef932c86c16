"""Lambda's side of a function: the Runtime API over HTTP, and the process that asks it for work.

"Lambda runtime API" in the AWS guide: GET /2018-06-01/runtime/invocation/next, POST .../invocation/ID/response and
.../error, POST .../init/error.
"""

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from threading import Lock, Thread
from typing import Any, Self
from uuid import uuid4

_API = "/2018-06-01/runtime/"
_FETCH = 0.2  # seconds between looks whether a process is still there


class FunctionFailed(Exception):
    """What a function raised; its class has the name that Lambda tells in `errorType`."""

    @classmethod
    def named(cls, type_: str, message: str) -> Self:
        # Errors of the function's own are spoken to its caller; others are not, as in one process.
        return type(type_, (cls,), {"__module__": "tastemaker.errors"})(message)


@dataclass(frozen=True, slots=True)
class Limits:
    """What Lambda gives a function: seconds an invocation may take, and MB that it may hold."""

    seconds: float
    megabytes: int


@dataclass(slots=True)
class _Work:
    event: object
    arn: str
    deadline: float
    id: str = field(default_factory=lambda: str(uuid4()))
    answers: Queue = field(default_factory=lambda: Queue(1))


class Runtime:
    """One function: its process, which is started at the first invocation and again whenever it has ended."""

    def __init__(self, command: list[str], environment: Mapping[str, str], limits: Limits, log: Path) -> None:
        self._command, self._environment, self.limits, self._log = command, dict(environment), limits, log
        self._waiting: Queue[_Work] = Queue()
        self._given: dict[str, _Work] = {}
        self._one = Lock()
        self._process: subprocess.Popen | None = None
        self._server = _serve(self)
        self._began = 0.0
        self.cold_starts: list[float] = []  # seconds from the start of a process until it asks for work
        self.peak = 0

    def invoke(self, arn: str, event: object) -> Any:
        """Return what the function returns for an event, one at a time as a Lambda environment does."""
        with self._one:
            work = _Work(event, arn, time.time() + self.limits.seconds)
            self._start_if_needed()
            self._waiting.put(work)
            return self._answer(work)

    def stop(self) -> None:
        """End the process and the API."""
        self._server.shutdown()
        self._server.server_close()
        self._end()

    def next(self) -> _Work | None:
        """Return the next work, for the process that asks for it; None once nobody may ask any more."""
        if self._began:
            self.cold_starts.append(time.monotonic() - self._began)
            self._began = 0.0
        while self._process is not None:
            try:
                work = self._waiting.get(timeout=_FETCH)
            except Empty:
                continue
            self._given[work.id] = work
            return work
        return None

    def told(self, id_: str, *, failed: bool, payload: Any) -> None:
        """Take an answer in."""
        work = self._given.pop(id_) if id_ else self._waiting.get(timeout=1)
        work.answers.put((failed, payload))

    def _answer(self, work: _Work) -> Any:
        while True:
            try:
                failed, payload = work.answers.get(timeout=_FETCH)
            except Empty:
                self._look_after(work)
                continue
            if failed:
                raise FunctionFailed.named(payload.get("errorType", "Error"), payload.get("errorMessage", ""))
            return payload

    def _look_after(self, work: _Work) -> None:
        """Say what Lambda says of a process that has ended, or that takes too long."""
        if time.time() > work.deadline:
            self._end()
            message = f"{work.id} Task timed out after {self.limits.seconds:.2f} seconds"
            raise FunctionFailed.named("Sandbox.Timedout", message)
        if self._process is not None and (status := self._process.poll()) is not None:
            self._end()
            raise FunctionFailed.named("Runtime.ExitError", f"RequestId: {work.id} Error: Runtime exited with {status}")

    def _start_if_needed(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self._began = time.monotonic()
        host, port = self._server.server_address[:2]
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            self._command,
            env=self._environment | {"AWS_LAMBDA_RUNTIME_API": f"{host}:{port}"},
            stdin=subprocess.DEVNULL,
            stdout=(log := self._log.open("ab")),
            stderr=log,
        )
        log.close()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self.peak = max(self.peak, _peak_of(process.pid))
            process.kill()
            process.wait()


def _peak_of(pid: int) -> int:
    """Return the most bytes that a process held; 0 of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _serve(runtime: Runtime) -> ThreadingHTTPServer:
    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            work = runtime.next()
            if work is None:
                self.close_connection = True
                return
            headers = {
                "Lambda-Runtime-Aws-Request-Id": work.id,
                "Lambda-Runtime-Deadline-Ms": str(round(work.deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": work.arn,
                "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
            }
            self._reply(200, json.dumps(work.event).encode(), headers)

        def do_POST(self) -> None:
            payload = self.rfile.read(int(self.headers["Content-Length"]))
            parts = self.path.removeprefix(_API).split("/")
            id_ = parts[1] if parts[0] == "invocation" else ""
            runtime.told(id_, failed=parts[-1] == "error", payload=json.loads(payload or b"null"))
            self._reply(202, b"{}", {})

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in (
                headers | {"Content-Length": str(len(body)), "Content-Type": "application/json"}
            ).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server
