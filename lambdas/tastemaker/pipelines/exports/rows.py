"""Recorded events as rows of their dataset."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.staging import staged_scan
from tastemaker.store.ports import Event

# Members of an event that have a column of their own; any other column is one of its properties.
_MEMBERS = {
    "USER_ID": "user_id",
    "ITEM_ID": "item_id",
    "TIMESTAMP": "timestamp",
    "EVENT_TYPE": "event_type",
    "EVENT_VALUE": "event_value",
    "IMPRESSION": "impression",
    "RECOMMENDATION_ID": "recommendation_id",
    "EVENT_ATTRIBUTION_SOURCE": "source",
}
# What an event says about itself, under names that no column of a schema can have.
_ABOUT = {"#session": "session_id", "#anonymous": "anonymous", "#id": "event_id", "#recorded": "recorded"}


def stage_events(session: DuckDBPyConnection, events: Iterable[Event], columns: Sequence[Column], folder: Path) -> str:
    """Load recorded events; return the query of their rows.

    As in training, of events with one id the first counts, a session that became known as one user's is that user's,
    and one that never did is nobody's ("Recording events for anonymous users").
    """
    names = [*_ABOUT, *(column.field.name for column in columns)]
    types = dict.fromkeys(names, "VARCHAR") | {"#anonymous": "BOOLEAN", "#recorded": "DOUBLE"}
    scan = staged_scan(folder / "events.csv", (_cells(event, columns) for event in events), types)
    session.execute(f"""
        CREATE TEMP TABLE staged AS SELECT * FROM {scan}
        QUALIFY row_number() OVER (PARTITION BY "#id" ORDER BY "#recorded", "TIMESTAMP") = 1
    """)  # noqa: S608 - names were checked with the schema
    session.execute("""
        CREATE TEMP VIEW known AS
        WITH owners AS (
            SELECT "#session", min(USER_ID) AS owner FROM staged
            WHERE NOT "#anonymous" GROUP BY ALL HAVING count(DISTINCT USER_ID) = 1
        )
        SELECT staged.* REPLACE (if("#anonymous", owner, USER_ID) AS USER_ID)
        FROM staged LEFT JOIN owners USING ("#session")
    """)
    values = ", ".join(f"{_value(column)} AS {column.name}" for column in columns)
    return f"SELECT {values} FROM known WHERE USER_ID IS NOT NULL"  # noqa: S608 - as above


def _value(column: Column) -> str:
    """Return a text cell as its column's type; a number that the column cannot hold is null."""
    value = column.value(column.name)
    return value if column.field.type == "string" else f"if({column.problem(column.name)} IS NULL, {value}, NULL)"


def _cells(event: Event, columns: Sequence[Column]) -> list[object]:
    properties = event.get("properties") or {}
    names = [column.field.name for column in columns]
    values = [event.get(_MEMBERS[name]) if name in _MEMBERS else properties.get(name) for name in names]
    return [*map(event.get, _ABOUT.values()), *("|".join(v) if isinstance(v, list) else v for v in values)]
