"""`tastemaker off-policy`: reads what a campaign showed and what came of it, and judges other exploration weights."""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from botocore.client import BaseClient
from rich.console import Console
from rich.table import Table

from tastemaker.domain.answers.exploration import Exploring
from tastemaker.recipes.measuring.off_policy import ESTIMATORS, Estimate, Log, exploring_with
from tastemaker_local.commands import arguments, clients, terminals

WEIGHTS = (0.0, 0.1, 0.3, 0.5, 1.0)
Answer = Mapping[str, Any]


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
    log = log_of(answers_of(client, source), options.event_type)
    _show(terminals.console(), log, options.weights or WEIGHTS)
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


def log_of(answers: Iterable[Answer], event_type: str | None = None) -> Log:
    """Return what was shown where exploring was possible; an item is rewarded if an event of the type names both.

    Answers with a promotion have no propensities, those of a campaign that does not explore tell of nothing else.
    """
    rows = [row for number, answer in enumerate(answers) for row in _rows(number, answer, event_type)]
    if not rows:
        raise clients.NothingToTell("there is no logged answer that explored: an exploration weight above 0 is needed")
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Log(columns[0].astype(float), columns[1].astype(float), columns[2].astype(bool), columns[3], columns[4])


def _rows(number: int, answer: Answer, event_type: str | None) -> Iterator[tuple[bool, float, bool, int, int]]:
    chance = answer.get("chance", 0.0)
    if not chance:
        return
    rewards = {
        event["itemId"]
        for event in answer["events"]
        if event_type is None or event["eventType"].lower() == event_type.lower()
    }
    for place, item in enumerate(answer["items"]):
        if "propensity" not in item:
            return
        by_chance = bool(item.get("explored"))
        possible = chance if by_chance or item["propensity"] < 1 else 0.0
        yield item["itemId"] in rewards, possible, by_chance, place, number


def _show(out: Console, log: Log, weights: Sequence[float]) -> None:
    items, answers = len(log.rewards), len(np.unique(log.answers))
    rewards = int(log.rewards.sum())
    out.print(
        f"{answers:,} answers showed {items:,} items, {log.explored.mean():.1%} of them explored; "
        f"{rewards:,} were rewarded: {1000 * log.rewards.mean():.2f} in 1,000"
    )
    table = Table("explorationWeight", *ESTIMATORS, box=None, padding=(0, 2), title="rewards in 1,000 shown items")
    for weight in weights:
        exploring = Exploring.of({"explorationWeight": str(weight), "explorationItemAgeCutOff": "1"})
        view = exploring_with(log, exploring.chance)
        table.add_row(f"{weight:g}", *(_told(estimate(view)) for estimate in ESTIMATORS.values()))
    out.print(table)
    out.print("95 % intervals; 0 is the model's own list. The young items are drawn as they were.")


def _told(estimate: Estimate) -> str:
    return f"{1000 * estimate.value:.2f} ({1000 * estimate.low:.2f} to {1000 * estimate.high:.2f})"
