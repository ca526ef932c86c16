"""Runs AWS Batch's containers as processes of this machine, each with its job's memory and time, and no more.

moto keeps queues, definitions and jobs; where it would start Docker, a process runs the step instead.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final
from unittest.mock import patch

from moto.batch.models import ComputeEnvironment, Job, JobStatus
from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

from tastemaker_local.emulation.messages import ACCOUNT

_SERVICE: Final = "batch.amazonaws.com"
_make_environment = ComputeEnvironment.create_from_cloudformation_json
# What a process may reserve, which is more than it fills: so many times its memory, and what Python and its wheels map.
# What it fills is looked at, as a container's is.
_RESERVED, _MAPPED = 2, 1 << 30
_BEGIN: Final = """
import resource, runpy, sys
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_AS, (most, most))
runpy.run_module("tastemaker.handlers.job", run_name="__main__", alter_sys=True)
"""
# What a process takes of this one: where things are, and how this machine's libraries calculate.
_OF_THE_MACHINE: Final = frozenset({"PATH", "HOME", "LANG", "TMPDIR"})
_OF_LIBRARIES: Final = ("OPENBLAS_", "OMP_")
_LOOK_APART, _PATIENCE = 0.05, 5.0  # seconds
# AWS Batch's words.
_NO_MEMORY: Final = "OutOfMemoryError: Container killed due to memory usage"
_NO_TIME: Final = "Job attempt duration exceeded timeout"
_EXITED: Final = "Essential container in task exited"


@contextmanager
def installed(url: str, here: Mapping[str, str]) -> Iterator[None]:
    """Let jobs run; at `url` their processes find AWS, `here` is this process's environment."""
    with (
        patch.object(Job, "run", lambda job: _run(job, url, here)),
        patch.object(ComputeEnvironment, "create_from_cloudformation_json", _environment),
    ):
        yield


def _environment(
    name: str, template: dict[str, Any], account: str, region: str, **others: object
) -> ComputeEnvironment:
    """Make a compute environment; one without a role gets the account's own, which AWS makes where there is none."""
    roles = iam_backends[ACCOUNT][get_partition(region)]
    own = next((each.arn for each in roles.roles.values() if f"/{_SERVICE}/" in each.arn), None)
    own = own or roles.create_service_linked_role(_SERVICE, "", "").arn
    properties = {"ServiceRole": own} | template["Properties"]
    return _make_environment(name, {**template, "Properties": properties}, account, region, **others)


def _run(job: Job, url: str, here: Mapping[str, str]) -> None:
    job.status = JobStatus.RUNNING
    job.job_started_at = datetime.now()  # noqa: DTZ005 - moto's own are without a zone too
    job.log_stream_name = job._stream_name  # noqa: SLF001
    job._start_attempt()  # noqa: SLF001
    code, reason, said = _ran(job, _variables(job, url, here))
    container: Any = job.latest_attempt["container"]
    container |= {"exitCode": code} | ({"reason": reason} if reason == _NO_MEMORY else {})
    job.exit_code = code
    job.job_stopped_reason = job.job_stopped_reason or reason
    if code and said:
        sys.stderr.write(said)
    job._mark_stopped(success=code == 0)  # noqa: SLF001


def _ran(job: Job, variables: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a job's process to its end; return its exit code, AWS Batch's reason, and what it has said."""
    memory = _memory(job) << 20
    command = [sys.executable, "-c", _BEGIN, str(_RESERVED * memory + _MAPPED), job.parameters["document"]]
    process = subprocess.Popen(  # noqa: S603 - our own arguments
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    until = monotonic() + (job.timeout or {}).get("attemptDurationSeconds", float("inf"))
    while process.poll() is None:
        if job.stop or monotonic() > until:
            said = _ended(process)
            return 128 + signal.SIGTERM, job.job_stopped_reason or _NO_TIME, said
        if filled(process.pid) > memory:
            process.kill()
        try:
            process.wait(_LOOK_APART)
        except subprocess.TimeoutExpired:
            continue
    said = process.communicate()[0]
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return code, _NO_MEMORY if code == 128 + signal.SIGKILL else _EXITED, said


def filled(process: int) -> int:
    """Return how many bytes of memory a process has filled, files that it looks at aside; 0 where nobody says."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("RssAnon:")), 0)


def _ended(process: subprocess.Popen[str]) -> str:
    process.terminate()
    try:
        return process.communicate(timeout=_PATIENCE)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def _memory(job: Job) -> int:
    """Return a job's MB: what it was submitted with, or its definition's."""
    overrides: list[Mapping[str, str]] = (job.container_overrides or {}).get("resourceRequirements", [])
    [memory] = [int(each["value"]) for each in overrides if each["type"] == "MEMORY"] or [
        int(job.job_definition.memory or 0)
    ]
    return memory


def _variables(job: Job, url: str, here: Mapping[str, str]) -> dict[str, str]:
    properties: Any = job.job_definition.container_properties
    own = {each["name"]: each["value"] for each in properties["environment"]}
    return {
        **{name: value for name, value in here.items() if name in _OF_THE_MACHINE or name.startswith(_OF_LIBRARIES)},
        **{name: value for name, value in own.items() if not name.startswith(_OF_LIBRARIES)},
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "TASTEMAKER_AWS_ENDPOINT": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
