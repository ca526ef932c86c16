"""What of contexts is told in a dataset group by now: a model loses a value that nobody is left to have told."""

from collections.abc import Iterable, Iterator

import numpy as np

from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.switching import reading
from tastemaker.pipelines.datasets.tables import imported_table
from tastemaker.pipelines.deps import Deps
from tastemaker.recipes.attributes.contexts import SEVERAL
from tastemaker.recipes.data import Ids, Mask

# A column of interactions and one of its values.
Pair = tuple[str, str]


class Told:
    """Looks once for each value, in the snapshot and in all recorded events, after the users have left both."""

    def __init__(self, deps: Deps, group: str) -> None:
        self._deps, self._group = deps, group
        self._known: dict[Pair, bool] = {}

    def __call__(self, columns: Ids, values: Ids) -> Mask:
        """Return which values, each of the column beside it, are told by anybody, (values,)."""
        pairs = list(zip(columns.tolist(), values.tolist(), strict=True))
        if asked := {pair for pair in pairs if pair not in self._known}:
            found = reading(lambda: set(self._imported(asked))) | set(self._recorded(asked))
            self._known |= {pair: pair in found for pair in asked}
        return np.array([self._known[pair] for pair in pairs], np.bool_)

    def _imported(self, asked: Iterable[Pair]) -> Iterator[Pair]:
        datasets = self._deps.resources.every("dataset", parent=self._group)
        keys = (d.get("_snapshot") for d in datasets if d["datasetType"] == "INTERACTIONS")
        for key in filter(None, keys):
            with self._deps.workdir() as folder, snapshots.open_session(folder) as session:
                manifest = snapshots.read_manifest(self._deps.objects, self._deps.config.data_bucket, key)
                table = imported_table(self._deps, manifest, folder)
                for column in filter(table.has, sorted({column for column, _ in asked})):
                    cells = f'SELECT unnest(string_split("{column}", ?)) AS value FROM {table.scan}'  # noqa: S608
                    query = f"SELECT DISTINCT value FROM ({cells}) WHERE value IN (SELECT unnest(CAST(? AS VARCHAR[])))"  # noqa: S608
                    values = [value for name, value in asked if name == column]
                    yield from ((column, value) for (value,) in session.execute(query, [SEVERAL, values]).fetchall())

    def _recorded(self, asked: set[Pair]) -> Iterator[Pair]:
        columns = {column for column, _ in asked}
        for event in AllEvents(self._deps).recorded(self._group, before=self._deps.clock()):
            properties = event.get("properties") or {}
            for column in columns & properties.keys():
                yield from asked & {(column, value) for value in str(properties[column] or "").split(SEVERAL)}
