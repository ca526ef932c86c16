"""Runs Lambda functions in this process, each with the environment and the cold start that Lambda would give it."""

import importlib.util
import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from botocore.exceptions import ClientError
from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from tastemaker import bootstrap
from tastemaker.config import environment
from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.executions import LeftBehind, leave_if_left_behind
from tastemaker_local.emulation.messages import report

Handler = Callable[[Any, "Invocation"], Any]
Run = Callable[[LambdaFunction, Mapping[str, str], object], object]  # a function, its environment, an event
# Errors of these modules are a function's way of speaking to its caller; any other is worth a trace.
_SPOKEN = ("tastemaker.errors",)


@dataclass(frozen=True, slots=True)
class Invocation:
    """The context object of one invocation, with Lambda's names."""

    function_name: str
    function_version: str
    invoked_function_arn: str
    memory_limit_in_mb: int
    aws_request_id: str
    log_group_name: str
    log_stream_name: str
    deadline: float

    def get_remaining_time_in_millis(self) -> int:
        """Return how long Lambda would still let this run."""
        return max(0, round((self.deadline - monotonic()) * 1000))


class Functions:
    """The warm functions of this process; each (function, environment) imports its handler module once, for itself.

    `settings` are variables that local mode gives to all of them in place of those in the templates; `run` runs a
    function somewhere else instead, and returns or raises what it does.
    """

    def __init__(
        self,
        *,
        settings: Mapping[str, str] | None = None,
        after: Callable[[], None] = lambda: None,
        step: Callable[[], AbstractContextManager[None]] = nullcontext,
        run: Run | None = None,
    ) -> None:
        self._run = run
        self._settings = dict(settings or {})
        self._warm: dict[tuple[str, ...], tuple[Handler, dict[str, str]]] = {}
        self._lock = Lock()
        self._after = after
        self._step = step

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Make boto3's invoke and the tasks of state machines run our functions."""
        with (
            patch.object(
                LambdaFunction, "_invoke_lambda", lambda function, event=None: self._for_moto(function, event)
            ),
            patch.object(lambda_eval_utils, "_invoke_lambda_function", self._for_state_machine),
        ):
            yield

    def cool_down(self) -> None:
        """Forget every warm function, and what it kept for its next call."""
        with self._lock:
            self._warm.clear()
            for value in vars(bootstrap).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()

    def call(self, function: LambdaFunction, event: object) -> object:
        """Run a handler and return what it returned, or raise what it raised."""
        if self._run is None:
            return self._run_here(function, event)
        return self._run(function, _variables(function) | self._settings, event)

    def _run_here(self, function: LambdaFunction, event: object) -> object:
        handler, variables = self._ready(function)
        token = environment.set(variables)
        try:
            return handler(event, _invocation(function))
        finally:
            environment.reset(token)

    def invoke(self, function: LambdaFunction, event: object) -> tuple[str, bool]:
        """Run a handler as Lambda does: return its payload, and whether that tells of an error."""
        try:
            return json.dumps(self.call(function, event)), False
        except Exception as error:  # noqa: BLE001 - Lambda hands whatever was raised to the caller
            leave_if_left_behind()
            if type(error).__module__ not in _SPOKEN:
                report(function.function_name)
            return json.dumps(_failure(error)), True
        finally:
            self._after()

    def run_step(self, function: LambdaFunction, event: object) -> tuple[str, bool]:
        """Run a state machine's step: the only work here that may take long."""
        try:
            with self._step():
                return self.invoke(function, event)
        except LeftBehind as end:
            raise InterruptedError("the service has begun anew") from end  # the interpreter takes nothing but errors

    def _ready(self, function: LambdaFunction) -> tuple[Handler, dict[str, str]]:
        key = (
            function.function_arn,
            str(function.handler),
            *(f"{k}={v}" for k, v in function.environment_vars.items()),
        )
        warm = self._warm.get(key)
        if warm is None:
            with self._lock:
                warm = self._warm.get(key) or self._warm.setdefault(key, _cold_start(function, self._settings))
        return warm

    def _for_moto(self, function: LambdaFunction, event: object) -> tuple[str, bool, str]:
        payload, failed = self.invoke(function, {} if event is None else event)
        return payload, failed, ""

    def _for_state_machine(
        self, parameters: Mapping[str, Any], region: str, state_credentials: object
    ) -> dict[str, Any]:
        del state_credentials
        function = _find(region, parameters["FunctionName"])
        payload, failed = self.run_step(function, json.loads(parameters.get("Payload") or "{}"))
        answer = {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": json.loads(payload)}
        return answer | ({"FunctionError": "Unhandled"} if failed else {})


def _find(region: str, name: str) -> LambdaFunction:
    try:
        return lambda_backends[ACCOUNT][region].get_function(name)
    except UnknownFunctionException as error:
        problem = {"Code": "ResourceNotFoundException", "Message": f"Function not found: {name}"}
        metadata = {"HTTPStatusCode": 404, "RequestId": str(uuid4())}
        raise ClientError({"Error": problem, "ResponseMetadata": metadata}, "Invoke") from error


def _cold_start(function: LambdaFunction, settings: Mapping[str, str]) -> tuple[Handler, dict[str, str]]:
    variables = _variables(function) | settings
    token = environment.set(variables)
    try:
        return _load(str(function.handler)), variables
    finally:
        environment.reset(token)


def _load(handler: str) -> Handler:
    # Not through sys.modules: every function has its own process on Lambda, so each gets its own copy of the module.
    module_name, _, name = handler.rpartition(".")
    spec = importlib.util.find_spec(module_name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"no module {module_name!r} for the handler {handler!r}", name=module_name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Handler = getattr(module, name)
    return function


def _variables(function: LambdaFunction) -> dict[str, str]:
    # Not AWS_LAMBDA_FUNCTION_MEMORY_SIZE: here a training may take what the machine has.
    return {
        **function.environment_vars,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "_HANDLER": str(function.handler),
    }


def _invocation(function: LambdaFunction) -> Invocation:
    return Invocation(
        function_name=function.function_name,
        function_version="$LATEST",
        invoked_function_arn=function.function_arn,
        memory_limit_in_mb=int(function.memory_size),
        aws_request_id=str(uuid4()),
        log_group_name=function.logs_group_name,
        log_stream_name="local",
        deadline=monotonic() + float(function.timeout),
    )


def _failure(error: Exception) -> dict[str, object]:
    trace = traceback.format_tb(error.__traceback__)
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": str(uuid4()),
        "stackTrace": trace,
    }
