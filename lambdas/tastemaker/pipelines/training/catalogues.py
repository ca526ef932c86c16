"""What filters and answers read beside a model: all columns of items and users, and what each user ever touched."""

from collections.abc import Mapping, Sequence

import numpy as np
from duckdb import DuckDBPyConnection

from tastemaker.pipelines.datasets.snapshots import ColumnInfo
from tastemaker.recipes.attributes.cells import Arrays, Cells, arrays_of_cells
from tastemaker.serving.catalogue import Numbers, Texts, Touched, arrays_of, arrays_of_touched

_INDEXES = {"ITEMS": ("items", "ITEM_ID"), "USERS": ("users", "USER_ID")}
_WIDTHS = {"float": np.float32, "int": np.float64, "long": np.float64, "double": np.float64}


def catalogue(session: DuckDBPyConnection, tables: Mapping[str, tuple[Sequence[ColumnInfo], str]]) -> Arrays:
    """Return the arrays; `session` holds the views `bulk` and `recorded` and the tables `items` and `users`.

    Columns and event types that a solution leaves out of its training are here all the same: a filter is not learned.
    """
    arrays = arrays_of_touched(_touched(session))
    for type_, (index, key) in _INDEXES.items():
        if type_ in tables:
            columns, scan = tables[type_]
            for column in columns:
                if column.name != key and column.type != "boolean" and not column.textual:
                    arrays |= arrays_of(type_, column.name, _column(session, column, f"{index} LEFT JOIN {scan}", key))
    return arrays | _told(session, *tables.get("ITEMS", ((), "")))


def _told(session: DuckDBPyConnection, columns: Sequence[ColumnInfo], scan: str) -> Arrays:
    """Return what answers may tell of items: all their columns, as text."""
    arrays: Arrays = {}
    for column in columns:
        if column.name != "ITEM_ID":
            query = (
                f"SELECT coalesce(CAST(\"{column.name}\" AS VARCHAR), '') AS value "  # noqa: S608
                f"FROM items LEFT JOIN {scan} ON id = ITEM_ID ORDER BY code"
            )
            cells = Cells.of(session.execute(query).fetchnumpy()["value"].tolist())
            arrays |= arrays_of_cells("ITEMS", column.name, cells)
    return arrays


def _column(session: DuckDBPyConnection, column: ColumnInfo, rows: str, key: str) -> Numbers | Texts:
    width = _WIDTHS.get(column.type)
    value = (
        f"coalesce(\"{column.name}\", '')" if width is None else f"coalesce(CAST(\"{column.name}\" AS DOUBLE), 'nan')"
    )
    query = f"SELECT {value} AS value FROM {rows} ON id = {key} ORDER BY code"  # noqa: S608
    found = session.execute(query).fetchnumpy()["value"]
    if width is not None:
        return Numbers(np.asarray(found, width))
    return Texts.of(found.tolist(), split=column.categorical)


def _touched(session: DuckDBPyConnection) -> Touched:
    session.execute("""
        CREATE TEMP VIEW happened AS
        SELECT user_id, item_id, coalesce(event_type, '') AS event_type
        FROM (SELECT * FROM bulk UNION ALL SELECT * FROM recorded)
    """)
    users, names = _numbered(session, "user_id"), _numbered(session, "event_type")
    # Numbers first: telling rows apart by their ids costs three times as much.
    found = session.execute("""
        SELECT DISTINCT of_user_id.code AS users, items.code AS items, of_event_type.code AS types
        FROM happened JOIN items ON item_id = items.id
        JOIN of_user_id ON user_id = of_user_id.id JOIN of_event_type ON event_type = of_event_type.id
        ORDER BY users, types, items
    """).fetchnumpy()
    return Touched(
        users=users,
        starts=np.searchsorted(found["users"], np.arange(len(users) + 1)).astype(np.int64),
        items=np.asarray(found["items"], np.int32),
        types=np.asarray(found["types"], np.int32),
        names=names,
    )


def _numbered(session: DuckDBPyConnection, name: str) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Make the table `of_NAME` that numbers the distinct values of a column, and return them in order."""
    session.execute(
        f"CREATE TEMP TABLE of_{name} AS "  # noqa: S608
        f"SELECT id, CAST(row_number() OVER (ORDER BY id) - 1 AS INTEGER) AS code "
        f"FROM (SELECT DISTINCT {name} AS id FROM happened)"
    )
    return np.asarray(session.execute(f"SELECT id FROM of_{name} ORDER BY code").fetchnumpy()["id"], np.str_)  # noqa: S608
