"""CloudFormation's custom resources, and the looks of the workflow that works on them."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tastemaker import bootstrap
from tastemaker.config import Config
from tastemaker.handlers.logs import logger

_provider = bootstrap.provider(Config.from_env())
# What the states of its machine name; what has no step comes from CloudFormation.
_STEPS = {"advance": _provider.advance, "fail": _provider.fail}


@logger.inject_lambda_context(correlation_id_path="RequestId")
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Begin the work of a request, or go on with it."""
    del context
    return _STEPS[event["step"]](event["input"]) if "step" in event else _provider.take(event)
