"""Step Functions: one execution per change of a resource."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError


class StepFunctions:
    """Starts state machines under names made from their input, so that duplicates collapse into one execution."""

    def __init__(self, client: Callable[[], Any], machines: Mapping[str, str]) -> None:
        self._client = client  # gives it when it is needed: functions that start nothing need not make one
        self._machines = machines

    def start(self, workflow: str, arn: str, change: str, **details: object) -> None:
        """Start a workflow for a change of one resource; the same change twice is one execution."""
        text = json.dumps({"arn": arn, "change": change, **details}, sort_keys=True)
        name = f"{change}-{hashlib.sha256(text.encode()).hexdigest()[:40]}"
        try:
            self._client().start_execution(stateMachineArn=self._machines[workflow], name=name, input=text)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
