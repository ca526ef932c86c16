"""The control plane: dataset groups to campaigns."""

from typing import Any

from tastemaker import bootstrap
from tastemaker.config import Config


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one API Gateway request."""
    del context
    return bootstrap.service("personalize", Config.from_env()).handle(event)
