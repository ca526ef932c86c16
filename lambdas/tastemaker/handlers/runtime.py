"""Recommendations and rankings."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tastemaker import bootstrap
from tastemaker.config import Config
from tastemaker.handlers.logs import logger

_service = bootstrap.service("personalize-runtime", Config.from_env())


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one API Gateway request."""
    del context
    return dict(_service.handle(event))
