"""One AWS account in this process: moto with the synthesized templates deployed to it, region by region."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock

from moto import mock_aws
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.core.base_backend import BackendDict
from moto.core.config import DefaultConfig
from moto.core.model_instances import reset_model_data
from moto.s3.models import s3_backends

from tastemaker_local import surroundings
from tastemaker_local.emulation import (
    batch,
    cloudformation,
    controls,
    dynamodb,
    emr,
    executions,
    in_process,
    keys,
    logs,
    randomness,
    roles,
    rules,
    s3,
    state_tasks,
)
from tastemaker_local.emulation.deployment import ACCOUNT, deploy
from tastemaker_local.emulation.doors import Door
from tastemaker_local.emulation.functions import Functions, Run
from tastemaker_local.emulation.messages import DEFAULT_REGION, Reply, Request
from tastemaker_local.emulation.pace import Pace
from tastemaker_local.emulation.partitions import objection
from tastemaker_local.emulation.permissions import enforcement
from tastemaker_local.emulation.permissions.enforcement import Judge
from tastemaker_local.emulation.quick_start import (
    keys_when_asked,
    known_methods,
    machines_parsed_once,
    partitions_in_use,
    policies_once,
)
from tastemaker_local.emulation.routes import Routes
from tastemaker_local.emulation.schedules import DAY, Schedules
from tastemaker_local.emulation.streams import Streams
from tastemaker_local.emulation.validators import templates_checked
from tastemaker_local.emulation.wsgi import Moto
from tastemaker_local.persistence.recorder import Persistence
from tastemaker_local.persistence.snapshots import Snapshot

# In a wheel inside the package (wheel_build.py), in a clone beside it.
_HERE = Path(__file__).resolve().parent
_SPARK = next((each for each in (_HERE / "spark" / "job.py",) if each.is_file()), _HERE.parents[1] / "spark" / "job.py")
_MOTO: DefaultConfig = {"stepfunctions": {"execute_state_machine": True}, "iam": {"load_aws_managed_policies": True}}
# How long a stop waits for work that is under way: it is in this process, and without the cloud it would reach AWS.
_PATIENCE = 10.0
# The function of the steps that state machines take.
_TASKS = "tastemaker.handlers.tasks.handle"
# The same where somebody waits for a new beginning: what has not ended by then is kept from whatever comes.
_HASTE = 0.4


class Cloud:
    """Starts empty, or as the data folder remembers it; moto knows one cloud per process, so there can be only one.

    At `url` it is reached from other processes.
    """

    def __init__(
        self,
        assembly: Path,
        *,
        data: Path | None = None,
        settings: Mapping[str, str] | None = None,
        training_day: float = DAY,
        automatic_training: bool = True,
        verbose: bool = False,
        strict: bool = False,
        run: Run | None = None,
        url: str = "",
    ) -> None:
        self._url = url
        self._verbose = verbose
        self._strict = strict
        self._assembly = assembly
        self._persistence = Persistence(data) if data else None
        self._pace = Pace()
        self._functions = Functions(settings=settings, after=self.flush, step=self._pace.step, run=run)
        self._moto = Moto()
        self._streams = Streams()
        self.judge = Judge(foreign=not strict)
        self._routes: dict[str, Routes] = {}
        self._schedules = Schedules(lambda: self._routes, day=training_day, training=automatic_training)
        self._deploying = RLock()
        self._door = Door()
        self._answer: Callable[[Request], Reply] = self.ask_moto
        self._emptiness: tuple[Snapshot, dict[str, Routes]] | None = None
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
        """Return the routes of a region, deploying it at its first request; None if there is an objection to it."""
        if (of_region := self._routes.get(region)) or objection(region):
            return of_region
        with self._deploying:
            if region not in self._routes:
                deploy(self._assembly, region)
                self._routes[region] = Routes(region)
                if self._persistence:
                    self._persistence.region_deployed(region)
        return self._routes[region]

    def unanswering(self) -> list[str]:
        """Say which campaigns and recommenders of all regions cannot answer with the models they have, and why."""
        work = {"step": "schedule.unanswering", "input": {"arn": "-"}}
        functions = (each for region in self._routes for each in lambda_backends[ACCOUNT][region].list_functions(None))
        tasks = [each for each in functions if each.handler == _TASKS]
        return [line for each in tasks for line in self._functions.call(each, work)["unanswering"]]

    def let_answer(self, answer: Callable[[Request], Reply]) -> None:
        """Hand requests of this process, of state machines and functions above all, to our gateway."""
        self._answer = answer

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

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Hold off a new beginning while a request is answered; one from before the last is not."""
        with self._door.inside():
            executions.leave_if_left_behind()
            yield

    def control(self, request: Request) -> Reply:
        """Answer one of moto's control paths; they belong to the process, so no data folder remembers them."""
        return controls.answer(request, reset=self.reset, moto=self._moto)

    def reset(self) -> None:
        """Return to what a first start gives, in memory and in the data folder; work that is under way ends."""
        with self._door.closed(_HASTE), self._deploying:
            executions.stop_all(_HASTE)
            self._streams.begin_again()
            self._functions.cool_down()
            if self._persistence:
                self._persistence.forget()
            self._routes = {}
            _forget_all()
            self.routes(DEFAULT_REGION)
            if self._persistence:
                self._persistence.deployed()
            self._schedules.begin_again()
            if self._emptiness:
                self.note_emptiness()

    def empty(self) -> None:
        """Forget everything but the deployment; for one test after another."""
        if not self._emptiness:
            raise RuntimeError("nobody has noted what empty is")
        with self._door.closed(_HASTE):
            executions.stop_all(_PATIENCE)
            self._streams.begin_again()
            self._functions.cool_down()
            snapshot, routes = self._emptiness
            snapshot.restore()
            self._routes = dict(routes)

    def note_emptiness(self) -> None:
        """Take the state of now for what `empty` returns to."""
        self._emptiness = (Snapshot(), dict(self._routes))

    def _answer_in_process(self, request: Request) -> Reply:
        return self._answer(request)

    def _install(self) -> None:
        mock = mock_aws(config=_MOTO)
        mock.start()
        self._stack.callback(mock.stop)
        for context in (
            partitions_in_use(),
            policies_once(),
            known_methods(),
            machines_parsed_once(),
            keys_when_asked(),
            randomness.installed(),
            cloudformation.installed(),
            templates_checked(),
            logs.plain(verbose=self._verbose),
            executions.ended(),
            executions.interpreted(),
            state_tasks.installed(strict=self._strict),
            dynamodb.installed(),
            s3.installed(),
            keys.installed(),
            batch.installed(self._url, surroundings.variables()),
            emr.installed(_SPARK, surroundings.variables()),
            in_process.installed(self._answer_in_process),
            enforcement.installed(self.judge),
            roles.installed(),
            rules.installed(),
            self._functions.installed(),
            self._streams.installed(),
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


def _forget_all() -> None:
    with dynamodb.lock:
        BackendDict.reset()
    # The names of all buckets of all accounts, which moto keeps outside of its backends.
    s3_backends.bucket_accounts.clear()
    reset_model_data()
