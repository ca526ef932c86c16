"""`tastemaker off-policy`: reads what a campaign showed and what came of it, and judges other exploration weights."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.client import BaseClient
from rich.console import Console
from rich.table import Table

from tastemaker.recipes.measuring.off_policy import ESTIMATORS, Estimate
from tastemaker_local.commands import arguments, clients, terminals
from tastemaker_local.estimates.weights import WEIGHTS, Answer, Judgement, NothingExplored, judge


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add whose log, which weights to judge, and what is a reward."""
    parser.add_argument(
        "source", metavar="CAMPAIGN", help="its name or its ARN, or those of a recommender that explores"
    )
    parser.add_argument("--weights", type=_weight, nargs="+", metavar="WEIGHT", help="explorationWeights to judge")
    parser.add_argument("--event-type", metavar="TYPE", help="what counts as a reward (default: any event)")
    arguments.add_service(parser)


@clients.explained
def run(options: argparse.Namespace) -> int:
    """Print what each weight would have earned; return 1 if the log does not tell."""
    source = clients.arn_of(
        clients.knowing("personalize", options.endpoint, about=options.source), options.source, *clients.ANSWERING
    )
    client = clients.knowing("personalize-runtime", options.endpoint, about=source)
    try:
        judgement = judge(answers_of(client, source), options.weights or WEIGHTS, options.event_type)
    except NothingExplored as reason:
        raise clients.NothingToTell(str(reason)) from None
    _show(terminals.console(), judgement)
    return 0


def _weight(text: str) -> float:
    weight = arguments.number(text)
    if not 0 <= weight <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a weight from 0 to 1")
    return weight


def answers_of(client: BaseClient, source: str) -> Iterator[Answer]:
    """Walk through a campaign's or recommender's logged answers."""
    request: dict[str, Any] = {"sourceArn": source, "since": datetime.fromtimestamp(0, UTC)}
    while True:
        page = client.get_logged_answers(**request)
        yield from page["answers"]
        if "nextToken" not in page:
            return
        request["nextToken"] = page["nextToken"]


def _show(out: Console, judgement: Judgement) -> None:
    out.print(
        f"{judgement.answers:,} answers showed {judgement.items:,} items, {judgement.explored:.1%} of them explored; "
        f"{judgement.rewards:,} were rewarded: {1000 * judgement.earned:.2f} in 1,000"
    )
    table = Table(
        *("explorationWeight", *ESTIMATORS, "DR less as it was"),
        box=None,
        padding=(0, 2),
        title="rewards in 1,000 shown items",
    )
    for each in judgement.weights:
        table.add_row(f"{each.weight:g}", *map(_told, each.estimates.values()), _told(each.gain))
    out.print(table)
    out.print("95 % intervals; 0 is the model's own list. The young items are drawn as they were.")


def _told(estimate: Estimate) -> str:
    return f"{1000 * estimate.value:.2f} ({1000 * estimate.low:.2f} to {1000 * estimate.high:.2f})"
