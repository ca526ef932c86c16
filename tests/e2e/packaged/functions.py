"""Runs the functions of a local service from their assets, each in a process and, for root, in a world of its own.

That world is as Lambda's: /var/task and /opt can only be read, /tmp is its own and as large as the template says, /dev
has no shm, and /dev/fd only what every process begins with.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import Any

from moto.awslambda.models import LambdaFunction

from tastemaker.config import variable
from tests.e2e.packaged.assets import Assets
from tests.e2e.packaged.runtimes import Limits, Runtime
from tests.e2e.packaged.template import declared

_TASK, _OPT, _RUNTIME = "/var/task", "/opt/python", "/var/runtime"
# Lambda counts what is resident, and libraries map far more than that: what is limited is what a process writes to.
_PROCESS = """set -e
ulimit -d {kilobytes}
cd {task}
exec {python}
"""
_UNSHARED = ("unshare", "--mount", "--propagation", "private")
_WORLD = """set -e
mount -t tmpfs -o size=1m tmpfs {dev}
mkdir {dev}/fd
for n in 0 1 2; do ln -s /proc/self/fd/$n {dev}/fd/$n; done
for name in null zero full random urandom; do touch {dev}/$name; mount --bind /dev/$name {dev}/$name; done
mount --bind {code} {task} && mount -o remount,bind,ro {task}
mount --bind {layers} {opt} && mount -o remount,bind,ro {opt}
mount --bind {runtime} /var/runtime && mount -o remount,bind,ro /var/runtime
mount --move {dev} /dev
mount -t tmpfs -o size={disk}m tmpfs /tmp
"""


class Packaged:
    """Calls functions in their processes: what `LocalService(run=...)` takes; at `url` they find AWS."""

    def __init__(self, assets: Assets, folder: Path, url: str) -> None:
        self._assets, self._folder, self._url = assets, folder, url
        self._declared = declared()
        self._lock, self._served = Lock(), ExitStack()
        self.runtimes: dict[str, Runtime] = {}
        self.isolated = _may_unshare()

    def __call__(self, function: LambdaFunction, variables: Mapping[str, str], event: object) -> Any:
        with self._lock:
            if function.function_name not in self.runtimes:
                self.runtimes[function.function_name] = runtime = self._runtime(function, variables)
                self._served.enter_context(runtime.served())
            runtime = self.runtimes[function.function_name]
        return runtime.invoke(function.function_arn, event)

    def close(self) -> None:
        self._served.close()

    def _runtime(self, function: LambdaFunction, variables: Mapping[str, str]) -> Runtime:
        name, folder = function.function_name, self._folder / function.function_name
        given, opt = self._declared[name], folder / "layers" / "python"
        for layer in given.layers:
            shutil.copytree(self._assets.layers[layer], opt, copy_function=os.link, dirs_exist_ok=True)
        limits = Limits(float(function.timeout), given.memory)
        script = self._script(folder, str(function.handler), limits, disk=given.disk)
        return Runtime(
            [*(_UNSHARED if self.isolated else ()), "sh", "-c", script],
            self._environment(function, variables, opt),
            limits,
            self._folder / f"{name}.log",
        )

    def _script(self, folder: Path, handler: str, limits: Limits, *, disk: int) -> str:
        """Return the shell's words that begin a process."""
        task = _TASK if self.isolated else self._assets.code
        python = shlex.join([sys._base_executable, "-S", "-m", "awslambdaric", handler])
        process = _PROCESS.format(kilobytes=limits.megabytes << 10, task=task, python=python)
        if not self.isolated:
            return process
        for place in (folder / "dev", *map(Path, (task, _OPT, _RUNTIME))):
            place.mkdir(exist_ok=True)
        bound = {"code": self._assets.code, "layers": folder / "layers" / "python", "runtime": self._assets.runtime}
        return _WORLD.format(**bound, dev=folder / "dev", task=task, opt=_OPT, disk=disk) + process

    def _environment(self, function: LambdaFunction, variables: Mapping[str, str], opt: Path) -> dict[str, str]:
        """Return what Lambda gives a process: nothing of this one's is in it."""
        here = (str(self._assets.code), str(opt), str(self._assets.runtime))
        task, layers, runtime = (_TASK, _OPT, _RUNTIME) if self.isolated else here
        return {
            **variables,
            variable("aws_endpoint"): self._url,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self._declared[function.function_name].memory),
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.14",
            "AWS_ACCESS_KEY_ID": function.function_name,  # by which a guard knows whose role it is
            "AWS_SECRET_ACCESS_KEY": "function",
            "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
            "LAMBDA_TASK_ROOT": task,
            "LAMBDA_RUNTIME_DIR": runtime,
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": f"{task}:{layers}:{runtime}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TZ": ":UTC",
        }


def _may_unshare() -> bool:
    try:
        return subprocess.run([*_UNSHARED, "true"], check=False, capture_output=True).returncode == 0  # noqa: S603
    except OSError:
        return False
