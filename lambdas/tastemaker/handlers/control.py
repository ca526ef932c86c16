"""The control plane: dataset groups to campaigns."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tastemaker import bootstrap
from tastemaker.config import Config
from tastemaker.handlers.logs import logger
from tastemaker.wire.service import Service


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one API Gateway request."""
    del context
    return dict(_service().handle(event))


@cache
def _service() -> Service:
    """Read the environment and wire the service at the first request of a process."""
    return bootstrap.service("personalize", Config.from_env())
