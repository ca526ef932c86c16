"""`tastemaker insights`: asks a service what is in a dataset group's data, and prints that for people or programs.

On a terminal each dataset is a chapter, and what to worry about comes at the end.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.client import BaseClient
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tastemaker_local.commands import arguments, clients, imports, terminals

Insights = Mapping[str, Any]

_NAMED, _LETTERS = 4, 24  # categories in a line, and letters of each
_LAST_SECOND = 253_402_300_799  # the year 9999
_TIMES = ("TIMESTAMP", "CREATION_TIMESTAMP")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add whose data."""
    parser.add_argument("group", metavar="DATASET_GROUP", help="its name or its ARN")
    arguments.add_service(parser, as_json="print the reply of GetDataInsights as it is")


@clients.explained
def run(options: argparse.Namespace) -> int:
    """Print the insights of a dataset group; return 1 if there are none to be had."""
    client = clients.knowing("personalize", options.endpoint, about=options.group)
    insights = _ask(client, options.group)
    if options.json:
        terminals.print_json(insights)
    else:
        imported = {one["datasetArn"]: imports.newest(client, one["datasetArn"], 1) for one in insights["datasets"]}
        _show(terminals.console(), insights, imported)
    return 0


def _ask(client: BaseClient, group: str) -> Insights:
    reply: Insights = client.get_data_insights(datasetGroupArn=clients.arn_of(client, group, "dataset group"))
    return clients.members_of(reply)


def _show(out: Console, insights: Insights, imported: Mapping[str, Sequence[imports.Import]]) -> None:
    """Print a reply of GetDataInsights, and how the newest import of each dataset ended."""
    out.print(Text(insights["datasetGroupArn"], "bold"))
    for dataset in insights["datasets"]:
        _chapter(out, dataset)
        for line in (line for job in imported[dataset["datasetArn"]] for line in imports.lines_of(job)):
            out.print(Padding(line, (0, 0, 0, 2)))
    _heading(out, "what to look at")
    for warning in insights["warnings"]:
        where = Text(f"  {warning.get('datasetType', ''):<13}", "yellow")
        out.print(where.append(warning["message"], "default"))
    if not insights["warnings"]:
        out.print("  Nothing: the data are as they should be.", style="green")


def _heading(out: Console, title: str) -> None:
    out.print()
    out.rule(f"[bold]{title}", align="left", style="cyan")


def _chapter(out: Console, dataset: Insights) -> None:
    _heading(out, dataset["datasetType"].replace("_", " ").lower())
    for line in _facts(dataset):
        out.print(Padding(line, (0, 0, 0, 2)))
    for table in _tables(dataset):
        out.print(Padding(table, (1, 0, 0, 1)))


def _facts(dataset: Insights) -> Iterator[str]:
    """Return lines of what is there, and how it fits the interactions."""
    put = dataset["individualRecords"]
    bulk = f"{dataset['bulkRecords']:,} imported" if "bulkRecords" in dataset else "imported records unknown"
    line = f"{bulk}, {put['count']:,}{' or more' if put.get('orMore') else ''} put one by one"
    if "firstTimestamp" in dataset:
        line += f", {_moment(dataset['firstTimestamp'])} to {_moment(dataset['lastTimestamp'])}"
    yield line
    if beside := dataset.get("comparison"):
        yield (
            f"{beside['withoutEvents']:,} ({beside['withoutEventsShare']:.1%}) without interactions; "
            f"{beside['undescribedIds']:,} that interact are not here"
        )


def _tables(dataset: Insights) -> Iterator[Table]:
    if dataset["columns"]:
        yield _columns_table(dataset["columns"])
    if dataset.get("eventsPerId"):
        yield _spread_table(dataset["eventsPerId"])
    if dataset.get("eventTypes"):
        yield _types_table(dataset["eventTypes"])


def _table(*titles: str, right: Sequence[str] = (), last: str = "") -> Table:
    table = Table(box=None, header_style="dim")
    for title in titles:
        table.add_column(title, no_wrap=True)
    for title in right:
        table.add_column(title, justify="right", no_wrap=True)
    if last:
        table.add_column(last, ratio=1, overflow="fold")
    return table


def _columns_table(columns: Sequence[Insights]) -> Table:
    table = _table("column", "type", right=("distinct", "missing"), last="holds")
    for column in columns:
        missing = Text(f"{column['missingShare']:.1%}", "dim" if not column["missing"] else "default")
        table.add_row(column["columnName"], _type(column), _distinct(column), missing, Text(_holds(column)))
    return table


def _type(column: Insights) -> str:
    return next((flag for flag in ("categorical", "textual") if column.get(flag)), column["type"])


def _distinct(column: Insights) -> str:
    return f"{'~' if column.get('distinctIsApproximate') else ''}{column.get('distinct', 0):,}"


def _holds(column: Insights) -> str:
    if "numbers" in column:
        return _numbers(column["numbers"], _moment if column["columnName"] in _TIMES else _number)
    if "topValues" in column:
        values = [f"{_short(top['value'])} {top['share']:.1%}" for top in column["topValues"][:_NAMED]]
        return " · ".join([*values, *(["..."] if column["distinct"] > _NAMED else [])])
    if "characters" in column:
        length = column["characters"]
        return f"{length['minimum']:.0f} to {length['maximum']:.0f} characters, mean {length['mean']:.1f}"
    return ""


def _numbers(numbers: Insights, form: Callable[[float], str]) -> str:
    """Return what is known of some numbers; what no double can hold is not."""
    about = "~" if numbers.get("medianIsApproximate") else ""
    ends = [form(numbers[end]) for end in ("minimum", "maximum") if end in numbers]
    middles = {"median " + about: numbers.get("median"), "mean ": numbers.get("mean")}
    return ", ".join([" to ".join(ends), *(name + form(value) for name, value in middles.items() if value is not None)])


def _short(value: str) -> str:
    return value if len(value) <= _LETTERS else value[: _LETTERS - 3] + "..."


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"


def _moment(seconds: float) -> str:
    if not 0 <= seconds <= _LAST_SECOND:
        return f"{seconds:.0f}"
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _spread_table(spreads: Sequence[Insights]) -> Table:
    names = ("distinctIds", "minimum", "median", "mean", "percentile90", "maximum")
    names += ("withOneEvent", "withFewerThanFiveEvents")
    titles = ("ids", "min", "median", "mean", "90%", "max", "with one", "with under 5")
    table = _table("interactions per", right=titles)
    for spread in spreads:
        table.add_row(spread["columnName"], *(_number(spread[name]) for name in names))
    return table


def _types_table(types: Sequence[Insights]) -> Table:
    table = _table("event type", right=("events", "share", "with a value"), last="values")
    for one in types:
        span = _numbers(one["value"], _number) if "value" in one else ""
        name = Text(_short(one["eventType"])) if "eventType" in one else Text("none", "dim")
        table.add_row(name, f"{one['count']:,}", f"{one['share']:.1%}", f"{one['withValue']:,}", span)
    return table
