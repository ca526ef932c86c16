"""The local service as a process of its own, and boto3 clients that talk to it and to nothing else."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.client import BaseClient
from botocore.config import Config

REGION = "us-east-1"
_READY = "ready "
_PATIENCE = 180.0  # seconds; the first start on a machine also synthesizes the templates
_GOODBYE = 15.0
_TAIL = 15


class ServiceFailed(Exception):
    """The service did not start; the message has the last lines of its log."""


class Service:
    """The service's process, from its start on."""

    def __init__(self, data: Path, log: Path, port: int = 0) -> None:
        self.url = ""  # known once it is ready
        self._log = log
        command = [sys.executable, "-m", "tastemaker_local.cli", "local", "--port", str(port), "--data", str(data)]
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own program with this very Python
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the demo alone, which then stops the service in order
            )

    def wait_until_ready(self, tell: Callable[[str], None] = lambda _: None) -> str:
        """Return the service's URL once it can answer; port 0 became a free one. `tell` hears what it is doing."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            for line in self._lines():
                if line.startswith(_READY):
                    self.url = line.removeprefix(_READY).strip()
                    return self.url
                tell(line)
            if self._process.poll() is not None:
                raise ServiceFailed(f"The local service stopped at once:\n{self._tail()}")
            time.sleep(0.05)
        raise ServiceFailed(f"The local service was not ready after {_PATIENCE:.0f} s:\n{self._tail()}")

    def wait(self) -> None:
        """Return when the service has stopped by itself."""
        self._process.wait()

    def stop(self) -> None:
        """Stop the service in order, or by force if it does not listen."""
        self._process.terminate()
        try:
            self._process.wait(_GOODBYE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _lines(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines()

    def _tail(self) -> str:
        return "\n".join(self._lines()[-_TAIL:]) or "It printed nothing."


@dataclass(frozen=True, slots=True)
class Clients:
    """Unmodified boto3 clients; only their endpoint URL is ours."""

    personalize: BaseClient
    events: BaseClient
    runtime: BaseClient
    s3: BaseClient
    iam: BaseClient


@contextmanager
def started(data: Path, log: Path, port: int = 0) -> Iterator[Service]:
    """Start the service, and stop it at the end whatever happens."""
    service = Service(data, log, port)
    try:
        yield service
    finally:
        service.stop()


def connect(url: str) -> Clients:
    """Make the clients of one endpoint; settings of the user's own AWS account stay out of it."""
    session = boto3.Session(aws_access_key_id="demo", aws_secret_access_key="demo", region_name=REGION)  # noqa: S106
    settings = Config(
        proxies={},
        read_timeout=300,
        # A second pass over 54 MB that tells a local service nothing.
        request_checksum_calculation="when_required",
        s3={"addressing_style": "path"},
    )

    def client(name: str) -> BaseClient:
        return session.client(name, endpoint_url=url, config=settings)

    return Clients(
        personalize=client("personalize"),
        events=client("personalize-events"),
        runtime=client("personalize-runtime"),
        s3=client("s3"),
        iam=client("iam"),
    )
