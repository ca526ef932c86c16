"""Rows as CSV that an import reads back to the same values, streamed past the disk to whoever takes them."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.datasets.columns import Column

_CHUNK = 1 << 20
# Lambda's /dev/fd has the descriptors 0 to 2 only; /proc, which macOS lacks, has all.
_DESCRIPTORS = next(folder for folder in ("/proc/self/fd", "/dev/fd") if Path(folder).is_dir())
# A cell with one of these is quoted: comma, quote, line feed, carriage return.
_SPECIAL = ("','", "'\"'", "chr(10)", "chr(13)")


class CsvStream:
    """The bytes of a running query; its end is only reached if the query reached its own."""

    def __init__(self, pipe: BinaryIO, writing: "Future[int]", at_end: Callable[[], None]) -> None:
        self._pipe = pipe
        self._writing = writing
        self._at_end = at_end

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, none at the end; raise what made the query fail, or what `at_end` raises."""
        data = self._pipe.read(size)
        if len(data) < size or size < 0:
            self._writing.result()
            self._at_end()
        return data

    @property
    def rows(self) -> int:
        """How many rows there were, once all have been read."""
        return self._writing.result()


@contextmanager
def csv_stream(
    session: DuckDBPyConnection, rows: str, columns: Sequence[Column], *, at_end: Callable[[], None] = lambda: None
) -> Iterator[CsvStream]:
    """Run a query; DuckDB writes into one end of a pipe while the caller reads from the other.

    `at_end` is called when the last row was read, and before the reader knows that it was.
    """
    source, target = os.pipe()
    with ThreadPoolExecutor(1) as pool, open(source, "rb", buffering=_CHUNK) as pipe:  # noqa: PTH123 - a descriptor
        # Leaving early closes the pipe, which ends the query.
        yield CsvStream(pipe, pool.submit(_write, session, _csv_query(rows, columns), target), at_end)


def _write(session: DuckDBPyConnection, query: str, target: int) -> int:
    try:
        # Cells are quoted by the query itself: DuckDB's writer would not escape backslashes.
        file = f"{_DESCRIPTORS}/{target}"
        result = session.execute(f"COPY ({query}) TO '{file}' (FORMAT csv, HEADER true, QUOTE '')").fetchone()
    finally:
        os.close(target)
    return int(result[0]) if result else 0


def _csv_query(rows: str, columns: Sequence[Column]) -> str:
    return f"SELECT {', '.join(_cell(column) for column in columns)} FROM ({rows})"  # noqa: S608 - checked names


def _cell(column: Column) -> str:
    """Return a column as CSV text.

    Quotes are doubled, as most readers expect. In a quoted cell a backslash is doubled too: the guide's rules make it
    an escape there.
    """
    if column.field.type != "string":
        return column.name
    special = " OR ".join(f"contains({column.name}, {mark})" for mark in _SPECIAL)
    in_quotes = f"'\"' || replace(replace({column.name}, '\\', '\\\\'), '\"', '\"\"') || '\"'"
    return f"CASE WHEN {special} THEN {in_quotes} ELSE {column.name} END AS {column.name}"
