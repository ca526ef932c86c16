"""Training data of recipes that recommend actions: actions stand where items do, and items are told of beside them.

Actions and Action_Interactions are read under the names of Items and Interactions, so that all that works on items
(selection, catalogues, filters, artifacts) works on them.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from tastemaker.domain.resources.arns import dataset_of
from tastemaker.errors import JobFailed
from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.snapshots import ColumnInfo
from tastemaker.pipelines.datasets.staging import staged_scan, temp_table
from tastemaker.pipelines.datasets.tables import Table, open_tables
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.training.events import EventTables
from tastemaker.pipelines.training.selections import Choice, Selection
from tastemaker.pipelines.training.sets import TrainingSet, load_training_data
from tastemaker.recipes.actions.contacts import CODES
from tastemaker.recipes.data import Ids, Interactions, TrainingData
from tastemaker.store.ports import Event, Record

TYPES = ("ACTIONS", "ACTION_INTERACTIONS", "INTERACTIONS", "USERS")
# "Next-Best-Action recipe": so many are considered in training.
_MOST_ACTIONS = 1_000
_RENAMED = {"ACTION_ID": "ITEM_ID"}
# "Not Taken" in one place of the guide is NOT_TAKEN in another.
_SPELT = "replace(upper(trim(EVENT_TYPE)), ' ', '_')"


def load_action_data(
    deps: Deps, version: Record, manifest_keys: Mapping[str, str], *, recorded_before: float
) -> TrainingData:
    """Read actions as items, with what happened to them in `interactions`, each weighted with the code of its type.

    `signals` has what the same users did with items, of which there must be as much as other recipes need.
    """
    of_items = {type_: key for type_, key in manifest_keys.items() if type_ in {"INTERACTIONS", "USERS"}}
    items = load_training_data(deps, version, of_items, recorded_before=recorded_before)
    group = version["datasetGroupArn"]
    recordings = AllEvents(deps).recorded(dataset_of(group, "ACTION_INTERACTIONS"), before=recorded_before)
    columns = {type_: way for type_, way in Selection.of(version).columns.items() if type_ == "USERS"}
    selection = Selection(tuple(Choice(name, weight=code) for name, code in CODES.items()), columns)
    with deps.workdir() as folder, snapshots.open_session(folder) as session:
        of_actions = {type_: key for type_, key in manifest_keys.items() if type_ != "INTERACTIONS"}
        tables = open_tables(deps, session, group, of_actions, folder, put=("ACTIONS", "USERS"))
        datasets = _under_names_of_items(tables, _everybody(items.user_ids, tables.get("USERS"), folder))
        events = EventTables(
            session, folder, map(_as_item, recordings), datasets.get("INTERACTIONS"), selection, until=recorded_before
        )
        actions = _most_used(events, datasets).arrays()
    return replace(actions, signals=_signals(items, actions.user_ids), signal_ids=items.item_ids)


def _under_names_of_items(tables: Mapping[str, Table], users: Table) -> dict[str, Table]:
    if "ACTIONS" not in tables:
        raise JobFailed("Create failed. Dataset has no actions: import an Actions dataset, or put actions into it.")
    datasets = {"ITEMS": _renamed(tables["ACTIONS"], "ITEMS"), "USERS": users}
    if "ACTION_INTERACTIONS" in tables:
        datasets["INTERACTIONS"] = _renamed(tables["ACTION_INTERACTIONS"], "INTERACTIONS", f"{_SPELT} AS EVENT_TYPE")
    return datasets


def _renamed(table: Table, type_: str, expression: str = "") -> Table:
    """Return a dataset of actions as one of items, perhaps with an expression in the place of a column."""
    columns = tuple(replace(column, name=_RENAMED.get(column.name, column.name)) for column in table.columns)
    replacement = f" REPLACE ({expression})" if expression else ""
    scan = f"(SELECT * EXCLUDE (ACTION_ID){replacement}, ACTION_ID AS ITEM_ID FROM {table.scan})"  # noqa: S608
    return replace(table, type=type_, columns=columns, scan=scan)


def _everybody(user_ids: Ids, users: Table | None, folder: Path) -> Table:
    """Return the users who are described or did something with items, each once."""
    ids = staged_scan(folder / "known.csv", ([id_] for id_ in user_ids.tolist()), {"USER_ID": "VARCHAR"})
    if users is None:
        return Table("USERS", (ColumnInfo("USER_ID", "string", False, False, False),), ids)  # noqa: FBT003
    scan = f"(SELECT * FROM {ids} LEFT JOIN {users.scan} USING (USER_ID))"  # noqa: S608
    return replace(users, scan=scan)


def _as_item(event: Event) -> Event:
    return {**event, "item_id": event["action_id"]}


def _most_used(events: EventTables, tables: Mapping[str, Table]) -> TrainingSet:
    """Return the actions with the most interactions, and what happened to them; no others are learned from."""
    session, actions = events.session, tables["ITEMS"]
    ids = temp_table(
        session,
        "kept",
        f"""
        SELECT described.ITEM_ID AS id FROM (SELECT DISTINCT ITEM_ID FROM {actions.scan}) AS described
        LEFT JOIN (SELECT item_id AS id, count(*) AS events FROM {events.selected} GROUP BY item_id) AS used
        ON described.ITEM_ID = used.id
        ORDER BY coalesce(events, 0) DESC, described.ITEM_ID LIMIT {_MOST_ACTIONS}
        """,  # noqa: S608
    )
    among = f"IN (SELECT id FROM {ids})"  # noqa: S608
    interactions = f"SELECT * FROM {events.selected} WHERE item_id {among}"  # noqa: S608
    most_used = replace(actions, scan=f"(SELECT * FROM {actions.scan} WHERE ITEM_ID {among})")  # noqa: S608
    return TrainingSet(events, {**tables, "ITEMS": most_used}, chosen=temp_table(session, "interactions", interactions))


def _signals(items: TrainingData, user_ids: Ids) -> Interactions:
    """Return what users did with items, under their new numbers; all of them are known, and the order is the same."""
    places = np.searchsorted(user_ids, items.user_ids).astype(np.int32)
    events = items.interactions
    return replace(events, users=places[events.users], n_users=len(user_ids))
