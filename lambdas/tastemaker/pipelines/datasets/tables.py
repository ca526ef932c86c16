"""Datasets as training reads them: a snapshot, and over it items, users or actions that were put one by one since."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from duckdb import DuckDBPyConnection

from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.domain.schemas.rules import rules_for
from tastemaker.domain.schemas.schema import parse_schema
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.columns import Column, columns_of
from tastemaker.pipelines.datasets.snapshots import ColumnInfo, Manifest
from tastemaker.pipelines.datasets.staging import staged_scan, temp_table
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Record

_KEYS = {"ITEMS": "ITEM_ID", "USERS": "USER_ID", "ACTIONS": "ACTION_ID"}


@dataclass(frozen=True, slots=True)
class Table:
    """A dataset at hand: its columns, and the DuckDB table or table function that reads it.

    `imported`: when its newest import was asked for, as far as that is known.
    """

    type: str
    columns: tuple[ColumnInfo, ...]
    scan: str
    imported: float = math.inf

    @property
    def key(self) -> str:
        """The column whose ids items, users or actions have."""
        return _KEYS[self.type]

    def has(self, name: str) -> bool:
        """Whether the dataset has a column of this name."""
        return any(column.name == name for column in self.columns)


def open_tables(
    deps: Deps,
    session: DuckDBPyConnection,
    group_arn: str,
    manifest_keys: Mapping[str, str],
    folder: Path,
    *,
    put: Collection[str] = ("ITEMS", "USERS"),
) -> dict[str, Table]:
    """Return the group's datasets by type: snapshots (manifest keys by type) with individual records merged in.

    `put`: the types whose records are merged in.
    """
    bucket = deps.config.data_bucket
    manifests = {type_: snapshots.read_manifest(deps.objects, bucket, key) for type_, key in manifest_keys.items()}
    tables = {type_: imported_table(deps, manifest, folder) for type_, manifest in manifests.items()}
    for dataset in deps.resources.every("dataset", parent=group_arn):
        type_ = dataset["datasetType"]
        if type_ in put and (records := SingleRecords.stage(deps, session, dataset, folder / f"{type_}.csv")):
            tables[type_] = records.merged(tables.get(type_), manifests.get(type_))
    return tables


def imported_table(deps: Deps, manifest: Manifest, folder: Path) -> Table:
    """Return a snapshot at hand."""
    scan = snapshots.download_parts(deps.objects, deps.config.data_bucket, manifest, folder)
    return Table(manifest.type, manifest.columns, scan, max(manifest.imports, default=0.0) or math.inf)


def _columns(deps: Deps, dataset: Record) -> tuple[Column, ...]:
    rules = rules_for(dataset["datasetType"], None)
    schema = parse_schema(deps.resources.get(dataset["schemaArn"])["schema"])
    return columns_of(schema, rules) if rules else ()


@dataclass(frozen=True, slots=True)
class SingleRecords:
    """Items, users or actions that were put one by one, and the DuckDB table that holds them."""

    session: DuckDBPyConnection
    type: str
    columns: tuple[Column, ...]
    table: str

    @classmethod
    def stage(cls, deps: Deps, session: DuckDBPyConnection, dataset: Record, path: Path) -> Self | None:
        """Bring a dataset's records into the session; None if there are none. A file holds what memory may not.

        Their ids and values were checked when they were put, so that each fits its column.
        """
        type_, columns = dataset["datasetType"], _columns(deps, dataset)
        names = [column.field.name for column in columns]
        types = {column.field.name: column.sql_type for column in columns} | {RECORDED: "DOUBLE"}
        scan = staged_scan(path, _rows(deps.records.every(dataset["_arn"]), names, _KEYS[type_]), types)
        if not path.stat().st_size:
            return None
        return cls(session, type_, columns, temp_table(session, f"put_{type_}", f"SELECT * FROM {scan}"))  # noqa: S608

    def merged(self, bulk: Table | None, manifest: Manifest | None) -> Table:
        """Return the dataset: of an id that was imported and put, the record that was written last, whole."""
        names = ", ".join(column.name for column in self.columns)
        query = f"SELECT {names} FROM {self.table}"  # noqa: S608
        if bulk and manifest:
            query = self._newest(bulk, _moment(manifest), names)
        scan = temp_table(self.session, f"described_{self.type}", query)
        return Table(self.type, tuple(ColumnInfo.of(column.field) for column in self.columns), scan)

    def _newest(self, bulk: Table, moment: str, names: str) -> str:
        # The schema may have grown since the import.
        own = ", ".join(c.name if bulk.has(c.field.name) else f"CAST(NULL AS {c.sql_type})" for c in self.columns)
        # A customer's column may be called as one of ours would be; none can begin with #.
        key, put = bulk.key, f'{self.table} AS "#put"'
        return f"""
            WITH imported({names}, "#id", "#moment") AS (SELECT {own}, {key}, {moment} FROM {bulk.scan})
            SELECT {names} FROM {put} WHERE NOT EXISTS
                (SELECT 1 FROM imported WHERE "#id" = "#put".{key} AND "#moment" > "#put"."{RECORDED}")
            UNION ALL
            SELECT {names} FROM imported WHERE NOT EXISTS
                (SELECT 1 FROM {put} WHERE "#put".{key} = "#id" AND "#put"."{RECORDED}" >= "#moment")
        """  # noqa: S608


def _rows(records: Iterable[tuple[str, Record]], names: list[str], key: str) -> Iterable[list[object]]:
    for id_, record in records:
        values = {**record, key: id_}
        yield [*(values.get(name) for name in names), record.get(RECORDED, 0.0)]


def _moment(manifest: Manifest) -> str:
    """Return the expression that says when a row's import was asked for."""
    if len(manifest.imports) < 2:  # noqa: PLR2004 - two is the first INCREMENTAL
        return f"CAST({manifest.imports[0] if manifest.imports else 0.0!r} AS DOUBLE)"
    return f"CAST({list(manifest.imports)!r}[{snapshots.IMPORT} + 1] AS DOUBLE)"
