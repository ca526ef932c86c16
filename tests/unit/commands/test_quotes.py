"""How a quote is printed: where a training can be done, and of a stored one where it was."""

from io import StringIO

import pytest
from rich.console import Console

from tastemaker_local.commands import quotes

ROWS = [
    {"rung": "function", "memory": 3008, "seconds": 120.0, "cost": 0.0047},
    {"rung": "container", "memory": 4096, "seconds": 180.0, "cost": 0.004948},
]
QUOTE = {
    "events": 1_000_000,
    "users": 10_000,
    "items": 20_000,
    "modelled": 120.0,
    "pace": 1,
    "seconds": 120.0,
    "peakMemory": 1469,
    "billedMemory": 3008,
    "cost": 0.0047,
}


@pytest.fixture
def shown():
    """Returns the lines that people read in 80 columns, spaces made one."""

    def show(**members):
        out = Console(file=StringIO(), width=80)
        quotes.show(out, QUOTE | members)
        return [" ".join(line.split()) for line in out.file.getvalue().splitlines()]

    return show


def test_each_rung_has_a_row(shown):
    lines = shown(rungs=ROWS)

    at = lines.index("rung memory time cost")
    assert lines[at + 1 : at + 3] == [
        "function 3,008 MB 120.0 s $0.004700",
        "container 4,096 MB 180.0 s $0.004948",
    ]
    assert any(line.startswith("containers: Fargate, arm64") for line in lines)
    assert "tastemaker:containers" in " ".join(lines)


def test_a_function_may_have_no_limit(shown):
    lines = shown(rungs=[ROWS[0] | {"memory": 0}])

    assert "function no limit 120.0 s $0.004700" in lines
    assert "tastemaker:containers" not in " ".join(lines)


def test_what_fits_on_no_rung_is_said(shown):
    assert "it fits on no rung, not even the largest container" in shown(rungs=[])


def test_a_stored_quote_has_where_it_was_done_and_from_where_it_climbed(shown):
    measured = {"seconds": 200.0, "peakMemory": 4000, "cost": 0.006, "rung": "container"}
    climbed = {"from": "function", "memory": 3008, "reason": "The function ran out of memory."}

    lines = shown(rungs=ROWS, measured=measured, climbed=climbed)

    assert "done on: container" in lines
    assert "climbed from function of 3,008 MB: The function ran out of memory." in lines


def test_a_quote_of_an_earlier_release_says_nothing_of_rungs(shown):
    lines = shown(measured={"seconds": 200.0, "peakMemory": 4000, "cost": 0.006})

    assert not [line for line in lines if "rung" in line or "done on" in line or "climbed" in line]
