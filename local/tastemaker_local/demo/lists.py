"""Lists of products side by side, and how they move; plain data in, rich tables out."""

from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest

from rich import box
from rich.table import Table
from rich.text import Text

from tastemaker_local.demo.groceries import Household, Purchase

Names = Mapping[str, str]
_DISCOVERIES = 2
_TOLD = 3


def household_table(
    household: Household,
    recent: Sequence[Purchase],
    recommendations: Sequence[str],
    names: Names,
    habits: Mapping[str, int],
) -> Table:
    """Show what a household bought last beside what it is recommended."""
    table = _table(title=about(household))
    table.add_column("bought last", ratio=1, no_wrap=True)
    table.add_column("", justify="right", style="dim", no_wrap=True)
    table.add_column("recommended next", ratio=1, no_wrap=True, style="bold")
    table.add_column("", justify="right", style="dim", no_wrap=True)
    for purchase, item in zip_longest(recent, picks(recommendations, habits, len(recent))):
        last = (names[purchase.item], f"{purchase.day.day} {purchase.day:%b}") if purchase else ("", "")
        right = (names[item], _habit(habits.get(item, 0), recommendations.index(item) + 1)) if item else ("", "")
        table.add_row(*last, *right)
    return table


def picks(items: Sequence[str], habits: Collection[str], count: int) -> list[str]:
    """Return the top of a long list, and then its best discoveries: what the household has never bought."""
    top = list(items[: max(1, count - _DISCOVERIES)])
    discoveries = [item for item in items[len(top) :] if item not in habits][:_DISCOVERIES]
    return top + (discoveries or list(items[len(top) : count]))


def why_line(item: str, reasons: Sequence[str], names: Names) -> Text:
    """Say why an item was recommended, from the texts of its `reason`."""
    line = Text(f"why {names[item]}? ", style="dim")
    return line.append(", ".join(_because(*reason.split(" ", 2), names=names) for reason in reasons[:_TOLD]))


def _because(kind: str, share: str, item: str = "", *, names: Names) -> str:
    return f"{share} {names.get(item, item) or kind.lower()}"


def about(household: Household) -> str:
    """Describe a household in a line."""
    who = household.composition.lower().replace(" no kids", ", no kids").replace("s kids", "s with kids")
    who = who.replace("adult kids", "adult with kids")
    return f"Household {household.id}: {who}, aged {household.age}, income {household.income.replace('Under', 'under')}"


def _habit(times: int, place: int) -> str:
    return f"bought {times}x" if times else f"new, no. {place}"


def related_table(companions: Mapping[str, Sequence[str]], names: Names) -> Table:
    """Show what goes with each of some products, in a column per product."""
    table = _table(title="Goes together")
    for item in companions:
        table.add_column(f"with {names[item]}", ratio=1, no_wrap=True)
    for row in zip_longest(*([names[item] for item in items] for items in companions.values()), fillvalue=""):
        table.add_row(*row)
    return table


def ranking_table(offers: Sequence[str], orders: Mapping[str, Sequence[str]], names: Names) -> Table:
    """Show one list of offers in the order given, and in each household's own order."""
    table = _table(title="This week's offers, re-ranked")
    table.add_column("as printed", ratio=1, no_wrap=True)
    for household in orders:
        table.add_column(f"for household {household}", ratio=1, no_wrap=True)
    columns = [_climbed(offers, order, names) for order in orders.values()]
    for row in zip_longest([Text(names[offer]) for offer in offers], *columns):
        table.add_row(*row)
    return table


def _climbed(before: Sequence[str], after: Sequence[str], names: Names) -> list[Text]:
    return [_moved(climb, names[item]) for climb, item in zip(moves(before, after), after, strict=True)]


def moves(before: Sequence[str], after: Sequence[str]) -> list[int | None]:
    """Return by how many places each item of the new list has climbed; None if it was not in the old one."""
    places = {item: place for place, item in enumerate(before)}
    return [places[item] - place if item in places else None for place, item in enumerate(after)]


def moved_table(before: Sequence[str], after: Sequence[str], names: Names, bought: Sequence[str], shown: int) -> Table:
    """Show a list before and after events, with arrows; both lists may be longer than what is shown."""
    table = _table()
    table.add_column("", justify="right", style="dim")
    table.add_column("before", ratio=1, no_wrap=True)
    table.add_column("after", ratio=1, no_wrap=True)
    table.add_column("", no_wrap=True, style="dim")
    climbs = _climbed(before, after, names)
    for place in range(min(shown, len(after))):
        item = after[place]
        old = names[before[place]] if place < len(before) else ""
        note = "just bought" if item in bought else ""
        table.add_row(str(place + 1), old, climbs[place], note)
    return table


def _moved(climb: int | None, name: str) -> Text:
    if climb is None:
        return Text("new ", style="bold green").append(name)
    if climb == 0:
        return Text("  = ", style="dim").append(name, style="not dim")
    arrow, style = ("↑", "green") if climb > 0 else ("↓", "red")
    return Text(f"{arrow}{abs(climb):>2} ", style=style).append(name, style="default")


def _table(title: str = "") -> Table:
    return Table(
        title=title or None,
        title_style="bold",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        expand=True,
        show_edge=False,
        pad_edge=False,
        header_style="dim",
    )
