"""What was put one by one, as rows of its dataset: events, and records of items and users."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.csv_columns import Column
from tastemaker.store.ports import Event, Record

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
_SESSION = ("session_id", "anonymous")
# Names that no column of a schema can have.
_STAGED = ("its session", "is anonymous")


def stage_events(session: DuckDBPyConnection, events: Iterable[Event], columns: Sequence[Column], folder: Path) -> str:
    """Load recorded events; return the query of their rows.

    As in training, a session that became known as one user's is that user's, and one that never did is nobody's
    ("Recording events for anonymous users").
    """
    rows = ([*(event.get(name) for name in _SESSION), *_event_cells(event, columns)] for event in events)
    _stage(session, rows, [*_STAGED, *(column.field.name for column in columns)], folder / "events.csv")
    session.execute("""
        CREATE TEMP TABLE owners AS
        SELECT "its session", min(USER_ID) AS owner FROM staged
        WHERE "is anonymous" IS DISTINCT FROM 'True' GROUP BY ALL HAVING count(DISTINCT USER_ID) = 1
    """)
    session.execute("""
        CREATE TEMP VIEW known AS
        SELECT staged.* REPLACE (CASE WHEN "is anonymous" = 'True' THEN owner ELSE USER_ID END AS USER_ID)
        FROM staged LEFT JOIN owners USING ("its session")
    """)
    return f"SELECT {_typed(columns)} FROM known WHERE USER_ID IS NOT NULL"  # noqa: S608 - checked names


def stage_records(
    session: DuckDBPyConnection, records: Iterable[tuple[str, Record]], columns: Sequence[Column], folder: Path
) -> str:
    """Load records put one by one; return the query of their rows."""
    key = next(column.field.name for column in columns if column.is_id and column.required)
    rows = (_record_cells(key, id_, record, columns) for id_, record in records)
    _stage(session, rows, [column.field.name for column in columns], folder / "records.csv")
    return f"SELECT {_typed(columns)} FROM staged"  # noqa: S608 - names were checked with the schema


def _stage(session: DuckDBPyConnection, rows: Iterable[Sequence[object]], names: Sequence[str], path: Path) -> None:
    """Make the table `staged` of text cells, through a file: there may be more rows than memory holds."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    dialect = "delim=',', quote='\"', escape='\"', nullstr='', new_line='\\n'"
    scan = f"read_csv('{path}', columns={{{types}}}, header=false, auto_detect=false, parallel=false, {dialect})"
    session.execute(f"CREATE TEMP TABLE staged AS SELECT * FROM {scan}")  # noqa: S608
    path.unlink()


def _typed(columns: Sequence[Column]) -> str:
    return ", ".join(f"{_value(column)} AS {column.name}" for column in columns)


def _value(column: Column) -> str:
    """Return a text cell as its column's type; what does not fit is null, for it was accepted as it was."""
    value = column.value(column.name)
    return (
        value if column.field.type == "string" else f"CASE WHEN {column.problem(column.name)} IS NULL THEN {value} END"
    )


def _event_cells(event: Event, columns: Sequence[Column]) -> list[str | None]:
    properties = _plain(event.get("properties") or {})
    return [
        _text(event.get(_MEMBERS[name]) if name in _MEMBERS else properties.get(_plain_name(name)))
        for name in (column.field.name for column in columns)
    ]


def _record_cells(key: str, id_: str, record: Record, columns: Sequence[Column]) -> list[str | None]:
    properties = _plain(record.get("properties") or record)
    names = [column.field.name for column in columns]
    return [id_ if name == key else _text(properties.get(_plain_name(name))) for name in names]


def _plain(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {_plain_name(name): value for name, value in properties.items()}


def _plain_name(name: str) -> str:
    """Return what `numRatings` and `NUM_RATINGS` have in common."""
    return name.replace("_", "").lower()


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return "|".join(_text(part) or "" for part in value)
    return json.dumps(value)
