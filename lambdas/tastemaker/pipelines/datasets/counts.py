"""What a new snapshot holds in numbers, and what its owner should know about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.datasets.columns import Column

_FEW_EVENTS = 1_000
_IDS = ("USER_ID", "ITEM_ID", "ACTION_ID")
_COUNTED = frozenset({*_IDS, "EVENT_TYPE"})
# The year 5138 in seconds is 1973 in milliseconds.
_LAST_PLAUSIBLE_SECOND = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a snapshot holds.

    `counts` by name: rows, distinct ids, the span of time, and empty cells by column. `events`: for each column that
    says who or what took part in an event the DuckDB table of its ids, `id` and `events`; none if rows are records.
    """

    counts: dict[str, int]
    events: Mapping[str, str]


def statistics(session: DuckDBPyConnection, scan: str, columns: Sequence[Column]) -> Statistics:
    """Count what a snapshot holds; the tables of an earlier count in this session are replaced."""
    names = {column.field.name for column in columns}
    ids = [key for key in _IDS if key in names] if are_events(columns) else []
    events = {key: _count_events(session, scan, key) for key in ids}
    distinct = {f"distinct {key}": _rows(session, table) for key, table in events.items()}
    measures = {"rows": "count(*)"}
    measures |= {f"distinct {key}": f'count(DISTINCT "{key}")' for key in sorted(names & _COUNTED - events.keys())}
    if "TIMESTAMP" in names:
        measures |= {"first TIMESTAMP": 'min("TIMESTAMP")', "last TIMESTAMP": 'max("TIMESTAMP")'}
    measures |= {f"empty {column.field.name}": f"count(*) - count({column.name})" for column in columns}
    row = session.execute(f"SELECT {', '.join(measures.values())} FROM {scan}").fetchone()  # noqa: S608
    counts = {name: value for name, value in zip(measures, row or (), strict=True) if value is not None}
    return Statistics(counts | distinct, events)


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


def warnings(counts: Mapping[str, int], columns: Sequence[Column], more: int) -> tuple[str, ...]:
    """Return what is allowed but rarely meant."""
    messages = []
    if "last TIMESTAMP" in counts:
        if counts["last TIMESTAMP"] > _LAST_PLAUSIBLE_SECOND:
            messages.append("TIMESTAMP looks like milliseconds; it must be in seconds.")
        if more < _FEW_EVENTS:
            messages.append(f"{more} records imported; training needs at least {_FEW_EVENTS} interactions.")
    for column in columns:
        empty = counts[f"empty {column.field.name}"]
        if empty and not column.field.nullable:
            messages.append(f"{column.field.name} is empty in {empty} records, though its type does not allow null.")
    return tuple(messages)


def are_events(columns: Sequence[Column]) -> bool:
    """Whether rows are events, of which all are kept, rather than records with an id."""
    return any(column.field.name == "TIMESTAMP" for column in columns)
