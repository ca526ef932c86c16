"""What a new snapshot holds in numbers, and what its owner should know about it."""

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.datasets.columns import Column

_FEW_EVENTS = 1_000
_IDS = ("USER_ID", "ITEM_ID", "ACTION_ID")
_COUNTED = frozenset({*_IDS, "EVENT_TYPE"})
# The year 5138 in seconds is 1973 in milliseconds.
_LAST_PLAUSIBLE_SECOND = 100_000_000_000


def statistics(session: DuckDBPyConnection, scan: str, columns: Sequence[Column]) -> dict[str, int]:
    """Return counts by name: rows, distinct ids, the span of time, and empty cells by column.

    The session keeps a table of each id with its number of events, of which insights tell more.
    """
    names = {column.field.name for column in columns}
    ids = {key: _count_events(session, scan, key) for key in event_ids(columns)}
    measures = {"rows": "count(*)"}
    measures |= {f"distinct {key}": f'count(DISTINCT "{key}")' for key in sorted(names & _COUNTED - ids.keys())}
    if "TIMESTAMP" in names:
        measures |= {"first TIMESTAMP": 'min("TIMESTAMP")', "last TIMESTAMP": 'max("TIMESTAMP")'}
    measures |= {f"empty {column.field.name}": f"count(*) - count({column.name})" for column in columns}
    row = session.execute(f"SELECT {', '.join(measures.values())} FROM {scan}").fetchone()  # noqa: S608
    found = {name: value for name, value in zip(measures, row or (), strict=True) if value is not None}
    return found | {f"distinct {key}": count for key, count in ids.items()}


def event_ids(columns: Sequence[Column]) -> list[str]:
    """Return the columns that say who or what took part in an event; none if rows are records."""
    names = {column.field.name for column in columns}
    return [key for key in _IDS if key in names] if are_events(columns) else []


def events_of(key: str) -> str:
    """Return the table of an id column: `id` and `events`, how many events it takes part in."""
    return f'"events of {key}"'


def _count_events(session: DuckDBPyConnection, scan: str, key: str) -> int:
    table = events_of(key)
    session.execute(f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT "{key}" AS id, count(*) AS events FROM {scan} WHERE "{key}" IS NOT NULL GROUP BY ALL
    """)  # noqa: S608 - names were checked with the schema
    [(count,)] = session.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608
    return int(count)


def warnings(stats: Mapping[str, int], columns: Sequence[Column], added: int) -> tuple[str, ...]:
    """Return what is allowed but rarely meant."""
    found = []
    if "last TIMESTAMP" in stats:
        if stats["last TIMESTAMP"] > _LAST_PLAUSIBLE_SECOND:
            found.append("TIMESTAMP looks like milliseconds; it must be in seconds.")
        if added < _FEW_EVENTS:
            found.append(f"{added} records imported; training needs at least {_FEW_EVENTS} interactions.")
    for column in columns:
        empty = stats[f"empty {column.field.name}"]
        if empty and not column.field.nullable:
            found.append(f"{column.field.name} is empty in {empty} records, though its type does not allow null.")
    return tuple(found)


def are_events(columns: Sequence[Column]) -> bool:
    """Whether rows are events, of which all are kept, rather than records with an id."""
    return any(column.field.name == "TIMESTAMP" for column in columns)
