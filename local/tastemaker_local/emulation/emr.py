"""Runs EMR Serverless's jobs of Spark on this machine: `local[2]`, with what they read of S3 as files.

moto keeps applications and runs; what it would only pretend to run is done by spark-submit's Python, if there is one.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from typing import Any, Final
from unittest.mock import patch

from moto.emrserverless.exceptions import ValidationException
from moto.emrserverless.models import EMRServerlessBackend, JobRun
from moto.s3.models import FakeKey, S3Backend, s3_backends
from moto.utilities.utils import get_partition

from tastemaker_local.emulation.messages import ACCOUNT
from tastemaker_local.emulation.s3 import Span

_start, _cancel = EMRServerlessBackend.start_job_run, EMRServerlessBackend.cancel_job_run
# Of the driver, in which local executors work.
_MEMORY: Final = "1g"
_LACKING: Final = (
    "local mode runs Spark where pyspark (pip install 'tastemaker[spark]') and a JDK of 17 are: there is no {}"
)
_URI: Final = re.compile(r"s3://([^/]+)/(.*)")
# What messages call a thing, though it may look like where the thing is.
_CALLED: Final = "name"
_CHUNK: Final = 1 << 20
_processes: dict[str, subprocess.Popen[str]] = {}
# Held wherever a run's state or process depends on its state.
_turning = Lock()


def lacking() -> str:
    """Return what this machine lacks to run Spark; empty: nothing."""
    return "pyspark" if find_spec("pyspark") is None else "" if shutil.which("java") else "java"


@contextmanager
def installed(script: Path, here: Mapping[str, str], lacking: Callable[[], str] = lacking) -> Iterator[None]:
    """Let runs run a script, and be cancelled; `here` is this process's environment."""

    def start(backend: EMRServerlessBackend, *args: Any, **kwargs: Any) -> JobRun:  # noqa: ANN401 - as moto's
        same = (run for runs in backend.job_runs.values() for run in runs if run.client_token == kwargs["client_token"])
        if run := next(same, None):
            return run
        run = _start(backend, *args, **kwargs)
        run.state = "RUNNING"
        work = partial(_run, backend, run, script, here, lacking)
        Thread(target=work, name=run.id, daemon=True).start()
        return run

    with patch.multiple(EMRServerlessBackend, start_job_run=start, cancel_job_run=_cancelled):
        try:
            yield
        finally:
            for run in list(_processes):
                _end(run)


def _run(
    backend: EMRServerlessBackend, run: JobRun, script: Path, here: Mapping[str, str], lacking: Callable[[], str]
) -> None:
    lacks = lacking()
    said = _LACKING.format(lacks) if lacks else _done(backend, run, script, here)
    with _turning:
        if run.state == "RUNNING":
            run.state, run.state_details = ("FAILED", said[-1000:]) if said else ("SUCCESS", "")


def _cancelled(backend: EMRServerlessBackend, application_id: str, job_run_id: str) -> tuple[str, str]:
    """Cancel a run as moto does, but none that has ended, and end its process."""
    with _turning:
        run = backend.get_job_run(application_id, job_run_id)
        if run.state != "RUNNING":
            raise ValidationException(f"Job run {job_run_id} cannot be cancelled in state {run.state}")
        ids = _cancel(backend, application_id, job_run_id)
        _end(job_run_id)
    return ids


def _done(backend: EMRServerlessBackend, run: JobRun, script: Path, here: Mapping[str, str]) -> str:
    """Do what a run is told, with its files in a folder that goes with it; return what is said if it failed."""
    driver: Any = run.job_driver
    store = s3_backends[ACCOUNT][get_partition(backend.region_name)]
    with TemporaryDirectory(prefix="tastemaker-spark-") as folder:
        return _submitted(Disk(Path(folder), store), run, driver["sparkSubmit"]["entryPointArguments"][0], script, here)


def _submitted(disk: "Disk", run: JobRun, document: str, script: Path, here: Mapping[str, str]) -> str:
    """Run the script; return what it has said if it failed."""
    path = disk.document(document)
    options = f"--master local[2] --driver-memory {_MEMORY} --conf spark.ui.enabled=false pyspark-shell"
    environment = {
        **here,
        "PYSPARK_SUBMIT_ARGS": options,
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_DIRS": str(disk.folder),
    }
    process = _begun(run, [sys.executable, str(script), str(path)], environment)
    if process is None:
        return ""
    said = process.communicate()[0]
    _processes.pop(run.id, None)
    if process.returncode:
        return said or f"it ended with {process.returncode}"
    disk.store()
    return ""


def _begun(run: JobRun, command: list[str], environment: Mapping[str, str]) -> "subprocess.Popen[str] | None":
    """Begin a run's process, unless the run was cancelled before."""
    with _turning:
        if run.state != "RUNNING":
            return None
        process = _processes[run.id] = subprocess.Popen(  # noqa: S603 - our own script
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    return process


def _end(run: str) -> None:
    if (process := _processes.pop(run, None)) and process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)


class Disk:
    """What a work document names of S3, as files of a folder, and what was written there, in S3.

    Of an object no more than a piece is held in memory on its way here, and one whole on its way back.
    """

    def __init__(self, folder: Path, store: S3Backend) -> None:
        self.folder, self._store = folder, store
        self._before: set[Path] = set()

    def document(self, uri: str) -> Path:
        """Bring a document and all that it names; return where it is, with paths in place of URIs."""
        path = self._bring(uri)
        work = json.loads(path.read_text())
        path.write_text(json.dumps(_mapped(work, self._bring)))
        self._before = set(self._files())
        return path

    def store(self) -> None:
        """Store what has been written since, without the sums that Hadoop keeps of local files."""
        for path in self._files():
            if path not in self._before and path.suffix != ".crc":
                bucket, _, key = str(path.relative_to(self.folder / "s3")).partition("/")
                self._store.put_object(bucket, key, path.read_bytes())

    def _files(self) -> Iterator[Path]:
        return (path for path in (self.folder / "s3").rglob("*") if path.is_file())

    def _bring(self, uri: str) -> Path:
        """Return where an object is, or would be; objects that are there are brought."""
        match = _URI.fullmatch(uri)
        bucket, key = match.groups() if match else ("", uri)
        path = self.folder / "s3" / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if (found := self._store.get_object(bucket, key)) is not None:
            with path.open("wb") as file:
                file.writelines(_pieces(found))
        return path


def _pieces(key: FakeKey) -> Iterator[bytes]:
    content = Span(key)
    return (content[start : start + _CHUNK] for start in range(0, len(content), _CHUNK))


def _mapped(value: Any, bring: Callable[[str], Path]) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(value, dict):
        return {name: each if name == _CALLED else _mapped(each, bring) for name, each in value.items()}
    if isinstance(value, list):
        return [_mapped(each, bring) for each in value]
    return str(bring(value)) if isinstance(value, str) and _URI.fullmatch(value) else value
