"""What commands print: for people in 80 to 120 columns, plain when nobody is watching; for programs as JSON."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper

from rich.console import Console

_NARROWEST, _WIDEST, _UNWATCHED = 80, 120, 100
_USUAL = {
    "normalized_discounted_cumulative_gain": "NDCG",
    "mean_reciprocal_rank": "MRR",
    "_at_k": "@k",
    "_at_": "@",
}


def console() -> Console:
    """Return a console for standard output; rich itself respects NO_COLOR and COLUMNS."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an arrow that the locale lacks is no reason to stop
    terminal = Console(highlight=False)
    terminal.width = width(terminal.width if terminal.is_terminal else _UNWATCHED)
    return terminal


def print_json(answer: object) -> None:
    """Print an answer for a program."""
    sys.stdout.write(json.dumps(answer, indent=1) + "\n")


def width(columns: int) -> int:
    """Return the width to write in."""
    return max(_NARROWEST, min(columns, _WIDEST))


def short_metric(name: str) -> str:
    """Return what people call a metric."""
    for word, usual in _USUAL.items():
        name = name.replace(word, usual)
    return name


class Stages:
    """The story's chapters, and how long each took."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.taken: list[tuple[str, float]] = []

    @contextmanager
    def stage(self, short: str, title: str) -> Iterator[None]:
        """Head a chapter and time it."""
        self._console.print()
        self._console.rule(f"[bold cyan]{len(self.taken) + 1}[/]  [bold]{title}[/]", align="left", style="cyan")
        start = time.perf_counter()
        yield
        self.taken.append((short, time.perf_counter() - start))
