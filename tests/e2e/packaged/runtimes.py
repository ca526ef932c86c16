"""Lambda's side of a function: the Runtime API over HTTP, and the process that asks it for work.

"Lambda runtime API" in the AWS guide: GET /2018-06-01/runtime/invocation/next, POST .../invocation/ID/response and
.../error, POST .../init/error.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from queue import Empty, Queue
from threading import Lock
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

from tastemaker_local.emulation.messages import Reply, Request
from tests.gateways import serving

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

    def reply(self) -> Reply:
        """Return what the process that asked for work is told."""
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.id,
            "Lambda-Runtime-Deadline-Ms": str(round(self.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.arn,
            "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
        }
        return Reply(HTTPStatus.OK, list(headers.items()), json.dumps(self.event).encode())


class Runtime:
    """One function: its process, which is started at the first invocation and again whenever it has ended."""

    def __init__(self, command: list[str], environment: Mapping[str, str], limits: Limits, log: Path) -> None:
        self._command, self._environment, self.limits, self._log = command, dict(environment), limits, log
        self._waiting: Queue[_Work] = Queue()
        self._given: dict[str, _Work] = {}
        self._one = Lock()
        self._process: subprocess.Popen | None = None
        self._address = ""
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

    def __call__(self, request: Request) -> Reply:
        """Answer what its process asks of the Runtime API."""
        if request.method == "GET":
            work = self._next()
            return work.reply() if work else Reply(HTTPStatus.GONE, [], b"")
        parts = request.path.removeprefix(_API).split("/")
        id_ = parts[1] if parts[0] == "invocation" else ""
        self._told(id_, failed=parts[-1] == "error", payload=json.loads(request.body or b"null"))
        return Reply(HTTPStatus.ACCEPTED, [("Content-Type", "application/json")], b"{}")

    @contextmanager
    def served(self) -> Iterator[None]:
        """Answer at a port of this machine, and end the process with it."""
        with serving(self) as url:
            self._address = urlsplit(url).netloc
            try:
                yield
            finally:
                self._end()

    def _next(self) -> _Work | None:
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

    def _told(self, id_: str, *, failed: bool, payload: Any) -> None:
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
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            self._command,
            env=self._environment | {"AWS_LAMBDA_RUNTIME_API": self._address},
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
