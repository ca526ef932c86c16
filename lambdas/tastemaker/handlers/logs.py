"""Structured logs: every record of this package is one JSON line with the ids of its request."""

import sys

from aws_lambda_powertools import Logger

# Named as the package: records of its modules, the wire's above all, propagate here.
logger = Logger(service="tastemaker", level="INFO", stream=sys.stderr)
