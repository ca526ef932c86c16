"""What several commands share on the command line: where the service is, and saying what stands against it."""

import argparse
import sys

# argparse's own status for options that do not fit.
UNFIT = 2


def add_service(parser: argparse.ArgumentParser, *, as_json: str = "") -> None:
    """Let the caller say where the service is that a command asks, and perhaps that the answer is for a program."""
    parser.add_argument("--endpoint", metavar="URL", help="where the service is (default: AWS_ENDPOINT_URL)")
    if as_json:
        parser.add_argument("--json", action="store_true", help=as_json)


def say(text: str) -> None:
    """Tell who runs the command something that is no part of its output."""
    print(f"tastemaker: {text}", file=sys.stderr, flush=True)
