"""`tastemaker filter explain`: asks a service why a filter lets an item pass or not, and prints that."""

import argparse
from collections.abc import Mapping
from typing import Any

from botocore.client import BaseClient
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tastemaker_local.commands import arguments, clients, terminals

Explanation = Mapping[str, Any]

_MARKS = {True: Text("yes", "green"), False: Text("no", "red"), None: Text("")}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the filter, whom and what it is asked of, and the values of its placeholders."""
    parser.add_argument("action", choices=["explain"], help="what to do with it")
    parser.add_argument("--filter", required=True, metavar="NAME", help="its name or its ARN")
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--campaign", metavar="NAME", help="whose items (default: the newest of the dataset group)")
    asked.add_argument("--recommender", metavar="NAME", help="the same for a recommender")
    parser.add_argument("--user", metavar="ID", help="who asks")
    parser.add_argument("--item", metavar="ID", help="the item in question")
    parser.add_argument("--current-item", metavar="ID", help="the item that CurrentItem means")
    parser.add_argument(
        "--values",
        nargs="+",
        default=[],
        type=_value,
        metavar="NAME=VALUE",
        help='values of placeholders, quoted as in filterValues: \'G="comedy","drama"\'',
    )
    arguments.add_service(parser, as_json="print the reply of ExplainFilter as it is")


@clients.explained
def run(options: argparse.Namespace) -> int:
    """Print what ExplainFilter says; return 1 if it says nothing."""
    about = next((name for name in (options.filter, options.campaign, options.recommender) if _is_arn(name)), "")
    request = _request(options, clients.knowing("personalize", options.endpoint, about=about))
    client = clients.knowing("personalize-runtime", options.endpoint, about=str(request["filterArn"]))
    explanation = clients.members_of(client.explain_filter(**request))
    if options.json:
        terminals.print_json(explanation)
    else:
        _show(terminals.console(), explanation, named=bool(options.campaign or options.recommender))
    return 0


def _is_arn(name: str | None) -> bool:
    return bool(name) and str(name).startswith("arn:")


def _value(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


def _request(options: argparse.Namespace, client: BaseClient) -> dict[str, object]:
    named = {"filter": options.filter, "campaign": options.campaign, "recommender": options.recommender}
    members = {f"{kind}Arn": clients.arn_of(client, name, kind) for kind, name in named.items() if name} | {
        "userId": options.user,
        "itemId": options.item,
        "currentItemId": options.current_item,
        "filterValues": dict(options.values),
    }
    return {name: value for name, value in members.items() if value}


def _show(out: Console, explanation: Explanation, *, named: bool) -> None:
    """Print a reply of ExplainFilter."""
    out.print(Text(explanation.get("filterExpression", explanation["filterArn"]), "bold"))
    chosen = "" if named else ", the newest of the dataset group; --campaign or --recommender names another"
    out.print(f"answered by {explanation['answeredBy']}{chosen}", style="dim", soft_wrap=True)
    out.print(f"{explanation['passing']:,} of {explanation['items']:,} items pass")
    for number, expression in enumerate(explanation["expressions"], 1):
        _expression(out, number, expression, explanation.get("item"))
    for text in explanation.get("notApplied", ()):
        out.print(Text(f"left out, for it has no value: {text}", "yellow"))
    for text in explanation["warnings"]:
        out.print(Text(f"warning: {text}", "yellow"))
    if "item" in explanation:
        out.print(Text("\n").append(_verdict(explanation)))


def _verdict(explanation: Explanation) -> Text:
    """Say in one line whether the item passes, and what keeps it out."""
    item = explanation["item"]
    name = item["itemId"]
    if not item["known"]:
        return Text(f"{name} is not known to the model: it is in no answer before the next training.", "red")
    if not item["passes"]:
        return Text(f"{name} is out: {_reason(explanation)}.", "red")
    if item.get("excludedByUseCase"):
        return Text(f"{name} passes, but the use case keeps out what the user had already.", "red")
    return Text(f"{name} passes.", "green")


def _reason(explanation: Explanation) -> str:
    expressions = [(n, each) for n, each in enumerate(explanation["expressions"], 1) if each["applies"]]
    excluding = [
        f"expression {n} excludes it" for n, each in expressions if each["effect"] == "EXCLUDE" and each["holds"]
    ]
    including = [each for _, each in expressions if each["effect"] == "INCLUDE"]
    misses = ["no INCLUDE includes it"] if including and not any(each["holds"] for each in including) else []
    return " and ".join([*misses, *excluding])


def _expression(out: Console, number: int, expression: Explanation, item: Explanation | None) -> None:
    applies = "" if expression["applies"] else ", which does not apply to this user"
    out.print()
    out.print(f"{number}. {expression['effect']} {expression['items']:,} items{applies}", style="cyan")
    table = Table(box=None, header_style="dim", padding=(0, 2))
    table.add_column("clause", overflow="fold")
    table.add_column("items", justify="right")
    if item and item["known"]:
        table.add_column(f"holds for {item['itemId']}")
        table.add_column("its value", overflow="fold")
    for place, alternative in enumerate(expression["alternatives"]):
        for turn, each in enumerate(alternative["conditions"]):
            joint = "AND " if turn else "OR " if place else ""
            table.add_row(Text(f"{joint}{each['condition']}"), f"{each['items']:,}", *_of_item(each))
    for turn, each in enumerate(expression.get("userConditions", ())):
        table.add_row(Text(f"{'AND' if turn else 'IF'} {each['condition']}"), "", *_of_user(each, item))
    out.print(table)


def _of_item(condition: Explanation) -> tuple[Text, ...]:
    return (_MARKS[condition["holds"]], Text(_values(condition))) if "holds" in condition else ()


def _of_user(condition: Explanation, item: Explanation | None) -> tuple[Text, ...]:
    cells = (_MARKS[condition["holds"]], Text(f"the user's: {_values(condition)}"))
    return cells if item and item["known"] else ()


def _values(condition: Explanation) -> str:
    return ", ".join(value or "(an event without a type)" for value in condition.get("values", ())) or "none"
