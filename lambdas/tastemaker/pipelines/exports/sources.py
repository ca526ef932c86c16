"""What an export job reads: a dataset's snapshot, what was put beside it, or both."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.tables import SingleRecords, Table, imported_table
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.exports.rows import stage_events
from tastemaker.store.ports import Record


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset to be read, and where to."""

    deps: Deps
    session: DuckDBPyConnection
    folder: Path
    dataset: Record
    columns: tuple[Column, ...]

    @property
    def has_events(self) -> bool:
        """Whether rows are events; records of items or users otherwise."""
        return bool(self.dataset["datasetType"] == "INTERACTIONS")

    def rows(self, mode: str) -> str:
        """Return the query of the exported rows."""
        if mode == "BULK":
            bulk = self._imported()
            return self._of(bulk) if bulk else self._nothing()
        return self._events(mode) if self.has_events else self._records(mode)

    def _events(self, mode: str) -> str:
        """Return the query of what was recorded, and of what was imported; equal events are there once."""
        recordings = AllEvents(self.deps).recorded(self.dataset["datasetGroupArn"], before=self.deps.clock())
        parts = [stage_events(self.session, recordings, self.columns, self.folder)]
        if mode == "ALL" and (bulk := self._imported()):
            parts.append(self._of(bulk))
        return f"SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)}) ORDER BY {_order(self.columns)}"  # noqa: S608

    def _records(self, mode: str) -> str:
        """Return the query of what was put, or of what was put or imported last of each id."""
        records = SingleRecords.stage(self.deps, self.session, self.dataset, self.folder / "put.csv")
        bulk = self._imported() if mode == "ALL" else None
        if not records:
            return self._of(bulk) if bulk else self._nothing()
        table = records.merged(bulk, self._manifest() if bulk else None)
        return f"{self._of(table)} ORDER BY {_order(self.columns)}"

    def _manifest(self) -> snapshots.Manifest | None:
        key = self.dataset.get("_snapshot")
        return snapshots.read_manifest(self.deps.objects, self.deps.config.data_bucket, key) if key else None

    def _imported(self) -> Table | None:
        manifest = self._manifest()
        return imported_table(self.deps, manifest, self.folder) if manifest else None

    def _of(self, table: Table) -> str:
        """Return the query of a table's rows; columns that its schema did not have yet are null."""
        values = (
            c.name if table.has(c.field.name) else f"CAST(NULL AS {c.sql_type}) AS {c.name}" for c in self.columns
        )
        return f"SELECT {', '.join(values)} FROM {table.scan}"  # noqa: S608 - names were checked with the schema

    def _nothing(self) -> str:
        values = (f"CAST(NULL AS {column.sql_type}) AS {column.name}" for column in self.columns)
        return f"SELECT {', '.join(values)} WHERE false"


def _order(columns: Sequence[Column]) -> str:
    """Return the order for people: by id and time, then by all else, so that it is total."""
    names = [column.field.name for column in columns]
    first = [name for name in ("USER_ID", "TIMESTAMP", "ITEM_ID") if name in names]
    return ", ".join(f'"{name}"' for name in dict.fromkeys([*first, *names]))
