"""The `tastemaker` command: a table of subcommands, each a module that is imported when it is called."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

# Each with its module in `tastemaker_local.commands`, and what it does.
COMMANDS = {
    "local": ("local", "run a whole local AWS with Tastemaker in it"),
    "demo": ("demo", "show the main job on real data"),
    "insights": ("insights", "show what is in a dataset group's data"),
    "imports": ("imports", "show how imports ended, what they left out and what they warn of"),
    "replay": ("replays", "give answers again, and say what differs"),
    "off-policy": ("off_policy", "estimate what other exploration weights would have earned"),
    "quote": ("quotes", "say what a training takes, before it or after"),
    "choose": ("choices", "show which recipe a solution chose, and why"),
    "metrics": ("metrics", "show how good a model is, for whom, and how sure"),
    "filter": ("filters", "explain how many items pass a filter, and why an item does not"),
    "coverage": ("coverage", "compare the coverage page with the code"),
    "proxy": ("proxy", "sign requests of any SDK again for a deployment"),
    "signing": ("signing", "write the files that make clients sign for API Gateway"),
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
    for name, (_, summary) in COMMANDS.items():
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


def _module(name: str) -> Command:
    """Import one command and no other: `tastemaker --help` waits for neither moto nor boto3 nor numpy."""
    command: Command = import_module(f"tastemaker_local.commands.{COMMANDS[name][0]}")  # type: ignore[assignment]
    return command


if __name__ == "__main__":
    sys.exit(main())
