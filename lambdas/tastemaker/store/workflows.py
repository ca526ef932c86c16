"""Step Functions: one execution per change of a resource."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tastemaker.store.ports import Ending

# May come to an end of its own yet.
_ALIVE = frozenset({"RUNNING", "PENDING_REDRIVE"})
# What Step Functions says of an execution of more than 90 days ago, or of a machine that is gone.
_UNKNOWN = frozenset({"ExecutionDoesNotExist", "StateMachineDoesNotExist"})


class StepFunctions:
    """Starts state machines under names made from their input, so that duplicates collapse into one execution."""

    def __init__(self, client: Callable[[], Any], machines: Mapping[str, str]) -> None:
        self._client = client  # gives it when it is needed: functions that start nothing need not make one
        self._machines = machines

    def start(self, workflow: str, arn: str, change: str, **details: object) -> None:
        """Start a workflow for a change of one resource; the same change twice is one execution."""
        text = _input(arn, change, details)
        name = _name(change, text)
        try:
            self._client().start_execution(stateMachineArn=self._machines[workflow], name=name, input=text)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def ending(self, workflow: str, arn: str, change: str, **details: object) -> Ending | None:
        """Return how what was started with the same arguments has ended, or None while it runs."""
        name = _name(change, _input(arn, change, details))
        execution = f"{self._machines[workflow].replace(':stateMachine:', ':execution:')}:{name}"
        try:
            reply = self._client().describe_execution(executionArn=execution)
        except ClientError as error:
            if error.response["Error"]["Code"] in _UNKNOWN:
                return Ending(name, "UNKNOWN")
            raise
        if reply["status"] in _ALIVE:
            return None
        return Ending(name, reply["status"], reply.get("error", ""), reply.get("cause", ""))


def _input(arn: str, change: str, details: Mapping[str, object]) -> str:
    return json.dumps({"arn": arn, "change": change, **details}, sort_keys=True)


def _name(change: str, text: str) -> str:
    return f"{change}-{hashlib.sha256(text.encode()).hexdigest()[:40]}"
