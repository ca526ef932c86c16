"""What was recorded since the training of a model of segments, until the moment that a job fixed."""

from collections.abc import Iterator
from pathlib import Path
from sys import maxsize
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain.resources.arns import dataset_of
from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.training.events import EventTables
from tastemaker.pipelines.training.selections import Selection
from tastemaker.serving.finding import Since
from tastemaker.store.ports import Event, Record

# Of items and users the records that were put last; those before wait for the next training.
MOST_RECORDS = 10_000


def put(deps: Deps, group: str, type_: str, since: float, until: float) -> dict[str, Record]:
    """Return the items or users that were put since a training, by id."""
    arn = dataset_of(group, type_)
    return deps.records.since(arn, recorded_from=since, recorded_until=until, most=MOST_RECORDS)


def happened(deps: Deps, version: Record, since: float, until: float) -> Since:
    """Return the events since a training as the training itself would read them."""
    with deps.workdir() as folder, snapshots.open_session(folder) as session:
        recordings = _recorded(deps, version["datasetGroupArn"], since, until)
        tables = EventTables(session, Path(folder), recordings, None, Selection.of(version), until=until)
        query = 'SELECT user_id, item_id, "timestamp" AS times, weight AS weights FROM {} ORDER BY ALL'
        rows = session.execute(query.format(tables.selected)).fetchnumpy()
        acts = f"SELECT DISTINCT user_id, coalesce(event_type, '') AS type FROM {tables.timely} ORDER BY ALL"  # noqa: S608
        actors = session.execute(acts).fetchnumpy()
    return Since(
        _texts(rows["user_id"]),
        _texts(rows["item_id"]),
        np.asarray(rows["times"], np.int64),
        np.asarray(rows["weights"], np.float32),
        _texts(actors["user_id"]),
        _texts(actors["type"]),
    )


def strangers(happened: Since, known: NDArray[np.str_], until: float) -> dict[str, Record]:
    """Return the items that only events tell of, as records without a cell."""
    return {item_id: {RECORDED: until} for item_id in np.setdiff1d(happened.item_ids, known).tolist()}


def _recorded(deps: Deps, group: str, since: float, until: float) -> Iterator[Event]:
    recordings = AllEvents(deps).newest(group, since=since, most=maxsize)
    return (event for event in recordings if event["recorded"] < until)


def _texts(values: Any) -> NDArray[np.str_]:  # noqa: ANN401  DuckDB's array of objects
    return np.asarray(values.tolist(), np.str_)
