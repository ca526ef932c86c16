"""The local service: a cloud, and a port at which it can be reached."""

import errno
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Self

from tastemaker.config import variable
from tastemaker.domain.resources.quotas import Quotas
from tastemaker.wire.origins import Origins
from tastemaker_local import synth
from tastemaker_local.emulation.messages import CannotStart, Reply, Request
from tastemaker_local.emulation.quick_start import quick_imports
from tastemaker_local.emulation.validators import openapi_importable
from tastemaker_local.server import Server

if TYPE_CHECKING:
    from tastemaker_local.cloud import Cloud
    from tastemaker_local.emulation.functions import Run

# Pages that are served from this machine itself.
LOCAL_ORIGINS = ",".join(
    f"{scheme}://{host}:*"
    for host in ("localhost", "*.localhost", "127.0.0.1", "[::1]")
    for scheme in ("http", "https")
)
# What a start may end with that its user can put right; the message says how.
REFUSALS = (CannotStart, synth.SynthFailed)
# What is wrong with an address that cannot be listened at is its host; otherwise its port.
_OF_THE_HOST = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class OnlyOnePerProcess(Exception):
    """moto keeps its state in the process: a second service would share it with the first."""


class LocalService:
    """A whole local AWS with Tastemaker in it, for the length of a `with` block.

    Port 0 takes any free port; `data` is a folder in which everything outlives the service. `quotas` changes
    AWS's defaults, as in `{"dataset-groups": 20}`; `strict` refuses what AWS would refuse (docs/differences.md).
    `training_day` lets the days between automatic trainings pass in so many seconds; without `automatic_training`
    there are none. `cors_origins` are those whose pages may call from a browser, as a list or with commas between.
    `task_memory` limits steps as that setting of a deployment does: what takes more MB, or more than 15 minutes, runs
    in a process of its own, as in a container. `run` runs functions elsewhere than in this process.
    """

    _running = Lock()

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        data: Path | str | None = None,
        assembly: Path | None = None,
        verbose: bool = False,
        training_day: float | None = None,
        automatic_training: bool = True,
        quotas: Mapping[str, object] | None = None,
        cors_origins: str | Iterable[str] = LOCAL_ORIGINS,
        strict: bool = False,
        announce: Callable[[str], None] = lambda _: None,
        task_memory: int = 0,
        run: "Run | None" = None,
    ) -> None:
        self._address = (host, port)
        self._data = Path(data) if data else None
        self._assembly = assembly
        self._verbose = verbose
        self._options: dict[str, Any] = {"verbose": verbose, "automatic_training": automatic_training, "run": run}
        self._options |= {"training_day": training_day} if training_day else {}
        self._settings = {variable("quotas"): Quotas.of(quotas).to_json()} if quotas else {}
        self._origins = Origins.of(cors_origins)
        self._settings[variable("cors_origins")] = self._origins.to_text()
        self._settings[variable("batch_concurrency")] = str(os.cpu_count() or 1)
        if task_memory:
            self._settings[variable("memory")] = str(task_memory)
        self._announce = announce
        self._strict = strict
        if strict:
            Quotas.of(quotas or {}).require_minima()
            self._settings[variable("strict")] = "1"
            self._options["strict"] = True

    @property
    def url(self) -> str:
        """Return the endpoint URL."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def console(self) -> str:
        """Return the URL of the console, for a browser."""
        return f"{self.url}/console/"

    @property
    def cloud(self) -> "Cloud":
        """Return the account behind the endpoint."""
        return self._cloud

    def __enter__(self) -> Self:
        """Start, and return when requests are answered."""
        if not self._running.acquire(blocking=False):
            raise OnlyOnePerProcess("a local service is running in this process already")
        try:
            self._start()
        except BaseException:
            self._running.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; what was acknowledged is in the data folder."""
        self.stop()

    def stop(self, *, patience: float = 10.0) -> None:
        """Stop accepting, then end what runs, waiting for it so many seconds at most."""
        self._server.shutdown()
        self._server.server_close()
        self._cloud.stop(patience=patience)
        self._running.release()

    def _start(self) -> None:
        self._server = self._listen()  # the port first: it may be taken
        try:
            assembly = self._assembly or synth.assembly(announce=self._announce)
            with quick_imports(), openapi_importable():
                from tastemaker_local.cloud import Cloud  # noqa: PLC0415 - most of a start is this import
                from tastemaker_local.gateway import Gateway  # noqa: PLC0415 - same

                self._cloud = Cloud(assembly, data=self._data, settings=self._settings, url=self.url, **self._options)
                self._cloud.start()
        except BaseException:
            self._server.server_close()
            raise
        for line in self._cloud.unanswering() if self._data and not self._assembly else ():
            self._announce(f"{line}; docs/upgrades.md")
        self._server.answer = Gateway(self._cloud, self._origins, strict=self._strict).answer
        self._cloud.let_answer(self._server.answer)
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="http", daemon=True).start()

    def _listen(self) -> Server:
        host, port = self._address
        try:
            return Server(host, port, self._not_ready, origins=self._origins, verbose=self._verbose)
        except OSError as error:
            of_host = isinstance(error, socket.gaierror) or error.errno in _OF_THE_HOST
            option = "--host" if of_host else "--port"
            raise CannotStart(
                f"cannot listen at {host}:{port}: {error.strerror}; choose another with {option}"
            ) from error

    @staticmethod
    def _not_ready(request: Request) -> Reply:  # pragma: no cover - nothing is accepted before the start is complete
        raise AssertionError(request)
