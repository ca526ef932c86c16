"""Training data: a dataset group's snapshots and recorded events as integer arrays, selected as a solution asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.staging import staged_scan
from tastemaker.pipelines.datasets.tables import Table, open_tables
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.training import contexts as training_contexts
from tastemaker.pipelines.training.catalogues import catalogue
from tastemaker.pipelines.training.contexts import context_events
from tastemaker.pipelines.training.selections import Selection
from tastemaker.recipes.data import EXCLUDED_EVENTS, Ids, Interactions, TrainingData
from tastemaker.recipes.objectives import Objective
from tastemaker.store.ports import Event, Record

_MIN_EVENTS = 1_000
_MIN_USERS = 25
_MIN_SHARE_OF_USERS = 0.01
_MAX_EVENT_TYPES = 10
_NUMBERS = frozenset({"int", "long", "float", "double"})
_EVENT_MEMBERS = {
    "user_id": "VARCHAR",
    "session_id": "VARCHAR",
    "anonymous": "BOOLEAN",
    "item_id": "VARCHAR",
    "timestamp": "BIGINT",
    "event_type": "VARCHAR",
    "event_value": "FLOAT",
    "event_id": "VARCHAR",
    "recommendation_id": "VARCHAR",
    "impression": "VARCHAR",
    "recorded": "DOUBLE",
}


def load_training_data(
    deps: Deps, version: Record, chosen: Mapping[str, str], *, recorded_before: float
) -> TrainingData:
    """Read what a solution version trains on: snapshots (manifest keys by dataset type) and events until a moment."""
    selection = Selection.of(version)
    with deps.workdir() as folder, snapshots.open_session(folder) as session:
        tables = open_tables(deps, session, version["datasetGroupArn"], chosen, folder)
        events = deps.events.recorded(version["datasetGroupArn"], before=recorded_before)
        told = training_contexts.learned(training_contexts.context_fields(deps, version["datasetGroupArn"]), selection)
        out = version.get("excludedEvent")
        stage_events(session, events, tables.get("INTERACTIONS"), folder, selection, told=told, out=out)
        _check_enough(session, selection, "" if version.get("_kind") == "recommender" else "Create failed. ")
        data = replace(arrays(session, tables, selection), contexts=context_events(session, told))
        aim = (version.get("solutionConfig") or {}).get("optimizationObjective")
        return replace(data, objective=_objective(session, tables.get("ITEMS"), aim)) if aim else data


def stage_events(
    session: DuckDBPyConnection,
    recorded: Iterable[Event],
    imported: Table | None,
    folder: Path,
    selection: Selection,
    *,
    told: Sequence[str] = (),
    out: str | None = None,
) -> None:
    """Make the tables `chosen` and `taken` of recorded and imported events, as a solution selects them.

    `told`: columns that tell a context; `out`: the type of event that keeps an item out of its user's answers.
    """
    _stage_recorded(session, recorded, folder / "recorded.csv", told)
    _stage_bulk(session, imported, told)
    _select(session, selection, told)
    _keep_out(session, out)


def _stage_bulk(session: DuckDBPyConnection, table: Table | None, told: Sequence[str]) -> None:
    """Make the view `bulk` of imported interactions, whatever optional columns they have."""
    if table is None:
        session.execute("CREATE VIEW bulk AS SELECT * FROM recorded WHERE false")
        return
    event_type = "EVENT_TYPE" if table.has("EVENT_TYPE") else "CAST(NULL AS VARCHAR)"
    event_value = "EVENT_VALUE" if table.has("EVENT_VALUE") else "CAST(NULL AS FLOAT)"
    contexts = "".join(
        f', "{name}" AS context_{place}' if table.has(name) else f", CAST(NULL AS VARCHAR) AS context_{place}"
        for place, name in enumerate(told)
    )
    session.execute(
        'CREATE VIEW bulk AS SELECT USER_ID AS user_id, ITEM_ID AS item_id, "TIMESTAMP" AS "timestamp", '  # noqa: S608
        f"{event_type} AS event_type, CAST({event_value} AS FLOAT) AS event_value{contexts} FROM {table.scan}"
    )


def _stage_recorded(session: DuckDBPyConnection, events: Iterable[Event], path: Path, told: Sequence[str]) -> None:
    """Make the table `recorded` of single events, through a file: there may be more of them than memory holds.

    Of events with one id the first counts (PutEvents, "eventId"). A session that later became known as a user's gives
    that user its earlier events; one that never did is not trained on ("Recording events for anonymous users").
    """
    types = _EVENT_MEMBERS | {f"context_{place}": "VARCHAR" for place in range(len(told))}
    scan = staged_scan(path, (_members(event, told) for event in events), types)
    session.execute(f"""
        CREATE TEMP TABLE raw AS SELECT * FROM {scan}
        QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY recorded, "timestamp") = 1
    """)  # noqa: S608
    session.execute(f"""
        CREATE TEMP TABLE recorded AS
        WITH known AS (
            SELECT session_id, min(user_id) AS owner FROM raw
            WHERE NOT anonymous GROUP BY session_id HAVING count(DISTINCT user_id) = 1
        )
        SELECT DISTINCT
            CASE WHEN anonymous THEN owner ELSE user_id END AS user_id,
            item_id, "timestamp", event_type, event_value{training_contexts.names(told)}
        FROM raw LEFT JOIN known ON raw.session_id = known.session_id
        WHERE NOT anonymous OR owner IS NOT NULL
    """)  # noqa: S608


def _members(event: Event, told: Sequence[str]) -> list[object]:
    properties = event.get("properties") or {}
    return [*(_cell(event, member) for member in _EVENT_MEMBERS), *(properties.get(name) or None for name in told)]


def _cell(event: Event, member: str) -> object:
    value = event.get(member)
    return "|".join(value) if isinstance(value, list) else value


def _impressions(session: DuckDBPyConnection, table: Table | None) -> NDArray[np.int64]:
    """Return how often each item was shown (items,): clicks on one answer tell of one showing of it."""
    imported = "SELECT NULL AS shown WHERE false"
    if table is not None and table.has("IMPRESSION"):
        imported = f"SELECT IMPRESSION AS shown FROM {table.scan} WHERE IMPRESSION IS NOT NULL"  # noqa: S608
    query = f"""
        SELECT code, count(shown) FROM items LEFT JOIN (
            SELECT unnest(string_split(shown, '|')) AS shown FROM (
                {imported}
                UNION ALL
                SELECT impression FROM raw WHERE impression IS NOT NULL
                GROUP BY coalesce(recommendation_id, event_id), impression
            )
        ) ON id = shown GROUP BY code ORDER BY code
    """  # noqa: S608
    return np.asarray([count for _, count in session.execute(query).fetchall()], np.int64)


def _select(session: DuckDBPyConnection, selection: Selection, told: Sequence[str]) -> None:
    """Make the table `chosen`: imported and recorded interactions, equal ones once, each with its weight."""
    session.execute("""
        CREATE TEMP VIEW everything AS
        SELECT * FROM bulk
        UNION ALL
        SELECT * FROM recorded WHERE NOT EXISTS (
            SELECT 1 FROM bulk WHERE bulk.user_id = recorded.user_id AND bulk.item_id = recorded.item_id
            AND bulk."timestamp" = recorded."timestamp" AND bulk.event_type IS NOT DISTINCT FROM recorded.event_type
            AND bulk.event_value IS NOT DISTINCT FROM recorded.event_value
        )
    """)
    weight, parameters = selection.weights()
    contexts = training_contexts.names(told)
    query = f"""
        CREATE TEMP TABLE chosen AS
        SELECT user_id, item_id, "timestamp", event_type, CAST({weight} AS FLOAT) AS weight{contexts}
        FROM everything WHERE weight IS NOT NULL
    """  # noqa: S608
    session.execute(query, parameters)


def _keep_out(session: DuckDBPyConnection, event_type: str | None) -> None:
    """Make the table `taken` of each user's newest events of a type; no type, no events."""
    query = f"""
        CREATE TEMP TABLE taken AS
        SELECT user_id, item_id, "timestamp" FROM everything WHERE lower(event_type) = lower(CAST(? AS VARCHAR))
        QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY "timestamp" DESC, item_id) <= {EXCLUDED_EVENTS}
    """  # noqa: S608
    session.execute(query, [event_type])


def _check_enough(session: DuckDBPyConnection, selection: Selection, prefix: str) -> None:
    """Refuse to learn from too little ("Common error messages": the words are Amazon's where it has some)."""
    [(events, types)] = session.execute("SELECT count(*), count(DISTINCT event_type) FROM chosen").fetchall()
    if events < _MIN_EVENTS:
        after = f" after filtering by event type: {selection.event_types}" if selection.event_types else "."
        raise JobFailed(f"{prefix}Dataset has fewer than {_MIN_EVENTS} interactions{after}")
    if types > _MAX_EVENT_TYPES:
        raise JobFailed(f"{prefix}Dataset has {types} event types; at most {_MAX_EVENT_TYPES} are allowed.")
    lengths = "SELECT count(*) AS length FROM chosen GROUP BY user_id"
    query = f"SELECT count(*), count(*) FILTER (length >= 2) FROM ({lengths})"  # noqa: S608
    [(users, returning)] = session.execute(query).fetchall()
    if returning < _MIN_USERS:
        raise JobFailed(f"{prefix}Dataset has fewer than {_MIN_USERS} users with at least 2 interactions each.")
    if returning < _MIN_SHARE_OF_USERS * users:
        raise JobFailed(f"{prefix}Fewer than 1% of the users in the dataset have at least 2 interactions each.")


def arrays(session: DuckDBPyConnection, tables: Mapping[str, Table], selection: Selection) -> TrainingData:
    """Return what was staged as arrays, aligned with the datasets that describe it."""
    user_ids = _index(session, "users", "user_id", "USER_ID", tables.get("USERS"))
    item_ids = _index(session, "items", "item_id", "ITEM_ID", tables.get("ITEMS"))
    events = session.execute("""
        SELECT users.code AS users, items.code AS items, "timestamp" AS timestamps, weight AS weights
        FROM chosen JOIN users ON user_id = users.id JOIN items ON item_id = items.id
        ORDER BY users, timestamps, items, weights
    """).fetchnumpy()
    interactions = Interactions(
        users=np.asarray(events["users"], np.int32),
        items=np.asarray(events["items"], np.int32),
        timestamps=np.asarray(events["timestamps"], np.int64),
        weights=np.asarray(events["weights"], np.float32),
        n_users=len(user_ids),
        n_items=len(item_ids),
    )
    item_columns = _columns(session, "items", "ITEM_ID", tables.get("ITEMS"), selection)
    user_columns = _columns(session, "users", "USER_ID", tables.get("USERS"), selection)
    return TrainingData(
        interactions,
        user_ids,
        item_ids,
        item_columns,
        user_columns,
        item_texts=_texts(session, "items", "ITEM_ID", tables.get("ITEMS"), selection),
        taken=_taken(session, interactions),
        impressions=_impressions(session, tables.get("INTERACTIONS")),
        catalogue=catalogue(session, {type_: (table.columns, table.scan) for type_, table in tables.items()}),
    )


def _taken(session: DuckDBPyConnection, interactions: Interactions) -> Interactions | None:
    events = session.execute("""
        SELECT users.code AS users, items.code AS items, "timestamp" AS timestamps
        FROM taken JOIN users ON user_id = users.id JOIN items ON item_id = items.id
    """).fetchnumpy()
    if not len(events["users"]):
        return None
    counts = {"n_users": interactions.n_users, "n_items": interactions.n_items}
    return Interactions.sort(events["users"], events["items"], events["timestamps"], **counts)


def _index(session: DuckDBPyConnection, name: str, column: str, key: str, table: Table | None) -> Ids:
    """Number all ids that interact, are kept out or described; UTF-8 sorts as NumPy sorts strings, by code point."""
    interact = f"SELECT {column} AS id FROM chosen UNION ALL SELECT {column} FROM taken"  # noqa: S608
    described = f" UNION ALL SELECT {key} FROM {table.scan}" if table else ""  # noqa: S608
    session.execute(
        f"CREATE TEMP TABLE {name} AS SELECT id, CAST(row_number() OVER (ORDER BY id) - 1 AS INTEGER) AS code "  # noqa: S608
        f"FROM (SELECT DISTINCT id FROM ({interact}{described}))"
    )
    found = session.execute(f"SELECT id FROM {name} ORDER BY code").fetchnumpy()  # noqa: S608
    return np.asarray(found["id"], np.str_)


def _columns(
    session: DuckDBPyConnection, name: str, key: str, table: Table | None, selection: Selection
) -> dict[str, NDArray[np.generic]]:
    """Return the columns that training may use, aligned with the index: categories as strings, numbers as float64.

    Booleans and strings without the categorical flag never train a model ("Configuring columns used when training").
    Null is an empty string or NaN.
    """
    if table is None:
        return {}
    kinds = {
        column.name: np.str_ if column.categorical else np.float64
        for column in table.columns
        if column.name.upper() != key
        and selection.trains_on(table.type, column.name)
        and (column.categorical or column.type in _NUMBERS)
    }
    if not kinds:
        return {}
    listed = ", ".join(_sql_value(column, kind) for column, kind in kinds.items())
    query = f"SELECT {listed} FROM {name} LEFT JOIN {table.scan} ON id = {key} ORDER BY code"  # noqa: S608
    found = session.execute(query).fetchnumpy()
    return {column: np.asarray(found[column], kind) for column, kind in kinds.items()}


def _texts(
    session: DuckDBPyConnection, name: str, key: str, table: Table | None, selection: Selection
) -> dict[str, NDArray[np.str_]]:
    """Return the textual column, if there is one that training may use, aligned with the index; null is empty."""
    columns = table.columns if table else ()
    names = [c.name for c in columns if c.textual and selection.trains_on("ITEMS", c.name)]
    if table is None or not names:
        return {}
    listed = ", ".join(_sql_value(column, np.str_) for column in names)
    query = f"SELECT {listed} FROM {name} LEFT JOIN {table.scan} ON id = {key} ORDER BY code"  # noqa: S608
    found = session.execute(query).fetchnumpy()
    return {column: np.asarray(found[column], np.str_) for column in names}


def _objective(session: DuckDBPyConnection, table: Table | None, aim: Mapping[str, str]) -> Objective | None:
    """Return what a solution aims at, aligned with the items; None where the items are not there yet."""
    wanted = aim["itemAttribute"].upper()
    name = next((column.name for column in table.columns if column.name.upper() == wanted), None) if table else None
    if table is None or name is None:
        return None
    query = f"SELECT {_sql_value(name, np.float64)} FROM items LEFT JOIN {table.scan} ON id = ITEM_ID ORDER BY code"  # noqa: S608
    values = np.asarray(session.execute(query).fetchnumpy()[name], np.float64)
    return Objective.of(values, aim["objectiveSensitivity"])


def _sql_value(column: str, kind: type) -> str:
    value = f"coalesce(\"{column}\", '')" if kind is np.str_ else f"coalesce(CAST(\"{column}\" AS DOUBLE), 'nan')"
    return f'{value} AS "{column}"'
