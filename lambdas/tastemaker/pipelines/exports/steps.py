"""Export jobs: a dataset's snapshot, what was put beside it, or both -> one CSV object in the caller's bucket."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self, cast

from duckdb import DuckDBPyConnection

from tastemaker.domain.locations import Location, parse_location
from tastemaker.domain.resources.statuses import ACTIVE, BUSY
from tastemaker.domain.schemas.rules import rules_for
from tastemaker.domain.schemas.schema import parse_schema
from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.columns import Column, columns_of
from tastemaker.pipelines.datasets.switching import reading
from tastemaker.pipelines.datasets.tables import SingleRecords, Table, imported_table
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.exports.rows import stage_events
from tastemaker.pipelines.exports.writer import CsvStream, csv_stream
from tastemaker.pipelines.lifecycle.changes import finish
from tastemaker.store.ports import Objects, Record


def write(deps: Deps, work: Input) -> Input:
    """Write the file that an export job asks for: whole or not at all, and again over itself if it is repeated."""
    return {**work, "rows": reading(lambda: _write(deps, work["arn"]))}


def publish(deps: Deps, work: Input) -> Input:
    """Finish the job."""
    finish(deps, work, {"status": ACTIVE, "_rows": work["rows"]}, when=BUSY | {ACTIVE})
    return work


def _write(deps: Deps, arn: str) -> int:
    deps.progress(arn, 0.05, "reading the dataset")
    job = deps.resources.get(arn)
    dataset = deps.resources.get(job["datasetArn"])
    columns, target = _columns(deps, dataset), _Target.of(deps, job)
    with deps.workdir() as folder, snapshots.open_session(folder) as session:
        rows = _Source(deps, session, folder, dataset, columns).rows(job["ingestionMode"])
        deps.progress(arn, 0.4, "writing the file")
        with csv_stream(session, rows, columns) as stream:
            target.store(stream)
            return stream.rows


def _columns(deps: Deps, dataset: Record) -> tuple[Column, ...]:
    schema = deps.resources.get(dataset["schemaArn"])
    rules = rules_for(dataset["datasetType"], schema.get("domain"))
    if rules is None:
        raise JobFailed(f"A dataset of type {dataset['datasetType']} cannot have a domain schema.")
    return columns_of(parse_schema(schema["schema"]), rules)


@dataclass(frozen=True, slots=True)
class _Source:
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
            imported = self._imported()
            return self._of(imported) if imported else self._nothing()
        return self._events(mode) if self.has_events else self._records(mode)

    def _events(self, mode: str) -> str:
        """Return the query of what was recorded, and of what was imported; equal events are there once."""
        recorded = self.deps.events.recorded(self.dataset["datasetGroupArn"], before=self.deps.clock())
        parts = [stage_events(self.session, recorded, self.columns, self.folder)]
        if mode == "ALL" and (imported := self._imported()):
            parts.append(self._of(imported))
        return f"SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)}) ORDER BY {_order(self.columns)}"  # noqa: S608

    def _records(self, mode: str) -> str:
        """Return the query of what was put, or of what was put or imported last of each id."""
        records = SingleRecords.stage(self.deps, self.session, self.dataset, self.folder / "put.csv")
        imported = self._imported() if mode == "ALL" else None
        if not records:
            return self._of(imported) if imported else self._nothing()
        table = records.merged(imported, self._manifest() if imported else None)
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


@dataclass(frozen=True, slots=True)
class _Target:
    """The object that a job is to write, as the job's role."""

    objects: Objects
    folder: Location
    job: Record

    @classmethod
    def of(cls, deps: Deps, job: Record) -> Self:
        """Become the job's role; the path was checked when the job was made."""
        path = job["jobOutput"]["s3DataDestination"]["path"]
        folder = parse_location(path)
        if folder is None:
            raise JobFailed(f"Invalid S3 output path: {path}.")
        with _failures(folder, job["roleArn"]):
            return cls(deps.objects.for_role(job["roleArn"]), folder, job)

    def store(self, stream: CsvStream) -> None:
        """Store the file; nobody sees it before it is whole."""
        key = f"{self.folder.key}{self.job['jobName']}.csv"
        kms_key = self.job["jobOutput"]["s3DataDestination"].get("kmsKeyArn")
        with _failures(self.folder, self.job["roleArn"]):
            self.objects.upload_stream(cast("BinaryIO", stream), self.folder.bucket, key, kms_key=kms_key)


@contextmanager
def _failures(folder: Location, role: str) -> Iterator[None]:
    """Say what S3 refused, and what would help."""
    try:
        yield
    except FileNotFoundError:
        raise JobFailed(f"Invalid S3 output path: the bucket {folder.bucket} does not exist.") from None
    except PermissionError:
        raise JobFailed(
            f"Insufficient privileges for writing to {folder}: {role} must be a role that this service may assume and "
            "that allows s3:PutObject there, and the bucket's policy must not deny it."
        ) from None
