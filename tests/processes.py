"""Local services in processes of their own, so that a test can kill them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Timer
from typing import Self

import boto3

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
SESSION = boto3.session.Session()
BUCKET = "tastemaker-data-123456789012-us-east-1"
SCHEMA = """{"type": "record", "name": "Interactions", "namespace": "com.amazonaws.personalize.schema", "fields": [
  {"name": "USER_ID", "type": "string"}, {"name": "ITEM_ID", "type": "string"}, {"name": "TIMESTAMP", "type": "long"}
], "version": "1.0"}"""


class Process:
    """A running `tastemaker local`."""

    def __init__(self, *options: object) -> None:
        command = [sys.executable, "-m", "tastemaker_local.cli", "local", *map(str, options)]
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = os.environ | {"PYTHONPATH": path}
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def ready(self) -> Self:
        """Wait for the line that names the endpoint."""
        line = self._process.stdout.readline()
        assert line.startswith("ready http://127.0.0.1:"), line + self.end()[1]
        self.url = line.split()[1]
        return self

    def client(self, service: str, region: str = "us-east-1"):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return SESSION.client(service, region_name=region, endpoint_url=self.url, **keys)

    def kill(self) -> str:
        """End it at once; return what was said on stderr."""
        self._process.send_signal(signal.SIGKILL)
        return self.end()[1]

    def kill_after(self, words: str) -> str:
        """End it once a line on stderr has some words; return all that was said there."""
        late = Timer(PATIENCE, self._process.kill)
        late.start()
        lines: list[str] = []
        for line in self._process.stderr:
            lines.append(line)
            if words in line:
                break
        late.cancel()
        return "".join(lines) + self.kill()

    def terminate(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self.end()[0]

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit status and what was said on stderr."""
        _, errors = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, errors

    @property
    def alive(self) -> bool:
        return self._process.poll() is None


@contextmanager
def running(*options: object) -> Iterator[Process]:
    """Run a service at a free port for the length of a `with` block."""
    process = Process("--port", 0, *options)
    try:
        yield process.ready()
    finally:
        if process.alive:
            process.kill()


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for something that another process does."""
    pause = Event()
    for _ in range(round(patience / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not happen")


def processes(word: str) -> list[int]:
    """Return the processes of this machine whose command has a word in it."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def run_script(script: str, *words: object, path: Sequence[Path] = ()) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own, which imports from these folders first; it ends well."""
    before = os.pathsep.join([*map(str, path), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script, *map(str, words)],
        env=os.environ | {"PYTHONPATH": before},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done
