"""What was measured is kept as JSON lines, one a model, set and protocol: a bench that is cut goes on where it was.

The lines know nothing of the code that they are of: after a change of it the file has to go.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.quality.protocols import Judged

Views = dict[str, Judged]
Key = tuple[str, ...]
DECIMALS = 6


class Run(NamedTuple):
    """What one model got by view, the seconds of its fit, and what was chosen for it."""

    views: Views
    seconds: float = 0.0
    chosen: str = ""


class Ledger:
    """Runs by key, in a file or, without one, in memory alone."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path and path.exists() else []
        self.runs = dict(_read(line) for line in lines)

    def run(self, key: Key, measure: Callable[[], Run]) -> Run:
        """Return what was measured before, or measure and keep it: rounded, whether it was read back or not."""
        if key not in self.runs:
            line = _line(key, measure())
            self.runs[key] = _read(line)[1]
            if self.path:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("a") as file:
                    file.write(line + "\n")
        return self.runs[key]


def _line(key: Key, run: Run) -> str:
    views = {name: [np.round(column, DECIMALS).tolist() for column in judged] for name, judged in run.views.items()}
    return json.dumps([key, round(run.seconds, 2), run.chosen, views])


def _read(line: str) -> tuple[Key, Run]:
    key, seconds, chosen, views = json.loads(line)
    return tuple(key), Run({name: _judged(columns) for name, columns in views.items()}, seconds, chosen)


def _judged(columns: list[Any]) -> Judged:
    *scores, users = columns
    return Judged(*(np.array(each, np.float64) for each in scores), np.array(users, np.int32))
