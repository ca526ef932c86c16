"""`tastemaker metrics`: how good a solution version or a recommender is, how sure that is, and beside what."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.client import BaseClient
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tastemaker_local.commands import arguments, clients, terminals

Measured = Mapping[str, Any]

_DEFAULT = "normalized_discounted_cumulative_gain_at_10"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add whose metrics, and which of them is told by segment."""
    parser.add_argument(
        "trained",
        metavar="SOLUTION",
        help="its name (the newest version counts), SOLUTION/ID, a recommender's name, or an ARN of these",
    )
    parser.add_argument("--metric", default=_DEFAULT, help="the one to tell by users, items and choices (%(default)s)")
    arguments.add_service(parser, as_json="print the reply of GetEvaluation as it is")


@clients.explained
def run(options: argparse.Namespace) -> int:
    """Print how a model was measured; return 1 if that cannot be told."""
    client = clients.knowing("personalize", options.endpoint, about=options.trained)
    arn = _arn_of(client, options.trained)
    evaluation = clients.members_of(client.get_evaluation(resourceArn=arn))
    if options.json:
        terminals.print_json(evaluation)
    else:
        _show(terminals.console(), evaluation, options.metric)
    return 0


def _arn_of(client: BaseClient, name: str) -> str:
    """Return the ARN of a version, the newest of a solution, or of a recommender."""
    if clients.names_a_version(name):
        return clients.version_of(client, name)
    arn = clients.arn_of(client, name, "solution", "recommender")
    return clients.newest_version(client, arn) if ":solution/" in arn else arn


def _show(out: Console, evaluation: Measured, metric: str) -> None:
    out.print(Text(evaluation["resourceArn"], "bold"))
    out.print(Text(evaluation["summary"], "green"))
    segments = evaluation["segments"]
    if not segments:
        out.print(Padding(_plain(evaluation["metrics"]), (1, 0)))
        return
    everybody, *others = segments
    baselines = [less["baseline"] for less in everybody["metrics"][0]["lessBaselines"]]
    out.print(Padding(_whole(everybody, evaluation["metrics"], baselines), (1, 0)))
    if others:
        out.print(f"{terminals.short_metric(metric)}, by users, items and choices", style="dim")
        out.print(Padding(_by_segment(others, _known(segments, metric), baselines), (1, 0)))
        for segment in others:
            out.print(Text(f"{segment['segment']}: {segment['description']}", "dim"))


def _known(segments: Sequence[Measured], metric: str) -> str:
    names = [each["metric"] for each in segments[0]["metrics"]]
    if metric not in names:
        raise clients.NothingToTell(f"there is no metric {metric}; measured were {', '.join(names)}")
    return metric


def _plain(metrics: Mapping[str, float]) -> Table:
    table = _table("metric", [], "value")
    for name, value in sorted(metrics.items()):
        table.add_row(terminals.short_metric(name), _number(value))
    return table


def _whole(everybody: Measured, metrics: Mapping[str, float], baselines: Sequence[str]) -> Table:
    table = _table("metric", baselines, "value", "95 % of it")
    for metric in everybody["metrics"]:
        table.add_row(terminals.short_metric(metric["metric"]), *_cells(metric, baselines))
    for name in sorted(metrics.keys() - {metric["metric"] for metric in everybody["metrics"]}):
        table.add_row(terminals.short_metric(name), _number(metrics[name]))
    return table


def _by_segment(segments: Sequence[Measured], name: str, baselines: Sequence[str]) -> Table:
    table = _table("segment", baselines, "users", "value", "95 % of it")
    for segment in segments:
        [metric] = [each for each in segment["metrics"] if each["metric"] == name]
        table.add_row(segment["segment"], f"{segment['users']:,}", *_cells(metric, baselines))
    return table


def _table(first: str, baselines: Sequence[str], *titles: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for title in (*titles, *(f"less {name}" for name in baselines)):
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _cells(metric: Measured, baselines: Sequence[str]) -> Iterator[Text]:
    """Yield a value, its interval, and what it is above each simple list: in colour where that is certain."""
    less = {each["baseline"]: each for each in metric["lessBaselines"]}
    yield Text(_number(metric["value"]))
    yield Text(f"{_number(metric['low'])}, {_number(metric['high'])}", "dim")
    for name in baselines:
        yield _difference(less[name])


def _difference(less: Measured) -> Text:
    colour = "green" if less["low"] > 0 else "red" if less["high"] < 0 else "default"
    mean, low, high = (_number(less[name], "+") for name in ("value", "low", "high"))
    return Text(mean, f"bold {colour}").append(f" {low}, {high}", "not bold dim")


def _number(value: float, sign: str = "") -> str:
    """Write a share of 1 without its nought."""
    return f"{value:{sign}.4f}".replace("0.", ".", 1)
