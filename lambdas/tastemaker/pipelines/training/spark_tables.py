"""What Spark has counted for a training (`spark/job.py`, step `reduce`), read for the item-item matrix."""

from collections.abc import Callable

import numpy as np
from duckdb import DuckDBPyConnection

from tastemaker.recipes.matrix.counted import CountedProblem, Lagged
from tastemaker.recipes.matrix.kernels import Kernel


def counted_problem(
    session: DuckDBPyConnection, scan: Callable[[str], str], head: int, kernel: Kernel
) -> CountedProblem:
    """Return what a matrix is learned from; `scan` gives what a query reads a table from, by the table's name.

    The kernel has the window and the exponent that pairs were counted by.
    """
    query = f"""
        SELECT strength, any_value(item) AS item, count(*) AS events,
        sum(CAST(weight AS DOUBLE) * weight * power(length, {-kernel.exponent})) AS alone
        FROM {scan("paired")} GROUP BY strength ORDER BY strength
    """  # noqa: S608 - names of ours
    items = session.execute(query).fetchnumpy()
    return CountedProblem(
        np.asarray(items["item"], np.int32),
        np.asarray(items["events"], np.int64),
        np.asarray(items["alone"], np.float32),
        head,
        # Of the head Spark tells how much later the row is.
        _lagged(session, scan("head"), "-lag"),
        _lagged(session, scan("tail"), "lag"),
        kernel,
    )


def _lagged(session: DuckDBPyConnection, table: str, lag: str) -> Lagged:
    query = f'SELECT "row", "column", {lag} AS lag, weight FROM {table}'  # noqa: S608 - names of ours
    cells = session.execute(query).fetchnumpy()
    return Lagged.sort(cells["row"], cells["column"], cells["lag"], cells["weight"])
