"""Training data: a dataset group's snapshots and recorded events as integer arrays, selected as a solution asks."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.tables import Table, open_tables
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.training import clocks
from tastemaker.pipelines.training.amounts import check_enough, check_moments
from tastemaker.pipelines.training.assignments import finds_users, needs_events, reads_texts
from tastemaker.pipelines.training.catalogues import catalogue
from tastemaker.pipelines.training.contexts import context_events, context_fields, learned
from tastemaker.pipelines.training.events import EventTables
from tastemaker.pipelines.training.limits import check_reading
from tastemaker.pipelines.training.numberings import Numbering, number, numbered, text
from tastemaker.pipelines.training.prose import check_items, prose, prose_columns
from tastemaker.pipelines.training.selections import Selection
from tastemaker.recipes.attributes.cells import Arrays
from tastemaker.recipes.attributes.descriptions import CREATED
from tastemaker.recipes.data import ContextEvents, Interactions, TrainingData
from tastemaker.recipes.objectives import Objective
from tastemaker.store.ports import Record

_Cell = TypeVar("_Cell", bound=np.generic)
_NUMBERS = frozenset({"int", "long", "float", "double"})


def load_training_data(
    deps: Deps, version: Record, manifest_keys: Mapping[str, str], *, recorded_before: float
) -> TrainingData:
    """Read what a solution version trains on: snapshots (manifest keys by dataset type) and events until a moment."""
    with opened(deps, version, manifest_keys, recorded_before=recorded_before) as data:
        check(deps, version, data)
        check_reading(deps.config, data.events.count)
        return learnable(deps, version, data, data.arrays())


@contextmanager
def opened(
    deps: Deps,
    version: Record,
    manifest_keys: Mapping[str, str],
    *,
    recorded_before: float,
    memory: str = snapshots.MEMORY,
    filed: bool = False,
) -> Iterator["TrainingSet"]:
    """Bring what a version trains on to this machine, of which nothing is read yet; `filed`: see `EventTables`."""
    selection, group = Selection.of(version), version["datasetGroupArn"]
    with deps.workdir() as folder, snapshots.open_session(folder, memory) as session:
        tables = open_tables(deps, session, group, manifest_keys, folder)
        recordings = AllEvents(deps).recorded(group, before=recorded_before)
        columns = learned(context_fields(deps, group), selection)
        bulk, kept_out = tables.get("INTERACTIONS"), version.get("excludedEvent")
        events = EventTables(session, folder, recordings, bulk, selection, columns, kept_out, recorded_before, filed)
        texts = prose_columns(deps, group, selection) if reads_texts(version) else None
        yield TrainingSet(events, tables, texts)


def check(deps: Deps, version: Record, data: "TrainingSet") -> None:
    """Refuse what is too little to learn from."""
    prefix = "" if version.get("_kind") == "recommender" else "Create failed. "
    if needs_events(version):
        check_enough(data.events, deps.config.quotas, prefix)
    else:
        check_items(data.events.session, data.tables.get("ITEMS"), prefix)
    if finds_users(version):
        check_moments(data.events, prefix)


def learnable(deps: Deps, version: Record, data: "TrainingSet", arrays: TrainingData) -> TrainingData:
    """Add what arrays are learned with: contexts, what is aimed at, and what reads texts."""
    encoder = deps.find_encoder() if reads_texts(version) else None
    return replace(arrays, contexts=data.contexts(), objective=data.objective(aim_of(version)), encoder=encoder)


def aim_of(version: Record) -> Mapping[str, str] | None:
    """Return what a solution aims at besides relevance."""
    aim: Mapping[str, str] | None = (version.get("solutionConfig") or {}).get("optimizationObjective")
    return aim


@dataclass(frozen=True)
class TrainingSet:
    """What a model learns from: a table of events, and the datasets that describe who took part.

    `prose`: the columns of items that are read word by word, for recipes that do so. `chosen`: the table of the events
    that are learned from, where they are not all that were selected; `every_item`: the items of the others count, too.
    `numberings`: of users and items that others have numbered.
    """

    events: EventTables
    tables: Mapping[str, Table]
    prose: Sequence[str] | None = None
    chosen: str | None = None
    every_item: bool = False
    numberings: Mapping[str, Numbering] = field(default_factory=dict)

    @property
    def interactions(self) -> str:
        """The table of the events that are learned from."""
        return self.chosen or self.events.selected

    @cached_property
    def users(self) -> Numbering:
        """All users who interact, whom an item is kept from, or who are described."""
        return self.numberings.get("USERS") or self._numbering("users", "user_id", self.interactions, "USERS")

    @cached_property
    def items(self) -> Numbering:
        """All items that are interacted with, kept out or described."""
        events = self.events.selected if self.every_item else self.interactions
        return self.numberings.get("ITEMS") or self._numbering("items", "item_id", events, "ITEMS")

    def arrays(self) -> TrainingData:
        """Return all of it as arrays, aligned with the users and the items."""
        return replace(self.learned(), catalogue=self.catalogue())

    def learned(self) -> TrainingData:
        """Return what is learned from."""
        interactions, taken, impressions = self._interactions(), self._taken(), self._impressions()
        return replace(self.described(), interactions=interactions, taken=taken, impressions=impressions)

    def described(self) -> TrainingData:
        """Return what is said of users and items, with no events."""
        user_ids, item_ids = self.users.ids, self.items.ids
        item_columns = self._columns("ITEMS", self.items)
        item_columns |= {
            name: clocks.dates(np.asarray(values, np.float64), self.events.until)
            for name, values in item_columns.items()
            if name.upper() == CREATED
        }
        return TrainingData(
            Interactions.sort([], [], [], n_users=len(user_ids), n_items=len(item_ids)),
            user_ids,
            item_ids,
            item_columns,
            self._columns("USERS", self.users),
            item_texts=self._texts() if self.prose is None else {},
            item_words=prose(self._session, self.tables.get("ITEMS"), self.items, self.prose or ()),
        )

    def catalogue(self) -> Arrays:
        """Return what filters and answers read beside a model."""
        return catalogue(self.tables, {"ITEMS": self.items, "USERS": self.users}, self.events)

    def contexts(self) -> ContextEvents | None:
        """Return the events that tell a context."""
        return context_events(self._session, self.interactions, self.events.context_columns, self.users, self.items)

    def objective(self, aim: Mapping[str, str] | None) -> Objective | None:
        """Return what a solution aims at, aligned with the items; None where the items are not there yet."""
        if aim is None:
            return None
        table, attribute = self.tables.get("ITEMS"), aim["itemAttribute"].upper()
        name = next((c.name for c in table.columns if c.name.upper() == attribute), None) if table else None
        if table is None or name is None:
            return None
        values = self._described(self.items, table, {name: np.float64})[name]
        return Objective.of(values, aim["objectiveSensitivity"])

    @property
    def _session(self) -> DuckDBPyConnection:
        return self.events.session

    def _numbering(self, name: str, column: str, events: str, type_: str) -> Numbering:
        query = f"SELECT {column} AS id FROM {events} UNION ALL SELECT {column} FROM {self.events.excluded}"  # noqa: S608
        if table := self.tables.get(type_):
            query += f" UNION ALL SELECT {table.key} FROM {table.scan}"  # noqa: S608
        return Numbering.of(self._session, name, query)

    def _interactions(self) -> Interactions:
        events = self._session.execute(f"""
            SELECT users.code AS users, items.code AS items, "timestamp" AS timestamps, weight AS weights
            FROM {numbered(self.interactions, self.users, self.items)}
            ORDER BY users, timestamps, items, weights
        """).fetchnumpy()  # noqa: S608
        return Interactions(
            users=np.asarray(events["users"], np.int32),
            items=np.asarray(events["items"], np.int32),
            timestamps=np.asarray(events["timestamps"], np.int64),
            weights=np.asarray(events["weights"], np.float32),
            n_users=len(self.users.ids),
            n_items=len(self.items.ids),
        )

    def _taken(self) -> Interactions | None:
        events = self._session.execute(f"""
            SELECT users.code AS users, items.code AS items, "timestamp" AS timestamps
            FROM {numbered(self.events.excluded, self.users, self.items)}
        """).fetchnumpy()  # noqa: S608
        if not len(events["users"]):
            return None
        counts = {"n_users": len(self.users.ids), "n_items": len(self.items.ids)}
        return Interactions.sort(events["users"], events["items"], events["timestamps"], **counts)

    def _impressions(self) -> NDArray[np.int64]:
        """Return how often each item was shown (items,): clicks on one answer tell of one showing of it."""
        table, bulk = self.tables.get("INTERACTIONS"), "SELECT NULL AS shown WHERE false"
        if table is not None and table.has("IMPRESSION"):
            bulk = f"SELECT IMPRESSION AS shown FROM {table.scan} WHERE IMPRESSION IS NOT NULL"  # noqa: S608
        query = f"""
            SELECT code, count(shown) FROM {self.items.table} LEFT JOIN (
                SELECT unnest(string_split(shown, '|')) AS shown FROM (
                    {bulk}
                    UNION ALL
                    SELECT impression FROM {self.events.staged} WHERE impression IS NOT NULL
                    GROUP BY coalesce(recommendation_id, event_id), impression
                )
            ) ON id = shown GROUP BY code ORDER BY code
        """  # noqa: S608
        return np.asarray([count for _, count in self._session.execute(query).fetchall()], np.int64)

    def _columns(self, type_: str, ids: Numbering) -> dict[str, NDArray[np.generic]]:
        """Return the columns that training may use: categories as strings, numbers as float64.

        Booleans and strings without the categorical flag never train a model ("Configuring columns used when
        training").
        """
        table = self.tables.get(type_)
        if table is None:
            return {}
        kinds = {
            column.name: np.str_ if column.categorical else np.float64
            for column in table.columns
            if column.name.upper() != table.key
            and self.events.selection.trains_on(type_, column.name)
            and (column.categorical or column.type in _NUMBERS)
        }
        return self._described(ids, table, kinds)

    def _texts(self) -> dict[str, NDArray[np.str_]]:
        """Return the items' textual column, if there is one that training may use."""
        table = self.tables.get("ITEMS")
        if table is None:
            return {}
        textual = [column.name for column in table.columns if column.textual]
        kinds = {name: np.str_ for name in textual if self.events.selection.trains_on("ITEMS", name)}
        return self._described(self.items, table, kinds)

    def _described(self, ids: Numbering, table: Table, kinds: Mapping[str, type[_Cell]]) -> dict[str, NDArray[_Cell]]:
        """Return columns aligned with ids, each as strings or as numbers; null is an empty string or NaN."""
        if not kinds:
            return {}
        cells = (f'{(text if kind is np.str_ else number)(name)} AS "{name}"' for name, kind in kinds.items())
        columns = self._session.execute(ids.aligned(table, ", ".join(cells))).fetchnumpy()
        return {name: np.asarray(columns[name], kind) for name, kind in kinds.items()}
