"""Where an import job reads: one object, or the objects right below a folder."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tastemaker.domain.training.rungs import Need
from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets.csv_files import CsvFile, Source, prepare
from tastemaker.pipelines.datasets.snapshots import Part
from tastemaker.pipelines.places import must_allow
from tastemaker.store.ports import Objects

_NOTHING = "Invalid Data location."  # Amazon's words, which clients match; what was looked for follows them
# "Amazon Personalize endpoints and quotas": how much CSV one import may bring.
_MOST_BYTES = {"FULL": 100 << 30, "INCREMENTAL": 1 << 30}
# The files, what their sort spills (rows are larger than their text), the snapshot: 865 MB of events take 1.6 GB.
_DISK_PER_BYTE = 3
# Bytes of CSV for each of Parquet, and a second of the slower half of what was measured (bench/results/imports.txt);
# MB of memory: the process's own, and at most what DuckDB takes before it spills.
_PARQUET, _BYTES_A_SECOND, _LEAST_MEMORY, _SORTING_MEMORY = 5, 30e6, 350, 1_650
# Seconds of executors' cores for each second of one machine: 143 for the 20 M rows, 865 MB, of bench/results/spark.txt,
# which are foreseen to take 29; judged on no other files.
_SPREAD = 5.0


def locate(objects: Objects, location: str, dataset: str) -> list[Source]:
    """Return the objects that a `dataLocation` means; clients write folders with and without the last slash."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    with _failures(dataset, location):
        by_key = {row[0]: Source(bucket, *row) for row in objects.list(bucket, key)}
    folder = key if key.endswith("/") or not key else f"{key}/"
    sources = [by_key[key]] if key in by_key and key != folder else _in_folder(by_key.values(), folder)
    if not sources:
        raise JobFailed(
            f"{_NOTHING} There is no object s3://{bucket}/{key}, and none that holds something right below "
            f"s3://{bucket}/{folder}."
        )
    return sources


def need_of(sources: Sequence[Source], base: Sequence[Part]) -> Need:
    """Return what an import takes; what it adds to is read, sorted and written again, and is a fifth of its text."""
    size = sum(source.size for source in sources) + _PARQUET * sum(part.bytes for part in base)
    memory = _LEAST_MEMORY + min(_SORTING_MEMORY, 2 * size / 2**20)
    seconds = size / _BYTES_A_SECOND
    return Need(memory, seconds, size * _DISK_PER_BYTE / 2**30, _SPREAD * seconds)


def within_quota(sources: Sequence[Source], mode: str) -> int:
    """Return how many bytes some objects have together; refuse more than an import may bring."""
    total = sum(source.size for source in sources)
    if total > _MOST_BYTES[mode]:
        raise JobFailed(
            f"The files hold {total} bytes; an import with importMode {mode} may bring {_MOST_BYTES[mode]}."
        )
    return total


def require_room(sources: Sequence[Source], mode: str, free: int) -> int:
    """Refuse more than a quota or the disk can take; return how many bytes of CSV the disk can."""
    total, able = within_quota(sources, mode), free // _DISK_PER_BYTE
    if total > able:
        raise JobFailed(
            f"The files hold {total} bytes; to check and sort them takes {_DISK_PER_BYTE} times as much disk, and "
            f"there are {free} bytes. Import them in parts of at most {able} bytes: the first FULL, the others "
            "INCREMENTAL."
        )
    return min(able, _MOST_BYTES["FULL"])


def download(
    objects: Objects, sources: Sequence[Source], folder: Path, dataset: str, most_bytes: int, *, strict: bool
) -> list[CsvFile]:
    """Copy the objects into a folder and make them ready to be read; packed ones may unpack to so much."""
    files = []
    for number, source in enumerate(sources):
        path = folder / f"{number:05d}.csv"
        fetch(objects, source, path, dataset)
        files.append(prepare(path, source.name, most_bytes=most_bytes, strict=strict))
    return files


def fetch(objects: Objects, source: Source, path: Path, dataset: str) -> None:
    """Copy one object to a path."""
    with _failures(dataset, source.name):
        objects.download(source.bucket, source.key, path)


def reader(objects: Objects, role: str | None, dataset: str) -> Objects:
    """Return the port that reads as the job's role does."""
    with _failures(dataset, "the files", role=str(role)):
        return objects.for_role(role)


@contextmanager
def _failures(dataset: str, place: str, *, role: str = "roleArn") -> Iterator[None]:
    """Say what S3 refused in the words that Amazon Personalize uses, and what would help."""
    try:
        yield
    except FileNotFoundError:
        raise JobFailed(f"{_NOTHING} There is no {place}.") from None
    except PermissionError as refusal:
        raise JobFailed(
            f"Failed to create a data import job for {dataset} dataset....Insufficient privileges for accessing data "
            f"in Amazon S3. {must_allow(role, 's3:GetObject and s3:ListBucket', place, refusal)}."
        ) from None


def _in_folder(sources: Iterable[Source], folder: str) -> list[Source]:
    names = [(source, source.key.removeprefix(folder)) for source in sources if source.key.startswith(folder)]
    # Empty objects mark folders, and what begins with _ or . is a Spark job's own (_SUCCESS).
    return [source for source, name in names if source.size and "/" not in name and name[:1] not in {"", "_", "."}]
