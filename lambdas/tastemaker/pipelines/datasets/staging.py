"""Rows from elsewhere on their way into DuckDB: through a file, for there may be more of them than memory holds."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection

# Of the files of a table: as much as a task of those who read them takes at once.
_FILE = "128MB"


def staged_scan(path: Path, rows: Iterable[Sequence[object]], types: Mapping[str, str]) -> str:
    """Write rows to a file; return the DuckDB table function that reads them as columns of these types."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    columns = ", ".join(f"'{name}': '{type_}'" for name, type_ in types.items())
    # The line end is told: a carriage return inside a cell makes the reader guess wrongly.
    dialect = "delim=',', quote='\"', escape='\"', nullstr='', new_line='\\n'"
    return f"read_csv('{path}', columns={{{columns}}}, header=false, auto_detect=false, parallel=false, {dialect})"


def temp_table(session: DuckDBPyConnection, name: str, query: str, parameters: Sequence[object] = ()) -> str:
    """Make a table of a query's rows that is gone with the session, and return its name."""
    session.execute(f"CREATE TEMP TABLE {name} AS {query}", list(parameters))
    return name


def filed_table(session: DuckDBPyConnection, name: str, query: str, parameters: Sequence[object], folder: Path) -> str:
    """Write a query's rows to Parquet files of a folder of this name, and return the name of a view of them."""
    target = str(folder / name).replace("'", "''")
    session.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, FILE_SIZE_BYTES '{_FILE}')", list(parameters))
    return temp_view(session, name, f"SELECT * FROM read_parquet('{target}/*.parquet')")  # noqa: S608


def temp_view(session: DuckDBPyConnection, name: str, query: str) -> str:
    """Name a query for the length of the session, and return the name."""
    session.execute(f"CREATE TEMP VIEW {name} AS {query}")
    return name
