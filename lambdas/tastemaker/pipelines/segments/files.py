"""Where a batch segment job reads and writes: few lines below a prefix, and one stream of users for each object."""

import io
from collections.abc import Iterator
from typing import BinaryIO, cast

from tastemaker.domain.locations import Location
from tastemaker.errors import JobFailed
from tastemaker.pipelines.job_files import PROBE, JobFiles
from tastemaker.store.ports import Objects, Record

# Guide, "Batch segment jobs" quotas.
_MOST_FILES = 1000
_MOST_BYTES = 1_000_000_000
_BOM = b"\xef\xbb\xbf"


class Files:
    """The input and output of one job."""

    def __init__(self, objects: Objects, job: Record) -> None:
        self._files = JobFiles.of(objects, job)

    def probe(self) -> None:
        """Find out before the work whether its answers could be stored."""
        self._store(PROBE, io.BytesIO())

    def keys(self) -> list[str]:
        """Return the objects to answer, in order."""
        return list(self.sizes())

    def sizes(self) -> dict[str, int]:
        """Return the bytes of the objects to answer, by key."""
        inputs = self._files.inputs(most_files=_MOST_FILES, most_bytes=_MOST_BYTES)
        return {key: size for key, (size, _) in inputs.items()}

    def lines(self, key: str, *, most: int) -> list[bytes]:
        """Return the lines of an object that are not blank; more than `most` fail the job."""
        bucket = self._files.source.bucket
        with self._files.reading():
            text = self._files.objects.read(bucket, key)
        lines = [line for line in text.removeprefix(_BOM).split(b"\n") if line.strip()]
        if len(lines) > most:
            raise JobFailed(
                f"Invalid S3 input path: {Location(bucket, key)} has {len(lines)} lines; "
                f"at most {most} are allowed for this recipe."
            )
        return lines

    def store(self, key: str, keys: list[str], lines: Iterator[bytes]) -> None:
        """Store the answers to one of the `keys`, whole or not at all."""
        self._store(self._files.answers(keys)[key], io.BufferedReader(_Stream(lines), 1 << 20))

    def _store(self, name: str, stream: io.BufferedIOBase) -> None:
        with self._files.storing():
            place = self._files.place(name)
            self._files.objects.upload_stream(cast("BinaryIO", stream), *place, **self._files.encryption)


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
