"""What a start does to the process that it is in."""

import subprocess
import sys

PROGRAM = """
import duckdb
from tastemaker_local.emulation.quick_start import quick_imports

held = [duckdb.connect()]
held.append(held)
with quick_imports():
    pass
"""


def test_what_a_start_keeps_from_the_collector_is_let_go_at_the_end():
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603 - ours

    assert ended.stderr == "", "DuckDB's bindings tell of what outlives the interpreter"
