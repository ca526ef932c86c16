"""`tastemaker replay`: asks a service to give answers again, and says what differs."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from tastemaker_local.commands import arguments, clients, terminals

Replay = Mapping[str, Any]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add which answers."""
    parser.add_argument("ids", nargs="+", metavar="RECOMMENDATION_ID", help="as GetRecommendations has returned it")
    arguments.add_service(parser)


@clients.explained
def run(options: argparse.Namespace) -> int:
    """Print each answer beside its repetition; return 1 if any differs or cannot be given again."""
    out, status = terminals.console(), 0
    client = clients.knowing("personalize-runtime", options.endpoint)
    for id_ in options.ids:
        replay = client.replay_recommendation(recommendationId=id_)
        status = status or int(not replay["identical"])
        for line in _lines(replay):
            out.print(line)
    return status


def _lines(replay: Replay) -> Iterator[Text | Table]:
    answer = replay["answer"]
    yield Text(f"{answer['recommendationId']}  {answer['time']:%Y-%m-%d %H:%M:%S}", "bold")
    yield Text(f"  {answer['sourceArn']} for {answer.get('userId', 'nobody')}, model {answer['model']}")
    yield _list(replay)
    for difference in replay["differences"]:
        yield Text(f"  {difference}", "yellow")
    yield Text(
        "  the same list" if replay["identical"] else "  not the same list", "green" if replay["identical"] else "red"
    )


def _list(replay: Replay) -> Table:
    table = Table("place", "shown", "again", "score", "probability", box=None, padding=(0, 2))
    again = [item["itemId"] for item in replay.get("replayed", ())]
    for place, item in enumerate(replay["answer"]["items"]):
        mark = " explored" if item.get("explored") else ""
        table.add_row(
            str(place + 1),
            item["itemId"],
            again[place] if place < len(again) else "-",
            f"{item['score']:.7f}" if "score" in item else "",
            f"{item['propensity']:.4f}{mark}" if "propensity" in item else "",
        )
    return table
