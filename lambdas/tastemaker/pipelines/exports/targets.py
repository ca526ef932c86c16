"""Where an export job writes: one object in the caller's bucket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Self, cast

from tastemaker.domain.locations import Location, parse_location
from tastemaker.errors import JobFailed
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.exports.writer import CsvStream
from tastemaker.pipelines.places import must_allow
from tastemaker.store.ports import Objects, Record


@dataclass(frozen=True, slots=True)
class Target:
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
    except PermissionError as refusal:
        remedy = must_allow(role, "s3:PutObject", str(folder), refusal)
        raise JobFailed(
            f"Insufficient privileges for writing to {folder}: {remedy}, and the bucket's policy must not deny it."
        ) from None
