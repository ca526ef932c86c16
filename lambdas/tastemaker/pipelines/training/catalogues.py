"""What filters and answers read beside a model: all columns of items and users, and what each user ever touched."""

from collections.abc import Mapping

import numpy as np
from duckdb import DuckDBPyConnection

from tastemaker.pipelines.datasets.snapshots import ColumnInfo
from tastemaker.pipelines.datasets.staging import rows_of, temp_view
from tastemaker.pipelines.datasets.tables import Table
from tastemaker.pipelines.training.events import EventTables
from tastemaker.pipelines.training.numberings import Numbering, number, numbered, text
from tastemaker.recipes.attributes.cells import Arrays, Cells, arrays_of_cells
from tastemaker.serving.catalogue import Numbers, Texts, Touched, arrays_of, arrays_of_touched

_TOUCHED = {"users": np.int32, "items": np.int32, "types": np.int32}
_WIDTHS = {"float": np.float32, "int": np.float64, "long": np.float64, "double": np.float64}


def catalogue(tables: Mapping[str, Table], ids: Mapping[str, Numbering], events: EventTables) -> Arrays:
    """Return the arrays of the types of datasets in `ids`, aligned with them.

    Columns and event types that a solution leaves out of its training are here all the same: a filter is not learned.
    """
    arrays = arrays_of_touched(_touched(events, ids["ITEMS"]))
    for type_ in (type_ for type_ in ids if type_ in tables):
        arrays |= _filterable(events.session, tables[type_], ids[type_])
    return arrays | (_told(events.session, tables["ITEMS"], ids["ITEMS"]) if "ITEMS" in tables else {})


def _filterable(session: DuckDBPyConnection, table: Table, ids: Numbering) -> Arrays:
    arrays: Arrays = {}
    for column in table.columns:
        if column.name != table.key and column.type != "boolean" and not column.textual:
            arrays |= arrays_of(table.type, column.name, _column(session, column, table, ids))
    return arrays


def _told(session: DuckDBPyConnection, table: Table, ids: Numbering) -> Arrays:
    """Return what answers may tell of items: all their columns, as text."""
    arrays: Arrays = {}
    for column in table.columns:
        if column.name != table.key:
            value = f"coalesce(CAST(\"{column.name}\" AS VARCHAR), '') AS value"
            rows = session.execute(ids.aligned(table, value)).fetchnumpy()
            arrays |= arrays_of_cells(table.type, column.name, Cells.of(rows["value"].tolist()))
    return arrays


def _column(session: DuckDBPyConnection, column: ColumnInfo, table: Table, ids: Numbering) -> Numbers | Texts:
    width = _WIDTHS.get(column.type)
    value = text(column.name) if width is None else number(column.name)
    values = session.execute(ids.aligned(table, f"{value} AS value")).fetchnumpy()["value"]
    if width is not None:
        return Numbers(np.asarray(values, width))
    return Texts.of(values.tolist(), split=column.categorical)


def _touched(events: EventTables, items: Numbering) -> Touched:
    """Return what happened between users and items, whatever the solution learns from."""
    session, both = events.session, f"SELECT * FROM {events.imported} UNION ALL SELECT * FROM {events.recorded}"  # noqa: S608
    columns = "user_id, item_id, coalesce(event_type, '') AS event_type"
    view = temp_view(session, "happened", f"SELECT {columns} FROM ({both})")  # noqa: S608
    users = Numbering.of(session, "touching", f"SELECT user_id AS id FROM {view}")  # noqa: S608
    types = Numbering.of(session, "types", f"SELECT event_type AS id FROM {view}")  # noqa: S608
    # Numbers first: telling rows apart by their ids costs three times as much.
    query = f"""
        SELECT DISTINCT users.code AS users, items.code AS items, types.code AS types
        FROM {numbered(view, users, items)} JOIN {types.table} AS types ON event_type = types.id
        ORDER BY users, types, items
    """  # noqa: S608
    rows = rows_of(session, query, _TOUCHED, events.file("touched"))
    sessions = session.execute(f"SELECT session_id FROM {events.unclaimed} ORDER BY session_id").fetchnumpy()  # noqa: S608
    return Touched(
        users=users.ids,
        starts=np.searchsorted(rows["users"], np.arange(len(users.ids) + 1)).astype(np.int64),
        items=rows["items"],
        types=rows["types"],
        names=types.ids,
        sessions=np.intersect1d(np.asarray(sessions["session_id"], np.str_), users.ids),
    )
