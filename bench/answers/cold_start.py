"""From the start of a runtime process to its first answer, and which part takes what.

Each run is a process of its own (`cold_child.py`); the figures are medians. The model is v2's of the given catalogue
with a user's history, a filter and three columns of metadata asked for. Tables and S3 answer at once, inside the
process: what AWS and its network take comes on top, above all S3's for the model (about a second per 100 MB). Bytecode
is there, as where a Python of the functions' version deployed them; the last line is a start with that of Python and
boto3 alone, which Lambda brings.

Run: .venv/bin/python -m bench.answers.cold_start [--items 3500 100000] [--runs 7]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.answers import made
from bench.answers.stand_ins import VARIABLES
from bench.reports import RESULTS, ROOT, machine

CHILD = Path(__file__).with_name("cold_child.py")
# What Lambda's runtime does not bring.
OURS = ("tastemaker", "numpy", "aws_lambda_powertools")
SECOND, PART = "the second answer", "of it: "


def measured(folder: str, digest: str, items: int, more: Mapping[str, str] | None = None) -> dict[str, float]:
    """Start one process and return what it noted."""
    here = (
        os.environ
        | VARIABLES
        | {"PYTHONPATH": str(ROOT)}
        | {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
        | dict(more or {})
    )
    command = [sys.executable, str(CHILD), str(time.monotonic()), folder, digest, str(items)]
    run = subprocess.run(command, env=here, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    parts: dict[str, float] = json.loads(run.stdout)
    return parts


def uncompiled(cache: str, model: tuple[str, str, int]) -> dict[str, str]:
    """Return the variables of a process that finds no bytecode of ours, after a run that has written all of it."""
    measured(*model, {"PYTHONPYCACHEPREFIX": cache})
    for folder in [path for name in OURS for path in Path(cache).rglob(name)]:
        shutil.rmtree(folder, ignore_errors=True)
    return {"PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": "1"}


def table(items: int, runs: int) -> list[str]:
    """Measure one catalogue."""
    with TemporaryDirectory() as folder, TemporaryDirectory() as cache:
        model = folder, made.model(Path(folder), items), items
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        measured(*model)  # bytecode and the files are in memory from here on
        times = [measured(*model) for _ in range(runs)]
        without = uncompiled(cache, model)
        slow = [measured(*model, without) for _ in range(runs)]
    laps = {name: median(each[name] for each in times) for name in times[0]}
    lines = {**laps, "from the start to the first answer": whole(times), "the same, without our bytecode": whole(slow)}
    title = f"{items:,} items, {size / 1e6:.0f} MB of model"
    return [title, *(f"  {name:38} {value:8.1f} ms" for name, value in lines.items())]


def whole(runs: list[dict[str, float]]) -> float:
    """Return the milliseconds up to the end of the first answer, the median."""
    return median(
        sum(value for name, value in laps.items() if name != SECOND and not name.startswith(PART)) for laps in runs
    )


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[3_500, 100_000])
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    command = f"--items {' '.join(map(str, options.items))} --runs {options.runs}"
    lines = [f"$ python -m bench.answers.cold_start {command}", machine()]
    for items in options.items:
        rows = table(items, options.runs)
        print("\n".join(rows), flush=True)
        lines += ["", *rows]
    (RESULTS / "cold-start.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
