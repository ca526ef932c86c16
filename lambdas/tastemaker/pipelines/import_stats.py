"""What a new snapshot holds in numbers, and what its owner should know about it."""

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.csv_columns import Column

_FEW_EVENTS = 1_000
_COUNTED = frozenset({"USER_ID", "ITEM_ID", "ACTION_ID", "EVENT_TYPE"})
# The year 5138 in seconds is 1973 in milliseconds.
_LAST_PLAUSIBLE_SECOND = 100_000_000_000


def statistics(session: DuckDBPyConnection, scan: str, columns: Sequence[Column]) -> dict[str, int]:
    """Return counts by name: rows, distinct ids, the span of time, and empty cells by column."""
    names = {column.field.name for column in columns}
    measures = {"rows": "count(*)"}
    measures |= {f"distinct {key}": f'count(DISTINCT "{key}")' for key in sorted(names & _COUNTED)}
    if "TIMESTAMP" in names:
        measures |= {"first TIMESTAMP": 'min("TIMESTAMP")', "last TIMESTAMP": 'max("TIMESTAMP")'}
    measures |= {f"empty {column.field.name}": f"count(*) - count({column.name})" for column in columns}
    row = session.execute(f"SELECT {', '.join(measures.values())} FROM {scan}").fetchone()  # noqa: S608
    return {name: value for name, value in zip(measures, row or (), strict=True) if value is not None}


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
