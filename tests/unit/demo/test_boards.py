"""Progress on a terminal and elsewhere."""

import io
import itertools

from rich.console import Console

from tastemaker_local.demo.boards import Lines, board
from tastemaker_local.demo.watching import Sight


def console(*, terminal):
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None)


def test_a_pipe_gets_one_plain_line_per_quarter():
    out = console(terminal=False)
    progress = Lines(out, itertools.count().__next__)

    for percent in range(0, 100, 5):
        progress.show("import", Sight("CREATE IN_PROGRESS", percent / 100, "sorting"))
    progress.show("import", Sight("ACTIVE"))
    progress.show("import", Sight("ACTIVE"))

    lines = out.file.getvalue().splitlines()
    assert [line.split("%")[0].split()[-1] for line in lines] == ["5", "25", "50", "75", "100"]
    assert lines[0].endswith("sorting")
    assert lines[-1].endswith("ACTIVE")


def test_quick_work_gets_one_plain_line_in_all():
    out = console(terminal=False)

    with board(out) as progress:
        progress.show("campaign", Sight("CREATE PENDING"))
        progress.show("campaign", Sight("ACTIVE"))

    assert out.file.getvalue().split() == ["campaign", "100", "%", "0.0", "s", "ACTIVE"]


def test_a_terminal_gets_a_bar_that_ends_full():
    out = console(terminal=True)

    with board(out) as progress:
        progress.show("import", Sight("CREATE IN_PROGRESS", 0.5, "sorting"))
        progress.show("import", Sight("ACTIVE"))

    assert "100%" in out.file.getvalue()
    assert "━" * 22 in out.file.getvalue()
