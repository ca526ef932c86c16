"""`tastemaker coverage`: compares docs/coverage.md with the code, or writes it.

On the page each of the 79 operations works, or it says what it waits for.
"""

import argparse
import sys
from collections.abc import Callable, Collection, Mapping
from inspect import signature
from pathlib import Path
from typing import NoReturn

from tastemaker.bootstrap import operation_table
from tastemaker.wire.models import APIS, Operation, api_model

PAGE = Path("docs/coverage.md")

# What each operation that is not built yet waits for; one that is built must not be named here.
_REASONS = {
    "item-affinity recipes": ("create_batch_segment_job",),
    "counting events by source": ("create_metric_attribution",),
}
WAITS_FOR = {operation: reason for reason, operations in _REASONS.items() for operation in operations}

# Operations that have a function which answers, but not yet the work behind it: a function alone is no proof.
PARTLY = {
    "create_solution": "AutoML (refused)",
    "update_metric_attribution": "counting events by source: no attribution can be created",
}

_HEAD = """\
# Coverage

Written by `tastemaker coverage`; a test compares this page with the code. Every operation is routed and its input
checked. `works` means that the operation has a function and no known gap; the tests, not this page, prove it. One that
is built partly names the gap; one that is not built answers InvalidInputException and says so, some of them after all
checks: a function that can only refuse counts as `not yet`.
"""

Built = Mapping[str, Collection[str]]
Reasons = Mapping[str, str]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add whether to write."""
    parser.add_argument("--write", action="store_true", help="write the page instead of comparing it")


def run(options: argparse.Namespace) -> int:
    """Write the page into the clone one stands in, or return 1 where it is not what the code says."""
    text = page({api: answering(operation_table(api)) for api in APIS})
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{PAGE} is not what the code says: run `tastemaker coverage --write`\n")
    return 1


def page(built: Built, waits_for: Reasons = WAITS_FOR, partly: Reasons = PARTLY) -> str:
    """Write the page from the built operations per API, as boto3 names them, and what the others wait for."""
    rows = {
        api: [_row(operation, built.get(api, ()), waits_for, partly) for operation in _operations(api)] for api in APIS
    }
    return "\n".join([_HEAD, _summary(rows), *(_section(api, rows[api]) for api in APIS), _extras()])


def answering(table: Mapping[str, Callable[..., object]]) -> list[str]:
    """Return the functions that may return: one that only checks and refuses says NoReturn, which mypy proves."""
    return [name for name, function in table.items() if signature(function).return_annotation is not NoReturn]


def unexplained(built: Built, waits_for: Reasons = WAITS_FOR, partly: Reasons = PARTLY) -> list[str]:
    """Name what has neither function nor reason, and the reasons that no longer fit what is built."""
    names = {operation.function for api in APIS for operation in _by_name(api)}
    functions = {name for api in APIS for name in built.get(api, ())} & names
    return sorted(((names - functions) ^ set(waits_for)) | (set(partly) - functions))


def _operations(api: str) -> list[Operation]:
    return [operation for operation in _by_name(api) if not operation.extra]


def _by_name(api: str) -> list[Operation]:
    return sorted(api_model(api).operations.values(), key=lambda operation: operation.name)


Row = tuple[str, str, str]  # operation, status, what it waits for
_STATUSES = ("works", "partly", "not yet")


def _row(operation: Operation, built: Collection[str], waits_for: Reasons, partly: Reasons) -> Row:
    name = operation.function
    if name not in built:
        return operation.name, "not yet", waits_for.get(name, "its turn")
    return operation.name, "partly" if name in partly else "works", partly.get(name, "")


def _summary(rows: Mapping[str, list[Row]]) -> str:
    lines = ["| API | works | partly | not yet | of |", "| --- | ---: | ---: | ---: | ---: |"]
    lines += [_counts(api, each) for api, each in rows.items()]
    lines.append(_counts("all", [row for each in rows.values() for row in each]))
    return "\n".join([*lines, ""])


def _counts(name: str, rows: list[Row]) -> str:
    counts = [sum(row[1] == status for row in rows) for status in _STATUSES]
    return f"| {name} | {' | '.join(map(str, counts))} | {len(rows)} |"


def _section(api: str, rows: list[Row]) -> str:
    lines = [f"## {api}", "", "| operation | status | waits for |", "| --- | --- | --- |"]
    lines += [f"| {name} | {status} |{waits and ' ' + waits} |" for name, status, waits in rows]
    return "\n".join([*lines, ""])


def _extras() -> str:
    """Name our own operations, which are no part of the counts above."""
    lines = [f"- {api}: {one.name}, {one.extra}" for api in APIS for one in _by_name(api) if one.extra]
    intro = "Operations of our own, which no unmodified client knows: see `lambdas/tastemaker/wire/extras/`."
    return "\n".join(["## Beside AWS's operations", "", intro, "", *lines, ""])
