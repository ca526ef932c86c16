"""An import as a work document for spark/job.py, and its result as what conversion makes of one here.

The rules of values, of what is counted and of what is borne stay here: the job gets them as expressions and numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tastemaker.domain.schemas.readings import TEXT_CHARACTERS
from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets import csv_problems
from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.counts import are_events, counted, measures, odd_moments, told
from tastemaker.pipelines.datasets.csv_files import LINE_TOO_LONG, NO_NUL, CsvFile, require_header
from tastemaker.pipelines.datasets.csv_problems import Problem, Refusal
from tastemaker.pipelines.datasets.snapshots import Manifest, Part
from tastemaker.pipelines.datasets.spark_columns import SparkColumn, spark_columns_of
from tastemaker.pipelines.imports.plans import Plan
from tastemaker.pipelines.imports.tolerance import ONE_IN, Losses, Tally, wrong_types
from tastemaker.pipelines.places import s3_uri

Uri = Callable[[str, str], str]
Result = Mapping[str, Any]
# No part is larger: half as much is aimed at. A row of events is some 10 to 40 bytes.
PART_BYTES, PART_ROWS = 128 << 20, 8_000_000
_RULES = {
    "nul": NO_NUL,
    "long": LINE_TOO_LONG,
    "encoding": csv_problems.ENCODING,
    "cells": csv_problems.BROKEN_CELLS,
    "open": csv_problems.UNQUOTED,
}
# What is measured besides what a manifest tells; no column can have such a name.
_LONGEST, _OWN = "#longest ", "#own rows"


class Unfit(JobFailed):
    """A file that many machines cannot read; one can."""


def stage_of(plan: Plan) -> str:
    """Return the key below which rows are staged."""
    return f"{plan.folder}-stage"


def snapshot_work(plan: Plan, bucket: str, earlier: Manifest | None, uri: Uri = s3_uri) -> dict[str, Any]:
    """Return the work document of an import into a bucket, on top of an earlier snapshot or of none."""
    columns, events = spark_columns_of(plan.columns), are_events(plan.columns)
    own = {_OWN: f"count_if(`#import` = {_imports(earlier)})"} if earlier and not events else {}
    cut = {f"{_LONGEST}{c.field.name}": f"max(char_length({c.name}))" for c in columns if c.field.textual}
    return {
        "step": "snapshot",
        "files": [{"uri": uri(each.bucket, each.key), "name": each.name} for each in plan.sources],
        "columns": [_column(column, f"cell_{place}") for place, column in enumerate(columns)],
        "rules": _RULES,
        "events": events,
        "key": None if events else _key(plan.columns),
        "base": _base(earlier, bucket, uri) if earlier else None,
        "measures": measures(columns) | odd_moments(columns, plan.moment) | cut | own,
        "distinct": counted(columns),
        "one_in": ONE_IN,
        "listed": csv_problems.LISTED,
        "part_bytes": PART_BYTES,
        "part_rows": PART_ROWS,
        "target": uri(bucket, plan.folder),
        "stage": uri(bucket, stage_of(plan)),
    }


def _column(column: SparkColumn, cell: str) -> dict[str, Any]:
    return {
        "name": column.field.name,
        "type": column.sql_type,
        "value": column.value(cell),
        "problem": column.problem(cell),
        "lenient": column.is_lenient,
        "cut": f"char_length({cell}) > {TEXT_CHARACTERS}" if column.field.textual else None,
    }


def _key(columns: Sequence[Column]) -> str:
    return next(column.field.name for column in columns if column.is_id and column.required)


def _base(earlier: Manifest, bucket: str, uri: Uri) -> dict[str, Any]:
    return {
        "parts": [uri(bucket, part.key) for part in earlier.parts],
        "columns": [column.name for column in earlier.columns],
        "imports": _imports(earlier),
        "rows": earlier.rows,
        "bytes": sum(part.bytes for part in earlier.parts),
    }


def _imports(earlier: Manifest) -> int:
    return len(earlier.imports or (0.0,))


def verdict(plan: Plan, result: Result) -> Refusal | Losses | None:
    """Return why files are refused, or which of their cells are lost; raise what is wrong with a file as a whole."""
    if header := result.get("header"):
        require_header(header["file"], header["cells"])
        file = CsvFile(header["file"], Path(), tuple(header["cells"]))
        file.cells([column.field.name for column in plan.columns], plan.record_name)
    if "unfit" in result:
        raise Unfit(f"{result['unfit']} cannot be read by many machines: {result['why']}.")
    counts, strict = result["counts"], result["counts"]["strict"]
    problems = tuple(Problem(**problem) for problem in result.get("problems", ()))
    if refused := strict["faults"] + strict["wrong"]:
        return Refusal(problems, refused)
    tallies = [Tally(name, counts["filled"][name], lost) for name, lost in counts["unreadable"].items() if lost]
    if hopeless := [tally for tally in tallies if tally.is_hopeless]:
        return Refusal(problems, result["wrong records"], wrong_types(hopeless))
    return Losses({tally.name: tally.unreadable for tally in tallies}, problems) if tallies else None


def parts_of(plan: Plan, result: Result) -> tuple[Part, ...]:
    """Return the parts of the snapshot that was written."""
    return tuple(
        Part(f"{plan.folder}/{part['name']}", part["rows"], part["bytes"], part["sha256"]) for part in result["parts"]
    )


def counts_of(plan: Plan, result: Result, earlier: Manifest | None) -> dict[str, int]:
    """Return what the snapshot holds in numbers, and what was left out of it, as a manifest has them."""
    stats, counts = dict(result["stats"]), result["counts"]
    kept = stats.pop(_OWN, stats["rows"])
    longest = {name: stats.pop(f"{_LONGEST}{name}", 0) for name in counts["cut"]}
    lost = {f"unreadable {name}": count for name, count in counts["unreadable"].items() if count}
    cut = {f"truncated {n}": count for n, count in counts["cut"].items() if count and longest[n] >= TEXT_CHARACTERS}
    return (
        told(stats, odd_moments(plan.columns, plan.moment))
        | _repeated(plan, counts["read"], kept, earlier)
        | cut
        | lost
    )


def _repeated(plan: Plan, read: int, kept: int, earlier: Manifest | None) -> dict[str, int]:
    """Return how many rows repeat another one, or the id of a later one of the same import."""
    if are_events(plan.columns):
        read, name = read + (earlier.rows if earlier else 0), "repeated rows"
    else:
        name = f"repeated {_key(plan.columns)}"
    return {name: read - kept} if read > kept else {}
