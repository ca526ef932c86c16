"""The steps of Step Functions' state machines, one per invocation."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tastemaker import bootstrap
from tastemaker.config import Config
from tastemaker.handlers.logs import logger


@logger.inject_lambda_context(correlation_id_path="input.arn")
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run the step that a state names, with the state's input."""
    del context
    return bootstrap.run_step(event["step"], bootstrap.deps(Config.from_env()), event["input"])
