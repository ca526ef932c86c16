"""What Spark has counted for a training (`spark/job.py`, step `reduce`), read for what is learned of pairs.

`scan` gives what a query reads a table from, by the table's name.
"""

from collections.abc import Callable, Sequence

import numpy as np
from duckdb import DuckDBPyConnection

from tastemaker.recipes.data import Times
from tastemaker.recipes.matrix import transitions
from tastemaker.recipes.matrix.counted import Cells, CountedProblem
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.transitions import Transitions

Scan = Callable[[str], str]
# Cells that are sorted at once.
SORTED = 1 << 22


def counted_problem(session: DuckDBPyConnection, scan: Scan, head: int, kernel: Kernel) -> CountedProblem:
    """Return what a matrix is learned from, all of it counted by this kernel."""
    query = f"SELECT item, events, alone FROM {scan('strengths')} ORDER BY strength"  # noqa: S608 - names of ours
    items = session.execute(query).fetchnumpy()
    return CountedProblem(
        np.asarray(items["item"], np.int32),
        np.asarray(items["events"], np.int64),
        np.asarray(items["alone"], np.float32),
        head,
        _cells(session, scan("head"), ("covariance", "targets", "both"), (0, head)),
        _cells(session, scan("tail"), ("covariance", "past", "future"), (head, len(items["item"]))),
        kernel,
    )


def transitions_of(session: DuckDBPyConnection, scan: Scan, n_items: int) -> Transitions:
    """Return what came after each of so many items."""
    query = f"SELECT * FROM {scan('after')} ORDER BY item, weight DESC, other"  # noqa: S608 - names of ours
    cells = session.execute(query).fetchnumpy()
    totals, events = np.zeros(n_items, np.float32), np.zeros(n_items, np.int64)
    totals[cells["item"]] = cells["total"]
    items = session.execute(f"SELECT item, events FROM {scan('strengths')}").fetchnumpy()  # noqa: S608 - names of ours
    events[items["item"]] = items["events"]
    lengths = np.bincount(cells["item"], minlength=n_items)
    return transitions.of_counts(lengths, cells["other"], cells["weight"], totals, events)


def _cells(session: DuckDBPyConnection, table: str, sums: Sequence[str], rows: tuple[int, int]) -> Cells:
    """Return the cells of some rows; there may be so many that they are sorted some rows at a time."""
    starts = _starts(session, table, rows)
    cells = Cells(starts, np.empty(starts[-1], np.int32), np.empty((len(sums), starts[-1]), np.float32))
    names = ", ".join(f'"{name}"' for name in ("column", *sums))
    query = f'SELECT {names} FROM {table} WHERE "row" >= ? AND "row" < ? ORDER BY "row", "column"'  # noqa: S608
    begin = 0
    while begin < len(starts) - 1:
        end = max(begin + 1, int(np.searchsorted(starts, starts[begin] + SORTED, "right")) - 1)
        found = session.execute(query, [rows[0] + begin, rows[0] + end]).fetchnumpy()
        some = slice(starts[begin], starts[end])
        cells.columns[some] = found["column"]
        for place, name in enumerate(sums):
            cells.sums[place, some] = found[name]
        begin = end
    return cells


def _starts(session: DuckDBPyConnection, table: str, rows: tuple[int, int]) -> Times:
    """Return where the cells of each of some rows begin."""
    query = f'SELECT "row", count(*) AS cells FROM {table} GROUP BY "row"'  # noqa: S608 - names of ours
    found, lengths = session.execute(query).fetchnumpy(), np.zeros(rows[1] - rows[0], np.int64)
    lengths[found["row"] - rows[0]] = found["cells"]
    return np.append(0, np.cumsum(lengths))
