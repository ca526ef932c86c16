"""Export jobs: a dataset's snapshot, what was put beside it, or both -> one CSV object in the caller's bucket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from duckdb import DuckDBPyConnection

from tastemaker.domain.locations import Location, parse_location
from tastemaker.domain.schema_rules import rules_for
from tastemaker.domain.schemas import parse_schema
from tastemaker.domain.statuses import ACTIVE, BUSY
from tastemaker.errors import JobFailed
from tastemaker.pipelines import snapshots
from tastemaker.pipelines.csv_columns import Column, columns_of
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.export_csv import CsvStream, csv_stream
from tastemaker.pipelines.export_rows import stage_events, stage_records
from tastemaker.pipelines.import_queries import PLACE, SOURCE, distinct_events, newest_records, stored_rows
from tastemaker.pipelines.switching import reading
from tastemaker.store.ports import Objects, Record

Input = dict[str, Any]


def write(deps: Deps, work: Input) -> Input:
    """Write the file that an export job asks for: whole or not at all, and again over itself if it is repeated."""
    return {**work, "rows": reading(lambda: _write(deps, work["arn"]))}


def publish(deps: Deps, work: Input) -> Input:
    """Finish the job."""
    changes = {"status": ACTIVE, "lastUpdatedDateTime": deps.clock(), "_rows": work["rows"]}
    deps.resources.update(work["arn"], changes, when=BUSY | {ACTIVE}, drop=("_progress",))
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
        """Return the query of the exported rows: equal events once, of each item and user the newest record."""
        if mode == "BULK":
            return self._stored()  # in the order of the snapshot, which has been through what follows
        parts = [self._put()] if mode == "PUT" else [self._stored(), self._put()]
        if self.has_events:
            return distinct_events(f"({' UNION ALL '.join(parts)})", self.columns)
        # Imports leave alone what was put one by one, so that counts as the newer.
        numbered = [f"SELECT *, {place} AS {SOURCE}, 0 AS {PLACE} FROM ({part})" for place, part in enumerate(parts)]  # noqa: S608
        return newest_records(f"({' UNION ALL '.join(numbered)})", self.columns)

    def _stored(self) -> str:
        key = self.dataset.get("_snapshot")
        if key is None:
            nothing = ", ".join(f"CAST(NULL AS {column.sql_type}) AS {column.name}" for column in self.columns)
            return f"SELECT {nothing} WHERE false"
        objects, bucket = self.deps.objects, self.deps.config.data_bucket
        manifest = snapshots.read_manifest(objects, bucket, key)
        scan = snapshots.download_parts(objects, bucket, manifest, self.folder)
        return stored_rows(scan, {column.name for column in manifest.columns}, self.columns, numbered=False)

    def _put(self) -> str:
        if self.has_events:
            events = self.deps.events.recorded(self.dataset["datasetGroupArn"], before=self.deps.clock())
            return stage_events(self.session, events, self.columns, self.folder)
        return stage_records(self.session, self.deps.records.every(self.dataset["_arn"]), self.columns, self.folder)


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
