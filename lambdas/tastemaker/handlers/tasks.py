"""The steps of Step Functions' state machines, one per invocation."""

from typing import Any

from tastemaker import bootstrap
from tastemaker.config import Config


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Run the step that a state names, with the state's input."""
    del context
    return bootstrap.step(event["step"])(bootstrap.deps(Config.from_env()), event["input"])
