"""Rows from elsewhere on their way into DuckDB: through a file, for there may be more of them than memory holds."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from tastemaker.pipelines.datasets.snapshots import literal

# Of the files of a table: as much as a task of those who read them takes at once.
_FILE = "128MB"
# Rows that are taken out of a file at once.
_AT_ONCE = 1 << 22


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
    target = literal(folder / name)
    session.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, FILE_SIZE_BYTES '{_FILE}')", list(parameters))
    return temp_view(session, name, f"SELECT * FROM read_parquet('{target}/*.parquet')")  # noqa: S608


def rows_of(
    session: DuckDBPyConnection, query: str, kinds: Mapping[str, type], path: Path | None = None
) -> dict[str, NDArray[Any]]:
    """Return the columns of a query that is totally ordered, as arrays of these kinds.

    With a path they are files of that name, for where there are more rows than memory holds.
    """
    if path is None:
        rows = session.execute(query).fetchnumpy()
        return {name: np.asarray(rows[name], kind) for name, kind in kinds.items()}
    session.execute(f"COPY ({query}) TO '{literal(path)}' (FORMAT parquet)")
    file = f"read_parquet('{literal(path)}', file_row_number = true)"
    [(count,)] = session.execute(f"SELECT count(*) FROM {file}").fetchall()  # noqa: S608 - names of ours
    arrays = {name: file_of(path.with_name(f"{path.name}-{name}.npy"), kind, count) for name, kind in kinds.items()}
    for begin in range(0, count, _AT_ONCE):
        end = min(begin + _AT_ONCE, count)
        rows = session.execute(
            f"SELECT * FROM {file} WHERE file_row_number >= ? AND file_row_number < ?",  # noqa: S608 - names of ours
            [begin, end],
        ).fetchnumpy()
        for name, array in arrays.items():
            array[begin:end] = rows[name]
    path.unlink()
    return arrays


def file_of(path: Path, kind: type, rows: int) -> NDArray[Any]:
    """Return an array to be filled that is a file."""
    array: NDArray[Any] = np.lib.format.open_memmap(path, "w+", kind, (rows,))
    return array


def temp_view(session: DuckDBPyConnection, name: str, query: str) -> str:
    """Name a query for the length of the session, and return the name."""
    session.execute(f"CREATE TEMP VIEW {name} AS {query}")
    return name
