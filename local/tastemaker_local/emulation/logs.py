"""Says in one line which job failed and why; moto would print its parse tree, our trace and the whole input."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from unittest.mock import patch

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution

from tastemaker_local.emulation import executions

# Not below `tastemaker`, whose records the functions write as JSON.
_LOGGER = logging.getLogger("tastemaker_local")
_INTERPRETER = logging.getLogger("moto.stepfunctions.parser")
_MUTE = logging.CRITICAL + 1
# Somebody asked for this end.
_WANTED = frozenset({"JobStopped"})


@contextmanager
def plain(*, verbose: bool) -> Iterator[None]:
    """Tell of failed executions; let moto's interpreter tell its own story only if somebody wants it."""
    reflect = BaseExecutionWorkerCommunication._reflect_execution_status  # noqa: SLF001 - it knows the end

    def reflected(communication: BaseExecutionWorkerCommunication) -> None:
        reflect(communication)
        _tell(communication.execution)

    before = _INTERPRETER.level
    if not verbose:
        _INTERPRETER.setLevel(_MUTE)
    try:
        with patch.object(BaseExecutionWorkerCommunication, "_reflect_execution_status", reflected):
            yield
    finally:
        _INTERPRETER.setLevel(before)


def _tell(execution: Execution) -> None:
    failed = execution.exec_status == ExecutionStatus.FAILED and execution.error not in _WANTED
    if failed and not executions.was_stopped(execution):
        _LOGGER.warning("tastemaker: %s failed: %s", _subject(execution), _reason(execution))


def _subject(execution: Execution) -> str:
    """Return what an execution works on, or its own ARN if it is none of ours."""
    work = execution.input_data
    if not isinstance(work, dict) or "arn" not in work or "change" not in work:
        return str(execution.exec_arn)
    return f"{work['change']} of {work['arn']}"


def _reason(execution: Execution) -> str:
    cause = str(execution.cause or "no reason is known")
    with suppress(ValueError, KeyError, TypeError):
        cause = str(json.loads(cause)["errorMessage"])
    return cause if execution.error == "JobFailed" else f"{execution.error}: {cause}"
