"""`tastemaker quote`: what a training is going to take, or what one was expected to take and took.

Before a training the counts are those of GetDataInsights; how fast the service is, its last trainings say. With --rows
no service is asked: what an import, a training and serving of that size take, and where that breaks first.
"""

import argparse
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.client import BaseClient
from rich.console import Console
from rich.table import Table

from tastemaker.domain.training import quotes, rungs
from tastemaker.domain.training.rungs import CONTAINER
from tastemaker_local.commands import arguments, clients, plans, terminals
from tastemaker_local.costs import trainings
from tastemaker_local.costs.plans import plan_of
from tastemaker_local.costs.shapes import USUAL_EVENTS, Shape

Quote = Mapping[str, Any]

_QUOTE, _LEARNED = "x-tastemaker-quote", "x-tastemaker-learned"
_MEASURED = ("seconds", "peakMemory", "cost")
# Of a plan whose recipe nobody names; the largest count that is one.
_RECIPE, _MOST = "aws-user-personalization-v2", 1e15


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add which training, and the memory of the function that trains."""
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--solution", metavar="NAME", help="what its next FULL training takes; its name or its ARN")
    about.add_argument("--dataset-group", metavar="NAME", help="what a training on its data takes; needs --recipe")
    about.add_argument(
        "--solution-version",
        metavar="ARN",
        help="what its training was to take, and took; its ARN, SOLUTION/ID, or a solution's name for the newest",
    )
    about.add_argument(
        "--rows",
        type=_count,
        metavar="N",
        help="the plan of so many interactions, such as 3e9; needs --items, asks nobody",
    )
    parser.add_argument("--items", type=_count, metavar="N", help="of a plan")
    parser.add_argument(
        "--users", type=_count, metavar="N", help=f"of a plan (default: one for {USUAL_EVENTS} interactions)"
    )
    parser.add_argument("--recipe", metavar="NAME", help=f"such as {_RECIPE}, which plans take by default")
    parser.add_argument(
        "--memory",
        type=arguments.megabytes,
        default=0,
        metavar="MB",
        help=f"of the function that trains (default: as the last training; of a plan {quotes.USUAL_MEMORY})",
    )
    arguments.add_service(parser, as_json="print the quote as JSON")


@clients.explained
def run(options: argparse.Namespace) -> int:
    """Print a quote or a plan; return 1 if there is none to be had."""
    if fault := _misfit(options):
        arguments.say(fault)
        return arguments.UNFIT
    return _plan(options) if options.rows else _told_quote(options)


def _misfit(options: argparse.Namespace) -> str:
    """Say which options do not go together."""
    rows, items, users = options.rows, options.items, options.users
    if not rows and (items or users):
        return "--items and --users belong to --rows"
    if rows and not items:
        return "--rows needs --items"
    if rows and (users or 0) > rows:
        return f"{users:,} users cannot have {rows:,} interactions: each has one at least"
    if not rows and (options.dataset_group is None) != (options.recipe is None):
        return "--dataset-group and --recipe belong together"
    return ""


def _count(text: str) -> int:
    """Read a count, which may be written as 3e9."""
    number = arguments.number(text)
    if not 1 <= number <= _MOST or number != math.floor(number):
        raise argparse.ArgumentTypeError(f"{text} is no count such as 1000000 or 3e9")
    return int(number)


def _plan(options: argparse.Namespace) -> int:
    users = options.users or max(1, options.rows // USUAL_EVENTS)
    try:
        recipe = trainings.recipe_of(options.recipe or _RECIPE)
    except trainings.NoQuote as reason:
        raise clients.NothingToTell(str(reason)) from None
    plan = plan_of(Shape(options.rows, options.items, users), recipe, options.memory or quotes.USUAL_MEMORY)
    if options.json:
        terminals.print_json(plans.answer(plan))
    else:
        plans.show(terminals.console(), plan)
    return 0


def _told_quote(options: argparse.Namespace) -> int:
    quote = _asked(options)
    if options.json:
        terminals.print_json(quote)
    else:
        show(terminals.console(), quote)
    return 0


def _asked(options: argparse.Namespace) -> Quote:
    version, solution, group = options.solution_version, options.solution, options.dataset_group
    client = clients.knowing("personalize", options.endpoint, about=solution or version or group)
    if version:
        return _told(client, clients.version_of(client, version))
    if solution:
        return _of_solution(client, clients.arn_of(client, solution, "solution"), options.memory)
    group = clients.arn_of(client, group, "dataset group")
    return _quote(client, group, {"recipeArn": f"recipe/{options.recipe}"}, options.memory)


def _told(client: BaseClient, version: str) -> Quote:
    quote, learned = _headers(client, version)
    if not quote:
        raise clients.NothingToTell(
            f"the training of {version} has not come as far as a quote, or is older than quotes are"
        )
    return {**quote, "learned": learned} if learned else quote


def _headers(client: BaseClient, version: str) -> tuple[Quote, Mapping[str, Any]]:
    """Return the quote of a training, and what it chose."""
    reply = client.describe_solution_version(solutionVersionArn=version)
    headers = reply["ResponseMetadata"]["HTTPHeaders"]
    quote, learned = (json.loads(headers.get(name, "{}")) for name in (_QUOTE, _LEARNED))
    return quote, learned


def _of_solution(client: BaseClient, arn: str, memory: int) -> Quote:
    solution = client.describe_solution(solutionArn=arn)["solution"]
    return _quote(client, solution["datasetGroupArn"], solution, memory)


def _quote(client: BaseClient, group: str, solution: Mapping[str, Any], memory: int) -> Quote:
    """Return the quote of a FULL training as the solution is now."""
    datasets = client.get_data_insights(datasetGroupArn=group)["datasets"]
    try:
        return trainings.quote_of(datasets, solution, _past(client), memory)
    except trainings.NoQuote as reason:
        raise clients.NothingToTell(str(reason)) from None


def _past(client: BaseClient) -> list[Quote]:
    """Return the quotes of the newest trainings that ended well."""
    pages = client.get_paginator("list_solution_versions").paginate()
    versions = [version for page in pages for version in page["solutionVersions"] if version["status"] == "ACTIVE"]
    newest = sorted(versions, key=lambda version: version["creationDateTime"], reverse=True)[: quotes.ASKED]
    return [_headers(client, version["solutionVersionArn"])[0] for version in newest]


def show(out: Console, quote: Quote) -> None:
    """Print a quote for people."""
    out.print(f"{quote['events']:,} interactions, {quote['users']:,} users, {quote['items']:,} items")
    table = Table(box=None, header_style="dim")
    table.add_column("")
    actual = quote.get("measured")
    for title in ("predicted", *(["measured"] if actual else [])):
        table.add_column(title, justify="right")
    for name, row in zip(_MEASURED, _rows(quote), strict=True):
        table.add_row(*row, *([_TEXTS[name](actual[name])] if actual else []))
    out.print(table)
    _show_rungs(out, quote)
    out.print(f"cost: {quote['billedMemory']:,} MB of {quotes.PRICED}; nothing where no Lambda runs", style="dim")
    pace = f"times {quote['pace']:g} by this service's last trainings" if quote["pace"] != 1 else "no training to go by"
    out.print(f"seconds: {quote['modelled']:.1f} of the machine of bench/results, {pace}", style="dim")
    for line in _choices(quote.get("learned", {})):
        out.print(line)


def _show_rungs(out: Console, quote: Quote) -> None:
    """Say where a training can be done, and of a stored quote where it was and from where it climbed."""
    rows = quote.get("rungs", [])
    if rows:
        table = Table(box=None, header_style="dim")
        table.add_column("rung")
        for title in ("memory", "time", "cost"):
            table.add_column(title, justify="right")
        for row in rows:
            memory = f"{row['memory']:,} MB" if row["memory"] else "no limit"
            table.add_row(row["rung"], memory, *(_TEXTS[name](row[name]) for name in ("seconds", "cost")))
        out.print(table)
    elif "rungs" in quote:
        out.print("it fits on no rung, not even the largest container")
    if place := quote.get("measured", {}).get("rung"):
        out.print(f"done on: {place}")
    if climbed := quote.get("climbed"):
        memory = f" of {climbed['memory']:,} MB" if climbed["memory"] else ""
        out.print(f"climbed from {climbed['from']}{memory}: {climbed['reason']}")
    if any(row["rung"] == CONTAINER for row in rows):
        out.print(f"containers: {rungs.PRICED}; a deployment has them by tastemaker:containers", style="dim")


def _choices(learned: Mapping[str, Any]) -> Iterator[str]:
    """Say what a training chose, a line each."""
    if not learned:
        return
    types = ", ".join(f"{each['eventType']} x {each['weight']:g}" for each in learned["eventTypes"])
    yield f"learned from {learned['events']:,} events of types: {types}"
    for name, context in learned.get("contexts", {}).items():
        used = f"{context['values']} values, factor {context['factor']:g}"
        yield f"context {name}: {used if context['factor'] else 'not used'}"
    for title in ("parameters", "weights"):
        if values := learned.get(title):
            yield f"{title}: {', '.join(f'{name} {value}' for name, value in values.items())}"


def _rows(quote: Quote) -> Iterator[tuple[str, str]]:
    for title, name in (("time", "seconds"), ("most memory", "peakMemory"), ("cost", "cost")):
        yield title, _TEXTS[name](quote[name])


_TEXTS = {
    "seconds": lambda value: f"{value:,.1f} s",
    "peakMemory": lambda value: f"{value:,} MB",
    "cost": lambda value: f"${value:.6f}",
}
