"""The queries of an import: checked rows of CSV files, merged with an earlier snapshot into one total order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tastemaker.pipelines.csv_columns import Column
from tastemaker.pipelines.csv_files import CsvFile
from tastemaker.pipelines.snapshots import IMPORT

# In this order events are stored: a user's history is one run of rows.
_EVENT_ORDER = ("USER_ID", "TIMESTAMP", "ITEM_ID", "ACTION_ID")


@dataclass(frozen=True, slots=True)
class Base:
    """The snapshot that a new one grows from: what reads it, its columns, and how many imports made it."""

    scan: str
    present: Collection[str]
    imports: int


def merge_query(files: Sequence[CsvFile], columns: Sequence[Column], dataset: str, base: Base | None) -> str:
    """Return the query of a new snapshot."""
    events = any(column.field.name == "TIMESTAMP" for column in columns)
    imported = base.imports if base else None
    numbers = [None if events else number for number in range(1, len(files) + 1)]
    rows = [_checked(file, columns, dataset, number, imported) for file, number in zip(files, numbers, strict=True)]
    if base is not None:
        rows.insert(0, _earlier(base, columns, numbered=not events))
    together = f"({' UNION ALL '.join(rows)})"
    return _distinct_events(together, columns) if events else _newest_records(together, columns, base)


def _checked(file: CsvFile, columns: Sequence[Column], dataset: str, number: int | None, imported: int | None) -> str:
    """Return the query of one file's typed rows; it stops at the first cell that breaks a rule."""
    cells = file.cells([column.field.name for column in columns], dataset)
    values = {column.name: column.value(cells[column.field.name]) for column in columns}
    problems = ", ".join(column.problem(cells[column.field.name]) for column in columns)
    first = columns[0].name
    values[first] = f"CASE WHEN coalesce({problems}) IS NULL THEN {values[first]} ELSE error('refused') END"
    listed = [f"{value} AS {name}" for name, value in values.items()]
    if number is None:
        return f"SELECT {', '.join(listed)} FROM {file.scan()}"  # noqa: S608 - names were checked with the schema
    listed += [f"{number} AS source", "row_number() OVER () AS record"]
    if imported is not None:
        listed.append(f"{imported} AS {IMPORT}")
    return f"SELECT {', '.join(listed)} FROM {file.scan(parallel='false')}"  # noqa: S608


def _earlier(base: Base, columns: Sequence[Column], *, numbered: bool) -> str:
    listed = [
        column.name if column.field.name in base.present else f"CAST(NULL AS {column.sql_type}) AS {column.name}"
        for column in columns
    ]
    if numbered:
        listed += ["0 AS source", "0 AS record", f"{IMPORT if base.imports > 1 else 0} AS {IMPORT}"]
    return f"SELECT {', '.join(listed)} FROM {base.scan}"  # noqa: S608


def _distinct_events(rows: str, columns: Sequence[Column]) -> str:
    """Keep events that are equal in every column once ("Item interaction data": duplicates)."""
    names = [column.field.name for column in columns]
    order = [name for name in _EVENT_ORDER if name in names]
    order += [name for name in names if name not in order]
    listed = ", ".join(f'"{name}"' for name in order)
    return f"SELECT DISTINCT {', '.join(column.name for column in columns)} FROM {rows} ORDER BY {listed}"  # noqa: S608


def _newest_records(rows: str, columns: Sequence[Column], base: Base | None) -> str:
    """Keep the record of each id that was written last, whole."""
    key = next(column.name for column in columns if column.is_id and column.required)
    names = ", ".join([*(column.name for column in columns), *([IMPORT] if base else [])])
    newest = f"row_number() OVER (PARTITION BY {key} ORDER BY source DESC, record DESC) = 1"
    return f"SELECT {names} FROM {rows} QUALIFY {newest} ORDER BY {key}"  # noqa: S608
