"""The queries of an import: checked rows of CSV files, merged with an earlier snapshot into one total order."""

from collections.abc import Collection, Sequence

from tastemaker.pipelines.csv_columns import Column
from tastemaker.pipelines.csv_files import CsvFile

# Which file a record came from, and its place there: names that no column of a schema can have.
SOURCE, PLACE = '"its source"', '"its place"'
# In this order events are stored: a user's history is one run of rows.
_EVENT_ORDER = ("USER_ID", "TIMESTAMP", "ITEM_ID", "ACTION_ID")


def merge_query(
    files: Sequence[CsvFile], columns: Sequence[Column], dataset: str, base: tuple[str, Collection[str]] | None
) -> str:
    """Return the query of a new snapshot; `base` is the scan of the snapshot it grows from, and that one's columns."""
    events = any(column.field.name == "TIMESTAMP" for column in columns)
    rows = [_checked(file, columns, dataset, number if not events else None) for number, file in enumerate(files, 1)]
    if base is not None:
        rows.insert(0, stored_rows(*base, columns, numbered=not events))
    together = f"({' UNION ALL '.join(rows)})"
    return distinct_events(together, columns) if events else newest_records(together, columns)


def _checked(file: CsvFile, columns: Sequence[Column], dataset: str, number: int | None) -> str:
    """Return the query of one file's typed rows; it stops at the first cell that breaks a rule."""
    cells = file.cells([column.field.name for column in columns], dataset)
    values = {column.name: column.value(cells[column.field.name]) for column in columns}
    problems = ", ".join(column.problem(cells[column.field.name]) for column in columns)
    first = columns[0].name
    values[first] = f"CASE WHEN coalesce({problems}) IS NULL THEN {values[first]} ELSE error('refused') END"
    listed = [f"{value} AS {name}" for name, value in values.items()]
    if number is None:
        return f"SELECT {', '.join(listed)} FROM {file.scan()}"  # noqa: S608 - names were checked with the schema
    listed += [f"{number} AS {SOURCE}", f"row_number() OVER () AS {PLACE}"]
    return f"SELECT {', '.join(listed)} FROM {file.scan(parallel='false')}"  # noqa: S608


def stored_rows(scan: str, present: Collection[str], columns: Sequence[Column], *, numbered: bool) -> str:
    """Return the query of a snapshot's rows; columns that its schema did not have yet are null."""
    listed = [
        column.name if column.field.name in present else f"CAST(NULL AS {column.sql_type}) AS {column.name}"
        for column in columns
    ]
    if numbered:
        listed += [f"0 AS {SOURCE}", f"0 AS {PLACE}"]
    return f"SELECT {', '.join(listed)} FROM {scan}"  # noqa: S608


def distinct_events(rows: str, columns: Sequence[Column]) -> str:
    """Keep events that are equal in every column once ("Item interaction data": duplicates)."""
    listed = ", ".join(column.name for column in columns)
    return f"SELECT DISTINCT {listed} FROM {rows} ORDER BY {row_order(columns)}"  # noqa: S608


def row_order(columns: Sequence[Column]) -> str:
    """Return the order in which rows are stored, which is total: by user and time, then by all else."""
    names = [column.field.name for column in columns]
    order = [name for name in _EVENT_ORDER if name in names]
    return ", ".join(f'"{name}"' for name in order + [name for name in names if name not in order])


def newest_records(rows: str, columns: Sequence[Column]) -> str:
    """Keep the record of each id that was written last, whole."""
    key = next(column.name for column in columns if column.is_id and column.required)
    names = ", ".join(column.name for column in columns)
    newest = f"row_number() OVER (PARTITION BY {key} ORDER BY {SOURCE} DESC, {PLACE} DESC) = 1"
    return f"SELECT {names} FROM {rows} QUALIFY {newest} ORDER BY {key}"  # noqa: S608
