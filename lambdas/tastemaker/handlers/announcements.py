"""The stream of the resources table: what has changed is told to whoever has made a rule for it."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tastemaker import bootstrap
from tastemaker.config import Config
from tastemaker.handlers.logs import logger

_announcer = bootstrap.announcer(Config.from_env())


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Announce a batch of changes; whatever it raises, Lambda tries the batch again."""
    del context
    return {"announced": _announcer.announce(event["Records"])}
