"""What a new snapshot holds in numbers, and what its owner should know about it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from tastemaker.domain.moments import AHEAD, UNITS, in_seconds
from tastemaker.domain.schemas.readings import TEXT_CHARACTERS
from tastemaker.pipelines.datasets.columns import Column

FEW_EVENTS = 1_000
_IDS = ("USER_ID", "ITEM_ID", "ACTION_ID")
_COUNTED = frozenset({*_IDS, "EVENT_TYPE"})


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a snapshot holds.

    `counts` by name: rows, distinct ids, the span of time, empty cells by column, and moments that are none. `events`:
    for each column that says who or what took part in an event the DuckDB table of its ids, `id` and `events`; none if
    rows are records.
    """

    counts: dict[str, int]
    events: Mapping[str, str]


def statistics(session: DuckDBPyConnection, scan: str, columns: Sequence[Column], now: float) -> Statistics:
    """Count what a snapshot holds; the tables of an earlier count in this session are replaced."""
    names = {column.field.name for column in columns}
    ids = [key for key in _IDS if key in names] if are_events(columns) else []
    events = {key: _count_events(session, scan, key) for key in ids}
    distinct = {f"distinct {key}": _rows(session, table) for key, table in events.items()}
    asked = measures(columns)
    asked |= {f"distinct {key}": f'count(DISTINCT "{key}")' for key in counted(columns) if key not in events}
    counts = _measured(session, scan, asked)
    late = [column for column in columns if counts.get(f"last {column.field.name}", now) > now]
    odd = odd_moments(late, now)
    return Statistics(counts | distinct | told(_measured(session, scan, odd) if odd else {}, odd), events)


def counted(columns: Sequence[Column]) -> list[str]:
    """Return the columns of which it is counted how many values they have."""
    return sorted({column.field.name for column in columns} & _COUNTED)


def measures(columns: Sequence[Column]) -> dict[str, str]:
    """Return what is measured of all rows by name, as expressions in the words of the columns."""
    asked = {"rows": "count(*)"}
    asked |= {f"first {c.field.name}": f"min({c.name})" for c in columns if c.field.name == "TIMESTAMP"}
    asked |= {f"last {column.field.name}": f"max({column.name})" for column in columns if column.is_moment}
    return asked | {f"empty {column.field.name}": f"count(*) - count({column.name})" for column in columns}


def odd_moments(columns: Sequence[Column], now: float) -> dict[str, str]:
    """Return how moments in other units than seconds are counted, and those to come where none may be."""
    asked = dict[str, str]()
    for column in (column for column in columns if column.is_moment):
        ends = [*UNITS.values(), None]
        for unit, low, high in zip(UNITS, ends, ends[1:], strict=False):
            inside = f"{column.name} >= {low}" + (f" AND {column.name} < {high}" if high else "")
            asked[f"{unit} {column.field.name}"] = f"count(*) FILTER (WHERE {inside})"
        if column.field.name not in AHEAD:
            inside = f"{column.name} > {now!r} AND {column.name} < {ends[0]}"
            asked[f"future {column.field.name}"] = f"count(*) FILTER (WHERE {inside})"
    return asked


def told(counts: Mapping[str, int], odd: Collection[str]) -> dict[str, int]:
    """Return counts without those of oddities that nobody has met."""
    return {name: count for name, count in counts.items() if count or name not in odd}


def _measured(session: DuckDBPyConnection, scan: str, measures: Mapping[str, str]) -> dict[str, int]:
    row = session.execute(f"SELECT {', '.join(measures.values())} FROM {scan}").fetchone()  # noqa: S608
    return {name: value for name, value in zip(measures, row or (), strict=True) if value is not None}


def _count_events(session: DuckDBPyConnection, scan: str, key: str) -> str:
    """Make the table of an id column that says how many events each id takes part in, and return its name."""
    table = f'"events of {key}"'
    session.execute(f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT "{key}" AS id, count(*) AS events FROM {scan} WHERE "{key}" IS NOT NULL GROUP BY ALL
    """)  # noqa: S608 - names were checked with the schema
    return table


def _rows(session: DuckDBPyConnection, table: str) -> int:
    [(count,)] = session.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608
    return int(count)


def warnings(counts: Mapping[str, int], columns: Sequence[Column], recorded: int = 0) -> tuple[str, ...]:
    """Return what is allowed but rarely meant; `recorded`: how many events the dataset has besides, if it is short."""
    names = {column.field.name for column in columns}
    messages = list[str]()
    for column in columns:
        messages += _of_moments(column, counts)
    if {"ITEM_ID", "TIMESTAMP"} <= names and counts["rows"] + recorded < FEW_EVENTS:
        messages.append(f"{counts['rows']} records imported; training needs at least {FEW_EVENTS} interactions.")
    messages += _of_repetitions(counts)
    for column in columns:
        messages += _of_cells(column, counts)
    return tuple(messages)


def _of_moments(column: Column, counts: Mapping[str, int]) -> Iterator[str]:
    name, rows = column.field.name, counts["rows"]
    for unit in UNITS:
        if count := counts.get(f"{unit} {name}"):
            yield f"{name} {in_seconds(unit)} ({count} of {rows} records)."
    if count := counts.get(f"future {name}"):
        yield f"{name} lies in the future ({count} of {rows} records)."


def _of_repetitions(counts: Mapping[str, int]) -> Iterator[str]:
    for name, count in counts.items():
        if name == "repeated rows":
            yield f"{count} records repeat another one in every column; each is kept once."
        elif name.startswith("repeated "):
            yield f"{count} records repeat an {name.removeprefix('repeated ')}; of each the last one is kept."


def _of_cells(column: Column, counts: Mapping[str, int]) -> Iterator[str]:
    name = column.field.name
    unreadable = counts.get(f"unreadable {name}", 0)
    if unreadable:
        yield f"{name} cannot be read in {unreadable} records and is missing there: it {column.rule}."
    empty = counts[f"empty {name}"] - unreadable
    if empty > 0 and not column.field.nullable:
        yield f"{name} is empty in {empty} records, though its type does not allow null."
    if count := counts.get(f"truncated {name}"):
        yield f"{name} is longer than {TEXT_CHARACTERS} characters in {count} records; the rest is cut off."


def are_events(columns: Sequence[Column]) -> bool:
    """Whether rows are events, of which all are kept, rather than records with an id."""
    return any(column.field.name == "TIMESTAMP" for column in columns)
