"""What an import leaves out without a word of complaint, counted: repetitions, and ends of long texts."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from tastemaker.domain.schemas.readings import TEXT_CHARACTERS
from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.csv_files import CsvFile
from tastemaker.pipelines.datasets.queries import Base
from tastemaker.pipelines.datasets.snapshots import IMPORT


def repeated_ids(
    session: DuckDBPyConnection, files: Sequence[CsvFile], columns: Sequence[Column], scan: str, base: Base | None
) -> dict[str, int]:
    """Count the records of files whose id comes again later in them; replacing an earlier import's is no repetition."""
    key = next(column for column in columns if column.is_id and column.required)
    own = f"WHERE {IMPORT} = {base.imports}" if base else ""
    read = sum(_one(session, f"SELECT count(*) FROM {file.scan()}") for file in files)  # noqa: S608
    kept = _one(session, f"SELECT count(*) FROM {scan} {own}")  # noqa: S608
    return {f"repeated {key.field.name}": read - kept} if read > kept else {}


def cut_texts(
    session: DuckDBPyConnection, files: Sequence[CsvFile], columns: Sequence[Column], scan: str
) -> dict[str, int]:
    """Count the texts that are longer than what is kept; the files are read again only if some may be."""
    counts = dict[str, int]()
    for column in (column for column in columns if column.field.textual):
        # Counting bytes first is ten times as fast, and nearly always enough.
        name, whole = column.name, f">= {TEXT_CHARACTERS}"
        if _one(session, f"SELECT count(*) FROM {scan} WHERE strlen({name}) {whole} AND length({name}) {whole}"):  # noqa: S608
            counts[f"truncated {column.field.name}"] = sum(_longer(session, file, column) for file in files)
    return {name: count for name, count in counts.items() if count}


def _longer(session: DuckDBPyConnection, file: CsvFile, column: Column) -> int:
    cell = file.cells([column.field.name], "")[column.field.name]
    return _one(session, f"SELECT count(*) FROM {file.scan()} WHERE length({cell}) > {TEXT_CHARACTERS}")  # noqa: S608


def _one(session: DuckDBPyConnection, query: str) -> int:
    [(count,)] = session.execute(query).fetchall()
    return int(count)
