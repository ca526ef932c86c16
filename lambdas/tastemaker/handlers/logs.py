"""Structured logs: every record of this package is one JSON line with the ids of its request."""

import logging
import sys
from typing import TextIO

from aws_lambda_powertools import Logger


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at that moment: a test runner lends another, and closes it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # logging's own handler of last resort does the same
        return sys.stderr


# Named as the package: records of its modules, the wire's above all, propagate here.
logger = Logger(service="tastemaker", level="INFO", logger_handler=_StandardError())
