"""Where a batch job reads and writes: the objects below a prefix, and one object of answers for each of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tastemaker.domain.locations import Location, parse_location
from tastemaker.errors import JobFailed
from tastemaker.store.ports import Objects, Record

# Guide, "Batch inference jobs" quotas.
_MOST_FILES = 1000
_MOST_BYTES = 1_000_000_000
_PROBE = "_CHECK"  # the real service leaves an object of this name, too
_SUFFIX = ".out"
LONGEST_LINE = 1_000_000  # bytes: 500 ids to rank fit
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Source:
    """One object of lines, and the name of its answers below the output folder."""

    key: str
    size: int
    answers: str


class BatchFiles:
    """The input and output of one job, reached as its role."""

    def __init__(self, objects: Objects, job: Record) -> None:
        self._source = _location(job["jobInput"]["s3DataSource"]["path"], "input")
        self._target = _location(job["jobOutput"]["s3DataDestination"]["path"], "output")
        try:
            self._objects = objects.for_role(job["roleArn"])
        except PermissionError:
            raise JobFailed(
                f"The role {job['roleArn']} cannot be assumed: its trust policy must name this service's task role "
                "(the stack's output TaskRoleArn)."
            ) from None

    def probe(self) -> None:
        """Find out before the work whether its answers could be stored."""
        with _failures("output", self._target):
            self._objects.write(self._target.bucket, f"{self._target.key}{_PROBE}", b"")

    def sources(self) -> list[Source]:
        """Return the objects to answer, by key; the path is the beginning of their names."""
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
        folder = _folder(self._source.key, list(sizes))
        return [Source(key, size, f"{key.removeprefix(folder)}{_SUFFIX}") for key, size in sizes.items()]

    def download(self, source: Source, path: Path) -> None:
        """Copy an input to a file."""
        with _failures("input", self._source):
            self._objects.download(self._source.bucket, source.key, path)

    def upload(self, path: Path, source: Source) -> None:
        """Store the answers to an input, whole."""
        with _failures("output", self._target):
            self._objects.upload(path, self._target.bucket, f"{self._target.key}{source.answers}")

    def _is_answer(self, key: str) -> bool:
        """Tell whether a key below the input's prefix is this job's, or an earlier one's, output."""
        inside = self._target.bucket == self._source.bucket and key.startswith(self._target.key)
        return inside and key.endswith(_SUFFIX)


def lines(path: Path) -> Iterator[bytes]:
    """Walk through the lines that are not blank; of one that is too long only the beginning is kept in memory."""
    with path.open("rb") as file:
        if file.read(len(_BOM)) != _BOM:
            file.seek(0)
        while text := file.readline(LONGEST_LINE + 1):
            rest = text
            while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
                rest = file.readline(LONGEST_LINE + 1)
            if text.strip():
                yield text


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
