"""`tastemaker choose`: what each recipe scored that a solution chose from, what that took, and why it took this one."""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.client import BaseClient
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tastemaker_local.commands import arguments, clients, terminals

Choice = Mapping[str, Any]

_HEADER = "x-tastemaker-automl"
# Columns that a table with all intervals takes.
_WIDE = 98


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add whose choice."""
    parser.add_argument(
        "solution", metavar="SOLUTION", help="its name or its ARN, or a version of it: SOLUTION/ID or its ARN"
    )
    arguments.add_service(parser, as_json="print what the service says as it is")


@clients.explained
def run(options: argparse.Namespace) -> int:
    """Print how a solution's recipe was chosen; return 1 if none was."""
    client = clients.knowing("personalize", options.endpoint, about=options.solution)
    choice = _ask(client, options.solution)
    if options.json:
        terminals.print_json(choice)
    else:
        _show(terminals.console(), choice)
    return 0


def _ask(client: BaseClient, name: str) -> Choice:
    """Return what a service tells of a choice, with the ARN of the version or solution whose it is."""
    if clients.names_a_version(name):
        arn = clients.version_of(client, name)
        reply = client.describe_solution_version(solutionVersionArn=arn)
        return _told(reply, reply["solutionVersion"], arn, reply["solutionVersion"])
    arn = clients.arn_of(client, name, "solution")
    reply = client.describe_solution(solutionArn=arn)
    return _told(reply, reply["solution"], arn, reply["solution"].get("latestSolutionVersion"))


def _told(reply: Mapping[str, Any], record: Mapping[str, Any], arn: str, version: Mapping[str, Any] | None) -> Choice:
    text = reply["ResponseMetadata"]["HTTPHeaders"].get(_HEADER)
    if text:
        return {"arn": arn, **json.loads(text)}
    if not record["performAutoML"]:
        raise clients.NothingToTell(
            f"{arn} names its recipe, {record['recipeArn']}: it was not created with performAutoML"
        )
    if version is None:
        raise clients.NothingToTell(f"{arn} has no version yet: a recipe is chosen while one is trained")
    reason = f": {version['failureReason']}" if version.get("failureReason") else ""
    raise clients.NothingToTell(f"{arn} has chosen no recipe; its newest version is {version['status']}{reason}")


def _show(out: Console, choice: Choice) -> None:
    out.print(Text(choice["arn"], "bold"))
    out.print(f"{choice['metric']}, of {choice['users']:,} held-out users, all asked the same", style="dim")
    out.print(Padding(_table(choice, wide=out.width >= _WIDE), (1, 0)))
    out.print(Text(choice["chosen"], "bold green").append(": ", "default").append(choice["reason"], "default"))
    for line in _left_out(choice["leftOut"]):
        out.print(line)


def _table(choice: Choice, *, wide: bool) -> Table:
    """Return a row a recipe; where there is little room, without the interval of its score."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("recipe", no_wrap=True)
    titles = ("scored", *(("95 % of",) if wide else ()), "less best", "95 % of", "took", "cost")
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    for row in choice["candidates"]:
        style = "bold green" if row["recipe"] == choice["chosen"] else ""
        table.add_row(row["recipe"].removeprefix("aws-"), *_cells(row, wide=wide), style=style)
    return table


def _cells(row: Mapping[str, Any], *, wide: bool) -> Iterator[str]:
    mean, *bounds = row["lessThanBest"]
    yield f"{row['value']:.4f}"
    if wide:
        yield _interval(row["interval"])
    yield _number(mean, "+") if any(row["lessThanBest"]) else "the best"
    yield _interval(bounds, sign="+") if any(row["lessThanBest"]) else ""
    yield f"{row['seconds']:,.1f} s"
    yield f"${row['cost']:.4f}"


def _interval(bounds: Sequence[float], sign: str = "") -> str:
    return " to ".join(_number(bound, sign) for bound in bounds)


def _number(number: float, sign: str = "") -> str:
    """Write a number; what rounds to nothing has no sign."""
    return f"{number:{sign}.4f}" if round(number, 4) else "0.0000"


def _left_out(rows: Sequence[Mapping[str, str]]) -> Iterator[Text]:
    """Say which recipes were not judged, those of one reason in one line."""
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        by_reason.setdefault(row["reason"], []).append(row["recipe"].removeprefix("aws-"))
    for reason, names in by_reason.items():
        yield Text(f"left out: {', '.join(names)}. ", "dim").append(reason)
