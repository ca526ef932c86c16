"""The queries of a snapshot: checked rows of CSV files, merged with an earlier one into one total order."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.counts import are_events
from tastemaker.pipelines.datasets.csv_files import CsvFile
from tastemaker.pipelines.datasets.snapshots import IMPORT

# Which file a record came from, and its place there: names that no column of a schema can have.
_SOURCE, _PLACE = '"#source"', '"#place"'
_LAST_SECOND = (1 << 36) - 1  # the year 4147; later events of a user are ordered by their hash alone


@dataclass(frozen=True, slots=True)
class Base:
    """The snapshot that a new one grows from: what reads it, its columns, and how many imports made it."""

    scan: str
    present: Collection[str]
    imports: int


def merge_query(
    files: Sequence[CsvFile], columns: Sequence[Column], dataset: str, base: Base | None, *, with_losses: bool = False
) -> str:
    """Return the query of a new snapshot; `with_losses`: cells of metadata that cannot be read are null."""
    events = are_events(columns)
    imports = base.imports if base else None
    checked = partial(_checked, columns=columns, dataset=dataset, with_losses=with_losses)
    if events:
        rows = [f"SELECT {', '.join(checked(file))} FROM {file.scan(*others)}" for file, *others in _alike(files)]  # noqa: S608 - names were checked with the schema
    else:
        rows = [_numbered(checked(file), file, number, imports) for number, file in enumerate(files, 1)]
    if base is not None:
        rows.insert(0, _earlier(base, columns, with_places=not events))
    together = f"({' UNION ALL '.join(rows)})"
    return ordered_events(together, columns) if events else _newest_records(together, columns, base)


def _alike(files: Iterable[CsvFile]) -> list[list[CsvFile]]:
    """Return files by their layout."""
    layouts = dict[object, list[CsvFile]]()
    for file in files:
        layouts.setdefault(file.layout, []).append(file)
    return list(layouts.values())


def _checked(file: CsvFile, columns: Sequence[Column], dataset: str, *, with_losses: bool) -> list[str]:
    """Return the expressions of one file's values; they stop at the first cell that breaks a rule."""
    cells = file.cells([column.field.name for column in columns], dataset)
    values, problems = dict[str, str](), list[str]()
    for column in columns:
        cell = cells[column.field.name]
        if with_losses and column.is_lenient:
            values[column.name] = column.readable_value(cell)
        else:
            values[column.name] = column.value(cell)
            problems.append(column.problem(cell))
    first = columns[0].name
    values[first] = f"CASE WHEN coalesce({', '.join(problems)}) IS NULL THEN {values[first]} ELSE error('refused') END"
    return [f"{value} AS {name}" for name, value in values.items()]


def _numbered(select: list[str], file: CsvFile, number: int, imports: int | None) -> str:
    """Return the query of one file's typed rows, which say where they stand."""
    select = [*select, f"{number} AS {_SOURCE}", f"row_number() OVER () AS {_PLACE}"]
    if imports is not None:
        select.append(f"{imports} AS {IMPORT}")
    return f"SELECT {', '.join(select)} FROM {file.scan(parallel='false')}"  # noqa: S608


def _earlier(base: Base, columns: Sequence[Column], *, with_places: bool) -> str:
    select = [
        column.name if column.field.name in base.present else f"CAST(NULL AS {column.sql_type}) AS {column.name}"
        for column in columns
    ]
    if with_places:
        select += [f"0 AS {_SOURCE}", f"0 AS {_PLACE}", f"{IMPORT if base.imports > 1 else 0} AS {IMPORT}"]
    return f"SELECT {', '.join(select)} FROM {base.scan}"  # noqa: S608


def ordered_events(rows: str, columns: Sequence[Column]) -> str:
    """Order events by user, then time, then all they hold, so that a user's history is one run of rows.

    One integer of 128 bits orders them (44 of the user's hash, 36 of the second, 48 of the whole row's hash): twice as
    fast as comparing strings. Whoever reads a snapshot orders it by what it needs.
    """
    names = ", ".join(column.name for column in columns)
    second = f'greatest(0, least("TIMESTAMP", {_LAST_SECOND}))'
    parts = (('hash("USER_ID") >> 20', 1 << 84), (second, 1 << 48), (f"hash({names}) >> 16", 1))
    key = " + ".join(f"CAST({part} AS UHUGEINT) * {place}" for part, place in parts)
    return f"SELECT {names} FROM {rows} ORDER BY {key}"  # noqa: S608


def repeated(scan: str, columns: Sequence[Column]) -> str:
    """Return the query that counts the rows of an ordered snapshot that equal the one before them."""
    return f"SELECT count(*) FROM ({_compared(scan, columns)}) WHERE same"  # noqa: S608


def without_repeated(scan: str, columns: Sequence[Column]) -> str:
    """Return the query that keeps equal rows of an ordered snapshot once ("Item interaction data": duplicates)."""
    names = ", ".join(column.name for column in columns)
    return f"SELECT {names} FROM ({_compared(scan, columns)}) WHERE same IS NOT TRUE"  # noqa: S608


def new_rows(scan: str, columns: Sequence[Column], base: Base | None) -> str:
    """Return the relation of the rows of a snapshot that the one it grew from does not have."""
    if base is None:
        return scan
    names = ", ".join(column.name for column in columns)
    return f"(SELECT {names} FROM {scan} EXCEPT {_earlier(base, columns, with_places=False)})"  # noqa: S608


def _compared(scan: str, columns: Sequence[Column]) -> str:
    # A window without a frame streams: rows are compared as they are read, in the order of the file.
    same = " AND ".join(f"{column.name} IS NOT DISTINCT FROM lag({column.name}) OVER ()" for column in columns)
    return f"SELECT *, {same} AS same FROM {scan}"  # noqa: S608


def _newest_records(rows: str, columns: Sequence[Column], base: Base | None) -> str:
    """Keep the record of each id that was written last, whole."""
    key = next(column.name for column in columns if column.is_id and column.required)
    names = ", ".join([*(column.name for column in columns), *([IMPORT] if base else [])])
    newest = f"row_number() OVER (PARTITION BY {key} ORDER BY {_SOURCE} DESC, {_PLACE} DESC) = 1"
    return f"SELECT {names} FROM {rows} QUALIFY {newest} ORDER BY {key}"  # noqa: S608
