"""What several commands share on the command line: where the service is, and saying what stands against it."""

import argparse
import math
import sys
from urllib.parse import urlsplit

# argparse's own status for options that do not fit.
UNFIT = 2
# In place of an endpoint: the service is to be Amazon's own.
AMAZON = "amazon"
_LAST_PORT = 65_535
_LEAST_MEMORY, _MOST_MEMORY = 128, 10_240  # MB


def add_service(parser: argparse.ArgumentParser, *, as_json: str = "") -> None:
    """Let the caller say where the service is that a command asks, and perhaps that the answer is for a program."""
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--endpoint", type=url, metavar="URL", help="where the service is (default: AWS_ENDPOINT_URL)")
    place.add_argument(
        "--aws", dest="endpoint", action="store_const", const=AMAZON, help="ask Amazon Personalize itself"
    )
    if as_json:
        parser.add_argument("--json", action="store_true", help=as_json)


def port(text: str) -> int:
    """Read a port; 0 stands for any free one."""
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is not a port: those go from 0 (any free one) to {_LAST_PORT}")
    return int(text)


def megabytes(text: str) -> int:
    """Read the memory of a function, as Lambda takes it ("Lambda quotas")."""
    if not text.isdecimal() or not _LEAST_MEMORY <= int(text) <= _MOST_MEMORY:
        raise argparse.ArgumentTypeError(f"{text} is no memory of a function: {_LEAST_MEMORY} to {_MOST_MEMORY} MB")
    return int(text)


def number(text: str) -> float:
    """Read a number; what is none becomes NaN, which no range holds."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def url(text: str) -> str:
    """Read a URL."""
    if not is_url(text):
        raise argparse.ArgumentTypeError(f"{text} is not a URL such as http://127.0.0.1:8000")
    return text


def is_url(text: str) -> bool:
    """Tell whether a client can be sent there."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # of a port that is none
        return False


def say(text: str) -> None:
    """Tell who runs the command something that is no part of its output."""
    print(f"tastemaker: {text}", file=sys.stderr, flush=True)
