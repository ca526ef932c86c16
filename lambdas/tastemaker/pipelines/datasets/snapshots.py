"""Snapshots: a dataset's imported data as immutable Parquet, made visible by the manifest that is written last."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from tastemaker.domain.schemas.schema import Field
from tastemaker.pipelines.places import snapshots_folder
from tastemaker.store.ports import Objects

# Beyond its limit DuckDB spills to the work folder; a sort of 20 million events takes a quarter longer in 1 GB.
MEMORY = "1GB"
_SORTING_MEMORY, _SORTING_SHARE = 1_500, 0.6
# Bloom filters are for lookups, which nobody makes here; larger dictionary pages save a tenth of the time.
_PARQUET = (
    "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, "
    "WRITE_BLOOM_FILTER false, STRING_DICTIONARY_PAGE_SIZE_LIMIT 100000"
)
_THREADS = 2
MANIFEST = "manifest.json"
# A column of snapshots that INCREMENTAL imports of items, users or actions made; no column of a schema has this name.
IMPORT = '"#import"'


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file of a snapshot."""

    key: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """One column of a snapshot, as the schema of its import declared it."""

    name: str
    type: str
    nullable: bool
    categorical: bool
    textual: bool

    @classmethod
    def of(cls, field: Field) -> "ColumnInfo":
        """Describe a schema's field."""
        return cls(field.name, field.type, field.nullable, field.categorical, field.textual)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot holds and where it came from."""

    dataset: str
    type: str
    snapshot: str
    job: str
    mode: str
    parts: tuple[Part, ...]
    rows: int
    columns: tuple[ColumnInfo, ...]
    base: str | None = None
    # When the imports were asked for that made it, the first FULL; a row's IMPORT column says which one brought it.
    imports: tuple[float, ...] = ()
    stats: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """Return the manifest as it is stored."""
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def from_json(cls, body: bytes) -> "Manifest":
        """Read a stored manifest."""
        raw = json.loads(body)
        raw["parts"] = tuple(Part(**part) for part in raw["parts"])
        raw["columns"] = tuple(ColumnInfo(**column) for column in raw["columns"])
        raw["warnings"] = tuple(raw["warnings"])
        raw["imports"] = tuple(raw.get("imports", ()))
        return cls(**raw)


def folder_of(dataset_arn: str, snapshot: str) -> str:
    """Return the key below which a snapshot of a dataset lies."""
    return f"{snapshots_folder(dataset_arn)}{snapshot}"


def read_manifest(objects: Objects, bucket: str, key: str) -> Manifest:
    """Read the manifest of a snapshot."""
    return Manifest.from_json(objects.read(bucket, key))


def exists(objects: Objects, bucket: str, key: str) -> bool:
    """Whether an object is there."""
    return any(other == key for other, _, _ in objects.list(bucket, key))


def open_session(folder: Path, memory: str = MEMORY) -> duckdb.DuckDBPyConnection:
    """Open DuckDB in memory, with a folder to spill to when the data does not fit."""
    session = duckdb.connect(
        config={"memory_limit": memory, "threads": _THREADS, "temp_directory": str(folder / "spill")}
    )
    session.execute("SET enable_progress_bar = false")  # it would write to standard output
    return session


def sorting_memory(megabytes: int) -> str:
    """Return what a sort of files may take of so much memory (0: nobody says), and takes of the smallest as well."""
    return f"{max(_SORTING_MEMORY, round(_SORTING_SHARE * megabytes))}MB"


def download_parts(objects: Objects, bucket: str, manifest: Manifest, folder: Path) -> str:
    """Copy a snapshot's Parquet files into a folder; return the DuckDB table function that reads them."""
    keys = [part.key for part in manifest.parts]
    return download(objects, bucket, keys, folder / f"{manifest.type}-{manifest.snapshot}")


def download(objects: Objects, bucket: str, keys: Sequence[str], name: Path) -> str:
    """Copy Parquet files to paths that begin with a name; return the DuckDB table function that reads them in order."""
    return parquet(downloaded(objects, bucket, keys, name))


def downloaded(objects: Objects, bucket: str, keys: Sequence[str], name: Path) -> list[Path]:
    """Copy Parquet files to paths that begin with a name, and return these."""
    paths = [name.with_name(f"{name.name}-{number:05d}.parquet") for number in range(len(keys))]
    for key, path in zip(keys, paths, strict=True):
        objects.download(bucket, key, path)
    return paths


def parquet(paths: Sequence[Path]) -> str:
    """Return the DuckDB table function that reads Parquet files in order."""
    literals = ", ".join(f"'{literal(path)}'" for path in paths)
    return f"read_parquet([{literals}])"


def literal(path: Path) -> str:
    """Return a path as it stands inside a literal of SQL."""
    return str(path).replace("'", "''")


def write_parquet(session: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Run a query that is totally ordered into one Parquet file; the same rows make the same bytes."""
    session.execute(f"COPY ({query}) TO '{literal(path)}' ({_PARQUET})")


def upload_part(objects: Objects, bucket: str, path: Path, key: str, rows: int) -> Part:
    """Store one Parquet file of a snapshot."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    objects.upload(path, bucket, key)
    return Part(key, rows, path.stat().st_size, digest)
