"""The events that a solution trains on, as tables of DuckDB: what each is made from can be read from its method."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.datasets.staging import filed_table, staged_scan, temp_table, temp_view
from tastemaker.pipelines.datasets.tables import Table
from tastemaker.pipelines.training import clocks
from tastemaker.pipelines.training.contexts import names
from tastemaker.pipelines.training.selections import Selection
from tastemaker.recipes.data import EXCLUDED_EVENTS
from tastemaker.store.ports import Event

# A training that nobody says the moment of is after all that there is.
_ALWAYS = 1e18
_MEMBERS = {
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


@dataclass(frozen=True)
class EventTables:
    """Recorded and imported events; a table is made when its name is first asked for, after those it is made from.

    `context_columns`: what tells a context, called `context_0`, `context_1` ... here; `excluded_event`: the type of
    event that keeps an item out of its user's answers; `until`: the moment of the training, after which nothing was.
    `filed`: what has a row for each event goes into files, for where there are more of them than memory holds.
    """

    session: DuckDBPyConnection
    folder: Path
    recordings: Iterable[Event]
    dataset: Table | None
    selection: Selection
    context_columns: Sequence[str] = ()
    excluded_event: str | None = None
    until: float = _ALWAYS
    filed: bool = False

    @cached_property
    def staged(self) -> str:
        """The table of all recorded events; of those with one id the first counts (PutEvents, "eventId").

        They come through a file: there may be more of them than memory holds.
        """
        types = _MEMBERS | {f"context_{place}": "VARCHAR" for place in range(len(self.context_columns))}
        scan = staged_scan(self.folder / "recorded.csv", map(self._cells, self.recordings), types)
        query = f"""
            SELECT * FROM {scan}
            QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY recorded, "timestamp") = 1
        """  # noqa: S608
        return temp_table(self.session, "staged", query)

    @cached_property
    def count(self) -> int:
        """How many events are trained on."""
        [(count,)] = self.session.execute(f"SELECT count(*) FROM {self.selected}").fetchall()  # noqa: S608
        return int(count)

    @cached_property
    def owners(self) -> str:
        """The table of sessions that became one user's, and of that user."""
        query = f"""
            SELECT session_id, min(user_id) AS owner FROM {self.staged}
            WHERE NOT anonymous GROUP BY session_id HAVING count(DISTINCT user_id) = 1
        """  # noqa: S608
        return temp_table(self.session, "owners", query)

    @cached_property
    def unclaimed(self) -> str:
        """The table of sessions, each once, whose events without a user are not trained on as those of its own id."""
        query = f"""
            SELECT DISTINCT staged.session_id FROM {self.staged} AS staged LEFT JOIN {self.owners} AS owners
            ON staged.session_id = owners.session_id WHERE anonymous AND owner IS DISTINCT FROM staged.session_id
        """  # noqa: S608
        return temp_table(self.session, "unclaimed", query)

    @cached_property
    def recorded(self) -> str:
        """The table of recorded events of users, equal ones once, as they were first recorded.

        A session that later became known as a user's gives that user its earlier events; one that never did is not
        trained on ("Recording events for anonymous users").
        """
        query = f"""
            SELECT
                CASE WHEN anonymous THEN owner ELSE user_id END AS user_id,
                item_id, "timestamp", event_type, event_value, min(recorded) AS recorded{names(self.context_columns)}
            FROM {self.staged} AS staged LEFT JOIN {self.owners} AS owners ON staged.session_id = owners.session_id
            WHERE NOT anonymous OR owner IS NOT NULL
            GROUP BY ALL
        """  # noqa: S608
        return temp_table(self.session, "recorded", query)

    @cached_property
    def imported(self) -> str:
        """The view of imported events, whatever optional columns they have."""
        table = self.dataset
        if table is None:
            return temp_view(self.session, "imported", f"SELECT * FROM {self.recorded} WHERE false")  # noqa: S608
        moment = clocks.seconds('"TIMESTAMP"')
        event_type = "EVENT_TYPE" if table.has("EVENT_TYPE") else "CAST(NULL AS VARCHAR)"
        event_value = "EVENT_VALUE" if table.has("EVENT_VALUE") else "CAST(NULL AS FLOAT)"
        contexts = "".join(
            f', "{name}" AS context_{place}' if table.has(name) else f", CAST(NULL AS VARCHAR) AS context_{place}"
            for place, name in enumerate(self.context_columns)
        )
        query = (
            f'SELECT USER_ID AS user_id, ITEM_ID AS item_id, {moment} AS "timestamp", '  # noqa: S608
            f"{event_type} AS event_type, CAST({event_value} AS FLOAT) AS event_value, "
            f"CAST(NULL AS DOUBLE) AS recorded{contexts} FROM {table.scan}"
        )
        return temp_view(self.session, "imported", query)

    @cached_property
    def everything(self) -> str:
        """The view of imported and recorded events, equal ones once."""
        query = f"""
            SELECT * FROM {self.imported}
            UNION ALL
            SELECT * FROM {self.recorded} AS recorded WHERE NOT EXISTS (
                SELECT 1 FROM {self.imported} AS imported
                WHERE imported.user_id = recorded.user_id AND imported.item_id = recorded.item_id
                AND imported."timestamp" = recorded."timestamp"
                AND imported.event_type IS NOT DISTINCT FROM recorded.event_type
                AND imported.event_value IS NOT DISTINCT FROM recorded.event_value
            )
        """  # noqa: S608
        return temp_view(self.session, "everything", query)

    @cached_property
    def timely(self) -> str:
        """The view or table of all events, at moments that can be believed."""
        imported = self.until if self.dataset is None else min(self.until, self.dataset.imported)
        return clocks.timely(self.session, self.everything, imported)

    @cached_property
    def selected(self) -> str:
        """The table of the events that the solution learns from, each with its weight."""
        (weight, parameters), contexts = self.selection.weights(), names(self.context_columns)
        query = f"""
            SELECT user_id, item_id, "timestamp", event_type, CAST({weight} AS FLOAT) AS weight{contexts}
            FROM {self.timely} WHERE weight IS NOT NULL
        """  # noqa: S608
        if self.filed:
            return filed_table(self.session, "selected", query, parameters, self.folder)
        return temp_table(self.session, "selected", query, parameters)

    @cached_property
    def excluded(self) -> str:
        """The table of each user's newest events of the type that keeps items out; no type, no events."""
        query = f"""
            SELECT user_id, item_id, "timestamp" FROM {self.timely}
            WHERE lower(event_type) = lower(CAST(? AS VARCHAR))
            QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY "timestamp" DESC, item_id) <= {EXCLUDED_EVENTS}
        """  # noqa: S608
        return temp_table(self.session, "excluded", query, [self.excluded_event])

    def file(self, name: str) -> Path | None:
        """Return where what may be larger than memory goes; None: into memory."""
        return self.folder / name if self.filed else None

    def _cells(self, event: Event) -> list[object]:
        properties = event.get("properties") or {}
        return [
            *(_cell(event, member) for member in _MEMBERS),
            *(properties.get(c) or None for c in self.context_columns),
        ]


def _cell(event: Event, member: str) -> object:
    value = event.get(member)
    return "|".join(value) if isinstance(value, list) else value
