"""One AWS account in this process: moto with the synthesized templates deployed to it, region by region."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import RLock

from moto import mock_aws
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.core.config import DefaultConfig

from tastemaker_local.emulation import cloudformation, dynamodb, executions, randomness, roles, s3
from tastemaker_local.emulation.deployment import ACCOUNT, deploy
from tastemaker_local.emulation.functions import Functions
from tastemaker_local.emulation.messages import DEFAULT_REGION, Reply, Request
from tastemaker_local.emulation.pace import Pace
from tastemaker_local.emulation.quick_start import known_methods, one_partition
from tastemaker_local.emulation.routes import Routes
from tastemaker_local.emulation.schedules import DAY, Schedules
from tastemaker_local.emulation.wsgi import Moto
from tastemaker_local.persistence.recorder import Persistence
from tastemaker_local.persistence.snapshots import Snapshot

_MOTO: DefaultConfig = {"stepfunctions": {"execute_state_machine": True}, "iam": {"load_aws_managed_policies": True}}
# How long a stop waits for work that is under way: it is in this process, and without the cloud it would reach AWS.
_PATIENCE = 10.0


class Cloud:
    """Starts empty, or as the data folder remembers it; moto knows one cloud per process, so there can be only one."""

    def __init__(
        self,
        assembly: Path,
        *,
        data: Path | None = None,
        settings: Mapping[str, str] | None = None,
        training_day: float = DAY,
    ) -> None:
        self._assembly = assembly
        self._persistence = Persistence(data) if data else None
        self._pace = Pace()
        self._functions = Functions(settings=settings, after=self.flush, step=self._pace.step)
        self._moto = Moto()
        self._routes: dict[str, Routes] = {}
        self._schedules = Schedules(lambda: self._routes, day=training_day)
        self._deploying = RLock()
        self._stack = ExitStack()

    def start(self) -> None:
        """Deploy, and bring back what the data folder holds."""
        try:
            self._install()
            self.routes(DEFAULT_REGION)
            if self._persistence:
                self._remember(self._persistence)
            self._schedules.start()
        except BaseException:
            self._stack.close()
            raise

    def stop(self, *, patience: float = _PATIENCE) -> None:
        """Write what is left to write, end what runs, and give the process back as it was."""
        self._schedules.stop()
        if self._persistence:
            self._recording.close()
        executions.stop_all(patience)
        self._stack.close()

    def routes(self, region: str) -> Routes | None:
        """Return the routes of a region, deploying it at its first request; None if AWS has no such region."""
        if (of_region := self._routes.get(region)) or region not in lambda_backends[ACCOUNT]:
            return of_region
        with self._deploying:
            if region not in self._routes:
                deploy(self._assembly, region)
                self._routes[region] = Routes(region)
                if self._persistence:
                    self._persistence.region_deployed(region)
        return self._routes[region]

    def call(self, function: LambdaFunction, event: object) -> object:
        """Run a function as the REST API does."""
        return self._functions.call(function, event)

    def take_turn(self) -> None:
        """Let a question wait if others were asked just before and a step is running."""
        self._pace.take_turn()

    def ask_moto(self, request: Request) -> Reply:
        """Answer a request to anything but our own API."""
        request = s3.unframed(request)
        return self._persistence.answer(request, self._moto) if self._persistence else self._moto(request)

    def flush(self) -> None:
        """Make everything durable that anybody may be told of now."""
        if self._persistence:
            self._persistence.flush()

    def empty(self) -> None:
        """Forget everything but the deployment; for one test after another."""
        executions.stop_all(_PATIENCE)
        self._functions.cool_down()
        snapshot, routes = self._emptiness
        snapshot.restore()
        self._routes = dict(routes)

    def note_emptiness(self) -> None:
        """Take the state of now for what `empty` returns to."""
        self._emptiness = (Snapshot(), dict(self._routes))

    def _install(self) -> None:
        mock = mock_aws(config=_MOTO)
        mock.start()
        self._stack.callback(mock.stop)
        for context in (
            one_partition(),
            known_methods(),
            randomness.installed(),
            cloudformation.installed(),
            executions.interpreted(),
            dynamodb.installed(),
            s3.installed(),
            roles.installed(),
            self._functions.installed(),
        ):
            self._stack.enter_context(context)
        self._recording = ExitStack()
        self._stack.callback(self._recording.close)
        if self._persistence:
            self._recording.enter_context(self._persistence.installed())

    def _remember(self, persistence: Persistence) -> None:
        for region in persistence.regions():
            self.routes(region)
        persistence.replay(self._moto)
        for execution in persistence.unfinished():
            persistence.start_again(execution)
