"""Where a batch job reads and writes: the objects below a prefix, and one object of answers for each of them."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tastemaker.domain.locations import Location, parse_location
from tastemaker.domain.resources.quotas import Quotas
from tastemaker.errors import JobFailed
from tastemaker.pipelines.places import cannot_be
from tastemaker.store.ports import Objects, Record

_PROBE = "_CHECK"  # the real service leaves an object of this name, too
_SUFFIX = ".out"


@dataclass(frozen=True, slots=True)
class Source:
    """One object of lines as it was when the job began, and the name of its answers below the output folder."""

    key: str
    size: int
    etag: str
    answers: str


class BatchFiles:
    """The input and output of one job, reached as its role; what is written is encrypted as the job says."""

    def __init__(self, objects: Objects, job: Record) -> None:
        target = job["jobOutput"]["s3DataDestination"]
        self._source = _location(job["jobInput"]["s3DataSource"]["path"], "input")
        self._target = _location(target["path"], "output")
        self._encryption = {"kms_key": target["kmsKeyArn"]} if "kmsKeyArn" in target else {}
        try:
            self._objects = objects.for_role(job["roleArn"])
        except PermissionError as refusal:
            raise JobFailed(cannot_be(job["roleArn"], refusal)) from None

    def probe(self) -> None:
        """Find out before the work whether its answers could be stored."""
        with self._storing():
            self._objects.write(self._target.bucket, f"{self._target.key}{_PROBE}", b"", **self._encryption)

    def sources(self, quotas: Quotas) -> list[Source]:
        """Return the objects to answer, by key; the path is the beginning of their names."""
        with _failures("input", self._source):
            objects = self._objects.list(self._source.bucket, self._source.key)
        sizes = {key: (size, etag) for key, size, etag in objects if size and not self._is_answer(key)}
        total = sum(size for size, _ in sizes.values())
        if not sizes:
            raise JobFailed(f"Invalid S3 input path: no object with content begins with {self._source}.")
        files, most = quotas["batch-input-files"], quotas["batch-input-megabytes"] * 1_000_000
        if len(sizes) > files or total > most:
            raise JobFailed(
                f"Invalid S3 input path: below {self._source} are {len(sizes)} objects of {total} bytes together; "
                f"at most {files} objects and {most} bytes are allowed."
            )
        folder = _folder(self._source.key, list(sizes))
        return [Source(key, *each, f"{key.removeprefix(folder)}{_SUFFIX}") for key, each in sizes.items()]

    def read(self, source: Source, begin: int, size: int) -> bytes:
        """Return some bytes of an input, which must be as it was when the job began."""
        try:
            with _failures("input", self._source, FileNotFoundError):
                return self._objects.read_range(self._source.bucket, source.key, begin, size, etag=source.etag)
        except FileNotFoundError:
            where = Location(self._source.bucket, source.key)
            raise JobFailed(
                f"Invalid S3 input path: {where} was changed or removed while the job ran. Create the job again."
            ) from None

    def store(self, source: Source, answers: bytes) -> None:
        """Store the answers to an input, whole."""
        with self._storing():
            self._objects.write(*self._place(source), answers, **self._encryption)

    def begin(self, source: Source) -> str:
        """Begin to store answers part by part; return the upload."""
        with self._storing():
            return self._objects.begin_upload(*self._place(source), **self._encryption)

    def upload(self, source: Source, upload: str, number: int, answers: bytes) -> str:
        """Store a part of the answers; FileNotFoundError if there is no such upload any more."""
        with self._storing(gone=FileNotFoundError):
            return self._objects.upload_part(*self._place(source), upload, number, answers)

    def finish(self, source: Source, upload: str, tags: Sequence[str]) -> None:
        """Make the parts one object; FileNotFoundError as above."""
        with self._storing(gone=FileNotFoundError):
            self._objects.finish_upload(*self._place(source), upload, tags)

    def abandon(self, source: Source, upload: str) -> None:
        """Forget parts that will not become an object."""
        self._objects.abandon_upload(*self._place(source), upload)

    def _place(self, source: Source) -> tuple[str, str]:
        return self._target.bucket, f"{self._target.key}{source.answers}"

    def _storing(self, gone: type[Exception] = JobFailed) -> AbstractContextManager[None]:
        return _failures("output", self._target, gone, with_key=bool(self._encryption))

    def _is_answer(self, key: str) -> bool:
        """Tell whether a key below the input's prefix is this job's, or an earlier one's, output."""
        inside = self._target.bucket == self._source.bucket and key.startswith(self._target.key)
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
def _failures(
    side: str, location: Location, gone: type[Exception] = JobFailed, *, with_key: bool = False
) -> Iterator[None]:
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
