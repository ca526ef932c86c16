"""The `tastemaker` command: a table of subcommands, each a module that is imported when it is called."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

COMMANDS = {
    "local": "run a whole local AWS with Tastemaker in it",
    "demo": "show the main job on real data",
    "insights": "show what is in a dataset group's data",
    "imports": "show how imports ended, what they left out and what they warn of",
    "replay": "give answers again, and say what differs",
    "off-policy": "estimate what other exploration weights would have earned",
    "quote": "say what a training takes, before it or after",
    "cost": "say what a month of a deployment costs, beside Amazon Personalize",
    "choose": "show which recipe a solution chose, and why",
    "metrics": "show how good a model is, for whom, and how sure",
    "filter": "explain how many items pass a filter, and why an item does not",
    "doctor": "look at a deployment, and say what is wrong",
    "drift": "say how a stack's resources differ from its template",
    "coverage": "compare the coverage page with the code",
    "proxy": "sign requests of any SDK again for a deployment",
    "signing": "write the files that make clients sign for API Gateway",
}


class Command(Protocol):
    """What the module of a subcommand has: its options, and what it does."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add its options to its parser."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it, and return the exit status."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["demo"]:  # it reads every word after its name by itself
        return _module("demo").run(argparse.Namespace(words=words[1:]))
    options = _parser(words).parse_args(words)
    return _module(options.command).run(options)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tastemaker", description="Amazon Personalize for your own AWS account.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print which version this is")
    parsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        subparser = parsers.add_parser(name, help=summary, description=summary)
        if name in words:
            _module(name).add_options(subparser)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        try:
            number = version("tastemaker")
        except PackageNotFoundError:
            number = "of a clone that is not installed"
        sys.stdout.write(f"tastemaker {number}\n")
        parser.exit()


def _module(name: str) -> Command:  # noqa: C901, PLR0912 - a table, of which each row is an import
    """Import one command and no other: `tastemaker --help` waits for neither moto nor boto3 nor numpy."""
    match name:
        case "local":
            from tastemaker_local.commands import local as module
        case "demo":
            from tastemaker_local.commands import demo as module
        case "insights":
            from tastemaker_local.commands import insights as module
        case "imports":
            from tastemaker_local.commands import imports as module
        case "replay":
            from tastemaker_local.commands import replays as module
        case "off-policy":
            from tastemaker_local.commands import off_policy as module
        case "quote":
            from tastemaker_local.commands import quotes as module
        case "cost":
            from tastemaker_local.commands import costs as module
        case "choose":
            from tastemaker_local.commands import choices as module
        case "metrics":
            from tastemaker_local.commands import metrics as module
        case "filter":
            from tastemaker_local.commands import filters as module
        case "doctor":
            from tastemaker_local.commands import doctor as module
        case "drift":
            from tastemaker_local.commands import drift as module
        case "coverage":
            from tastemaker_local.commands import coverage as module
        case "proxy":
            from tastemaker_local.commands import proxy as module
        case "signing":
            from tastemaker_local.commands import signing as module
    return module


if __name__ == "__main__":
    sys.exit(main())
