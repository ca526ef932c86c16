"""Where a batch segment job reads and writes: few lines below a prefix, and one stream of users for each object."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from tastemaker.domain.locations import Location, parse_location
from tastemaker.errors import JobFailed
from tastemaker.pipelines.places import cannot_be
from tastemaker.store.ports import Objects, Record

# Guide, "Batch segment jobs" quotas.
_MOST_FILES = 1000
_MOST_BYTES = 1_000_000_000
_PROBE = "_CHECK"  # the real service leaves an object of this name, too
_SUFFIX = ".out"
_BOM = b"\xef\xbb\xbf"


class Files:
    """The input and output of one job, reached as its role."""

    def __init__(self, objects: Objects, job: Record) -> None:
        target = job["jobOutput"]["s3DataDestination"]
        self._source = _location(job["jobInput"]["s3DataSource"]["path"], "input")
        self._target = _location(target["path"], "output")
        self._kms_key: str | None = target.get("kmsKeyArn")
        try:
            self._objects = objects.for_role(job["roleArn"])
        except PermissionError as refusal:
            raise JobFailed(cannot_be(job["roleArn"], refusal)) from None

    def probe(self) -> None:
        """Find out before the work whether its answers could be stored."""
        self._store(_PROBE, b"")

    def keys(self) -> list[str]:
        """Return the objects to answer, in order; the path is the beginning of their names."""
        with _failures("input", self._source):
            objects = self._objects.list(self._source.bucket, self._source.key)
        sizes = {key: size for key, size, _ in objects if size and not self._is_answer(key)}
        total = sum(sizes.values())
        if not sizes:
            raise JobFailed(f"Invalid S3 input path: no object with content begins with {self._source}.")
        if len(sizes) > _MOST_FILES or total > _MOST_BYTES:
            raise JobFailed(
                f"Invalid S3 input path: below {self._source} are {len(sizes)} objects of {total} bytes together; "
                f"at most {_MOST_FILES} objects and {_MOST_BYTES} bytes are allowed."
            )
        return list(sizes)

    def lines(self, key: str, *, most: int) -> list[bytes]:
        """Return the lines of an object that are not blank; more than `most` fail the job."""
        with _failures("input", self._source):
            text = self._objects.read(self._source.bucket, key)
        lines = [line for line in text.removeprefix(_BOM).split(b"\n") if line.strip()]
        if len(lines) > most:
            raise JobFailed(
                f"Invalid S3 input path: {Location(self._source.bucket, key)} has {len(lines)} lines; "
                f"at most {most} are allowed for this recipe."
            )
        return lines

    def store(self, key: str, keys: list[str], lines: Iterator[bytes]) -> None:
        """Store the answers to one of the `keys`, whole or not at all."""
        self._store(f"{key.removeprefix(_folder(self._source.key, keys))}{_SUFFIX}", lines)

    def _store(self, name: str, content: bytes | Iterator[bytes]) -> None:
        stream = io.BytesIO(content) if isinstance(content, bytes) else io.BufferedReader(_Stream(content), 1 << 20)
        place = self._target.bucket, f"{self._target.key}{name}"
        with _failures("output", self._target):
            self._objects.upload_stream(cast("BinaryIO", stream), *place, kms_key=self._kms_key)

    def _is_answer(self, key: str) -> bool:
        """Tell whether a key below the input's prefix is this job's, or an earlier one's, output."""
        inside = self._target.bucket == self._source.bucket and key.startswith(self._target.key)
        return inside and key.endswith(_SUFFIX)


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file; the next one is made when it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # all that BufferedReader gives
        """Fill a buffer as far as one piece goes."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


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
def _failures(side: str, location: Location) -> Iterator[None]:
    """Say what S3 refused in the words that Amazon Personalize uses."""
    try:
        yield
    except FileNotFoundError:
        raise JobFailed(f"Invalid S3 {side} path: {location} does not exist.") from None
    except PermissionError:
        raise JobFailed(f"Invalid S3 {side} path: the job's role has insufficient privileges for {location}.") from None
