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
# What speaks up only if somebody wants it: moto's interpreter, and the line of counts that each import leaves.
_QUIET = {
    logging.getLogger("moto.stepfunctions.parser"): logging.CRITICAL + 1,
    logging.getLogger("tastemaker.pipelines"): logging.WARNING,
}
# Somebody asked for this end.
_WANTED = frozenset({"JobStopped"})


@contextmanager
def plain(*, verbose: bool) -> Iterator[None]:
    """Tell of failed executions; let others tell their own story only if somebody wants it."""
    reflect = BaseExecutionWorkerCommunication._reflect_execution_status  # noqa: SLF001 - it knows the end

    def reflected(communication: BaseExecutionWorkerCommunication) -> None:
        reflect(communication)
        _tell(communication.execution)

    before = {logger: logger.level for logger in _QUIET}
    if not verbose:
        for logger, level in _QUIET.items():
            logger.setLevel(level)
    try:
        with patch.object(BaseExecutionWorkerCommunication, "_reflect_execution_status", reflected):
            yield
    finally:
        for logger, level in before.items():
            logger.setLevel(level)


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
