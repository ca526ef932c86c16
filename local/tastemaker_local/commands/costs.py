"""`tastemaker cost`: what a month of a deployment costs, idle or at a volume, beside Amazon Personalize."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tastemaker.domain.training import quotes
from tastemaker.recipes import registry
from tastemaker.recipes.contract import Recipe
from tastemaker_local import synth
from tastemaker_local.commands import arguments, terminals
from tastemaker_local.costs import bills, deployments, prices

# Options by the members of a volume.
_COUNTS = {
    "events": ("--events-per-month", "recorded, one a call"),
    "answers": ("--answers-per-month", "recommendations and rankings"),
    "trainings": ("--trainings-per-month", "each on all interactions"),
    "interactions": ("--interactions", "imported"),
    "items": ("--items", "imported"),
    "users": ("--users", "imported"),
}
_RECIPE = "aws-user-personalization-v2"
# Of any function.
_MOST_SECONDS = 900


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what happens in a month, and which templates are deployed."""
    for name, (option, what) in _COUNTS.items():
        parser.add_argument(option, dest=name, type=_count, default=0, metavar="N", help=f"{what} (default: none)")
    parser.add_argument(
        "--campaigns",
        type=_count,
        default=1,
        metavar="N",
        help="of Amazon's, each billed for one request a second at least; ours cost nothing to have (default: 1)",
    )
    parser.add_argument(
        "--recipe", choices=registry.names(), default=_RECIPE, metavar="NAME", help="what is trained (%(default)s)"
    )
    parser.add_argument("--assembly", type=Path, metavar="DIR", help="of these templates (a cdk.out), not the app's")
    parser.add_argument("--json", action="store_true", help="print the bills as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the bills; return 2 where there is nothing to make them of."""
    try:
        deployment = deployments.read(options.assembly or synth.assembly(announce=arguments.say))
    except (deployments.NoTemplates, synth.SynthFailed) as problem:
        arguments.say(str(problem))
        return arguments.UNFIT
    volume = bills.Volume(**{name: getattr(options, name) for name in (*_COUNTS, "campaigns")})
    recipe = registry.get(options.recipe)
    ours, amazons = bills.of_deployment(deployment, volume, recipe), bills.of_amazon(volume)
    if volume.trainings:
        _warn(recipe, volume)
    if options.json:
        terminals.print_json(_answer(volume, ours, amazons))
    else:
        _show(terminals.console(), volume, ours, amazons)
    return 0


def _warn(recipe: Recipe, volume: bills.Volume) -> None:
    """Say so if the training that is billed would be refused."""
    need = bills.need(recipe, volume)
    megabytes = need.memory / 2**20
    if need.seconds > _MOST_SECONDS or megabytes > quotes.MOST_MEMORY:
        arguments.say(
            f"a training of {volume.counts.events:,} interactions takes {need.seconds:,.0f} s and {megabytes:,.0f} MB; "
            f"Lambda has {_MOST_SECONDS} s and {quotes.MOST_MEMORY:,} MB, so it would be refused"
        )


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no count such as 1000000")
    return int(text)


def _answer(volume: bills.Volume, ours: Sequence[bills.Line], amazons: Sequence[bills.Line]) -> Mapping[str, Any]:
    return {
        "region": prices.REGION,
        "volume": asdict(volume),
        "tastemaker": _bill(ours) | {"dollarsBeyondFree": round(bills.beyond_free(ours), 6)},
        "amazonPersonalize": _bill(amazons),
    }


def _bill(lines: Sequence[bills.Line]) -> dict[str, Any]:
    return {"dollars": round(bills.total(lines), 6), "lines": [_line(line) for line in lines]}


def _line(line: bills.Line) -> Mapping[str, Any]:
    return {
        "what": line.what,
        "quantity": round(line.quantity, 6),
        "dollars": round(line.dollars, 6),
        "price": asdict(line.price),
    }


def _show(out: Console, volume: bills.Volume, ours: Sequence[bills.Line], amazons: Sequence[bills.Line]) -> None:
    out.print(f"a month in {prices.REGION}: {_told(volume)}")
    out.print(_table("Tastemaker", ours))
    out.print(f"${bills.beyond_free(ours):,.2f} in an account with nothing else, where some of it is free for ever")
    out.print()
    out.print(_table("Amazon Personalize, v2 recipes", amazons))
    out.print()
    # In one paragraph, or rich would break each line of it by itself.
    out.print(
        f"List prices as known on {prices.ALARM.dated}, Personalize's {prices.INGESTION.dated}; not fetched. Seconds "
        "and bytes of a request are assumed (docs/deploy.md). Not counted: requests to S3, KMS, traffic out of AWS.",
        style="dim",
    )


def _told(volume: bills.Volume) -> str:
    counts = [f"{count:,} {name}" for name in _COUNTS if (count := getattr(volume, name))]
    return ", ".join(counts) or "nobody calls"


def _table(title: str, lines: Sequence[bills.Line]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, title=title, title_justify="left", show_footer=True)
    table.add_column("service", "together")
    table.add_column("what")
    table.add_column("quantity", justify="right", no_wrap=True)
    table.add_column("dollars", f"{bills.total(lines):,.2f}", justify="right", no_wrap=True)
    for line in lines:
        table.add_row(line.price.service, line.what, _quantity(line), f"{line.dollars:,.4f}")
    return table


def _quantity(line: bills.Line) -> str:
    """Write large quantities whole, and small ones with three digits."""
    number = f"{line.quantity:,.0f}" if line.quantity >= 1000 else f"{line.quantity:.3g}"  # noqa: PLR2004
    return f"{number} {line.price.unit}"
