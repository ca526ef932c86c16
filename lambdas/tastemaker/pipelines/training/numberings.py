"""Ids and other texts as numbers: DuckDB looks each one's up in a table, and the arrays are in its order."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from duckdb import DuckDBPyConnection

from tastemaker.pipelines.datasets.staging import temp_table
from tastemaker.pipelines.datasets.tables import Table
from tastemaker.recipes.data import Ids


@dataclass(frozen=True, slots=True)
class Numbering:
    """Distinct texts in order, and the DuckDB table that knows the place of each: `id` and `code`."""

    table: str
    ids: Ids

    @classmethod
    def of(cls, session: DuckDBPyConnection, table: str, query: str) -> Self:
        """Number the column `id` of a query; UTF-8 sorts as NumPy sorts strings, by code point."""
        numbers = "SELECT id, CAST(row_number() OVER (ORDER BY id) - 1 AS INTEGER) AS code"
        temp_table(session, table, f"{numbers} FROM (SELECT DISTINCT id FROM ({query}))")  # noqa: S608 - names of ours
        rows = session.execute(f"SELECT id FROM {table} ORDER BY code").fetchnumpy()  # noqa: S608
        return cls(table, np.asarray(rows["id"], np.str_))

    def aligned(self, table: Table, values: str) -> str:
        """Return the query of values from a dataset that describes these ids, a row for each of them in order."""
        # A customer's column may be called ID or CODE; none can begin with #.
        numbers = f'SELECT id AS "#id", code AS "#code" FROM {self.table}'  # noqa: S608 - names of ours
        return f'SELECT {values} FROM ({numbers}) LEFT JOIN {table.scan} ON "#id" = {table.key} ORDER BY "#code"'  # noqa: S608


def numbered(events: str, users: Numbering, items: Numbering) -> str:
    """Return what a query selects from to have `users.code` and `items.code` of a table of events beside its rows."""
    of_users = f"JOIN {users.table} AS users ON user_id = users.id"
    return f"{events} {of_users} JOIN {items.table} AS items ON item_id = items.id"


def text(column: str) -> str:
    """Return the expression of a column's text; null is empty."""
    return f"coalesce(\"{column}\", '')"


def number(column: str) -> str:
    """Return the expression of a column's number; null is NaN."""
    return f"coalesce(CAST(\"{column}\" AS DOUBLE), 'nan')"
