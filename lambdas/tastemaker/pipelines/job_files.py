"""Where a job of many lines reads and writes: objects below a prefix of its caller's, and answers to each of them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Self

from tastemaker.domain.locations import Location, parse_location
from tastemaker.errors import JobFailed
from tastemaker.pipelines.places import cannot_be
from tastemaker.store.ports import Objects, Record

PROBE = "_CHECK"  # the real service leaves an object of this name, too
_SUFFIX = ".out"


@dataclass(frozen=True, slots=True)
class JobFiles:
    """The input and output of one job, reached as its role; what is written is encrypted as the job says."""

    objects: Objects
    source: Location
    target: Location
    encryption: dict[str, str]

    @classmethod
    def of(cls, objects: Objects, job: Record) -> Self:
        """Return those of a job."""
        source, target = job["jobInput"]["s3DataSource"], job["jobOutput"]["s3DataDestination"]
        locations = _location(source["path"], "input"), _location(target["path"], "output")
        try:
            own = objects.for_role(job["roleArn"])
        except PermissionError as refusal:
            raise JobFailed(cannot_be(job["roleArn"], refusal)) from None
        return cls(own, *locations, {"kms_key": target["kmsKeyArn"]} if "kmsKeyArn" in target else {})

    def inputs(self, *, most_files: int, most_bytes: int) -> dict[str, tuple[int, str]]:
        """Return size and tag of the objects to answer, by key; the path is the beginning of their names."""
        with self.reading():
            objects = self.objects.list(self.source.bucket, self.source.key)
        inputs = {key: (size, etag) for key, size, etag in objects if size and not self._is_answer(key)}
        total = sum(size for size, _ in inputs.values())
        if not inputs:
            raise JobFailed(f"Invalid S3 input path: no object with content begins with {self.source}.")
        if len(inputs) > most_files or total > most_bytes:
            raise JobFailed(
                f"Invalid S3 input path: below {self.source} are {len(inputs)} objects of {total} bytes together; "
                f"at most {most_files} objects and {most_bytes} bytes are allowed."
            )
        return inputs

    def answers(self, keys: list[str]) -> dict[str, str]:
        """Return the names of the answers to all inputs below the output folder, by key."""
        folder = _folder(self.source.key, keys)
        return {key: f"{key.removeprefix(folder)}{_SUFFIX}" for key in keys}

    def reading(self, gone: type[Exception] = JobFailed) -> AbstractContextManager[None]:
        """Say what S3 refused to give; what is not there raises `gone`."""
        return _failures("input", self.source, gone)

    def storing(self, gone: type[Exception] = JobFailed) -> AbstractContextManager[None]:
        """Say what S3 refused to take."""
        return _failures("output", self.target, gone, with_key=bool(self.encryption))

    def place(self, name: str) -> tuple[str, str]:
        """Return where a name is below the output folder."""
        return self.target.bucket, f"{self.target.key}{name}"

    def _is_answer(self, key: str) -> bool:
        """Tell whether a key below the input's prefix is this job's, or an earlier one's, output."""
        inside = self.target.bucket == self.source.bucket and key.startswith(self.target.key)
        return inside and key.endswith(_SUFFIX)


def _location(path: str, side: str) -> Location:
    location = parse_location(path)
    if location is None:
        raise JobFailed(f"Invalid S3 {side} path: {path}.")
    return location


def _folder(prefix: str, keys: list[str]) -> str:
    """Return what the names of answers leave out: the folder that the prefix is, or that it lies in."""
    folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    return folder if all(key.startswith(folder) for key in keys) else prefix.rpartition("/")[0] + "/" * ("/" in prefix)


@contextmanager
def _failures(side: str, location: Location, gone: type[Exception], *, with_key: bool = False) -> Iterator[None]:
    """Say what S3 refused in the words that Amazon Personalize uses."""
    try:
        yield
    except FileNotFoundError:
        raise gone(f"Invalid S3 {side} path: {location} does not exist.") from None
    except PermissionError:
        or_key = " or for its kmsKeyArn (kms:GenerateDataKey and kms:Decrypt)" if with_key else ""
        raise JobFailed(
            f"Invalid S3 {side} path: the job's role has insufficient privileges for {location}{or_key}."
        ) from None
