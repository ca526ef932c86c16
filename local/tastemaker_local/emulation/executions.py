"""Knows which Step Functions executions are not finished: a restart starts them again, for steps are idempotent."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, Thread, current_thread
from time import monotonic
from typing import Any
from unittest.mock import patch
from uuid import uuid4
from weakref import WeakSet

import moto.stepfunctions.models
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.botocore_stubber import BotocoreStubber
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends
from moto.stepfunctions.parser.utils import TMP_THREADS

from tastemaker_local.emulation.messages import ACCOUNT

_start = StepFunctionsParserBackend.start_execution
_terminated = BaseExecutionWorkerCommunication.terminated
_stub = BotocoreStubber.__call__
# Threads of executions that did not end in time. Nothing can end a thread, but it can be kept from all it works on.
_left_behind: WeakSet[Thread] = WeakSet()
_stopped: WeakSet[Execution] = WeakSet()
_stops: list[float] = []


class LeftBehind(BaseException):
    """The work of a thread is wanted no more; nothing that handles errors must go on with it."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An execution that has been promised to somebody."""

    arn: str
    region: str
    machine: str
    name: str
    input: str


@contextmanager
def interpreted() -> Iterator[None]:
    """Let machines that a template describes run in moto's interpreter, not only those made by the API."""
    with (
        patch.object(moto.stepfunctions.models, "stepfunctions_backends", stepfunctions_parser_backends),
        patch.object(StepFunctionsParserBackend, "start_execution", _start_named),
    ):
        yield


def _start_named(
    backend: StepFunctionsParserBackend,
    state_machine_arn: str,
    name: str | None,
    *others: Any,  # noqa: ANN401 - whatever moto adds
    **more: Any,  # noqa: ANN401 - same
) -> Execution:
    # AWS makes up a name for an execution without one; moto would call all of them None, and start the first only.
    return _start(backend, state_machine_arn, name or str(uuid4()), *others, **more)


@contextmanager
def ended() -> Iterator[None]:
    """Keep executions that were left behind from every AWS service; for good, if some still run at the end."""
    patched = patch.object(BotocoreStubber, "__call__", _stubbed)
    patched.start()
    try:
        yield
    finally:
        if not any(thread.is_alive() for thread in _left_behind):
            patched.stop()


@contextmanager
def told(on_start: Callable[[Unfinished], None], on_end: Callable[[str], None]) -> Iterator[None]:
    """Tell of each execution that starts, and of its ARN when it has ended; never of the end before the start."""
    order = Lock()

    def start(
        backend: StepFunctionsParserBackend,
        state_machine_arn: str,
        name: str | None,
        execution_input: str,
        *others: Any,  # noqa: ANN401 - whatever moto adds
        **more: Any,  # noqa: ANN401 - same
    ) -> Execution:
        execution = _start_named(backend, state_machine_arn, name, execution_input, *others, **more)
        with order:
            if execution.exec_status == ExecutionStatus.RUNNING:
                on_start(_unfinished(execution, state_machine_arn))
        return execution

    def terminated(communication: BaseExecutionWorkerCommunication) -> None:
        with order:
            _terminated(communication)
        on_end(communication.execution.exec_arn)

    with (
        patch.object(StepFunctionsParserBackend, "start_execution", start),
        patch.object(BaseExecutionWorkerCommunication, "terminated", terminated),
    ):
        yield


def start(region: str, machine: str, input_: str) -> None:
    """Start an execution under a name of its own."""
    backend = stepfunctions_parser_backends[ACCOUNT][region]
    backend.start_execution(machine, name=uuid4().hex, execution_input=input_)


def start_again(execution: Unfinished) -> None:
    """Start an execution that an earlier process did not bring to its end."""
    backend = stepfunctions_parser_backends[ACCOUNT][execution.region]
    backend.start_execution(execution.machine, name=execution.name, execution_input=execution.input)


def stops() -> int:
    """Return how often everything was stopped: who waits for an execution looks whether it still may."""
    return len(_stops)


def stop_all(seconds: float) -> None:
    """Stop every running execution and give the threads some time to notice; who has not, is left behind."""
    _stops.append(monotonic())
    for execution in _running():
        _stopped.add(execution)
        execution.stop(stop_date=dt.datetime.now(dt.UTC), error="Stopped", cause="the local service stops")
    until = monotonic() + seconds
    begun = [thread for thread in TMP_THREADS if thread.ident is not None]
    for thread in begun:
        thread.join(timeout=max(0.0, until - monotonic()))
    # One that has not begun yet is stopped where it begins.
    _left_behind.update(thread for thread in TMP_THREADS if thread not in begun or thread.is_alive())
    TMP_THREADS.clear()


def was_stopped(execution: Execution) -> bool:
    """Tell whether the end of an execution is ours, however the interpreter took it."""
    return execution in _stopped


def leave_if_left_behind() -> None:
    """End this thread if its execution was left behind."""
    if current_thread() in _left_behind:
        raise LeftBehind


def _stubbed(
    stubber: BotocoreStubber,
    event_name: str,
    request: AWSPreparedRequest,
    **others: Any,  # noqa: ANN401 - whatever botocore adds
) -> AWSResponse | None:
    leave_if_left_behind()
    return _stub(stubber, event_name, request, **others)


def _running() -> list[Execution]:
    # moto's types speak of the executions that it only pretends to run.
    executions: Iterator[Any] = (
        execution
        for regions in stepfunctions_parser_backends.values()
        for backend in regions.values()
        for machine in backend.state_machines
        for execution in machine.executions
    )
    return [
        execution
        for execution in executions
        if execution.exec_status == ExecutionStatus.RUNNING and execution.exec_worker.env is not None
    ]


def _unfinished(execution: Execution, machine: str) -> Unfinished:
    return Unfinished(execution.exec_arn, execution.region_name, machine, execution.name, execution.execution_input)
