"""Whom a data deletion job is to delete: CSV files with a single column of user ids, plain or gzip."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import duckdb
import numpy as np

from tastemaker.domain.schemas.schema import Field
from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.datasets.csv_files import CsvFile, Source, prepare
from tastemaker.pipelines.datasets.csv_problems import refusal
from tastemaker.pipelines.datasets.queries import merge_query
from tastemaker.pipelines.datasets.staging import temp_table
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import must_allow
from tastemaker.recipes.data import Ids, Mask
from tastemaker.store.ports import Objects, Record

_MOST_BYTES = 100 * 1024 * 1024
_USER = (Column(Field("USER_ID", "string"), required=True, is_id=True),)
_ENDINGS = (".csv", ".csv.gz")
_CHUNK = 100_000  # ids looked up at a time
_HELD = "held"  # the table of the users that one model holds


@dataclass(frozen=True, slots=True)
class Users:
    """The users of a job in a DuckDB table: `USER_ID` and `place`; `input` tells one list from another."""

    session: duckdb.DuckDBPyConnection
    table: str
    count: int
    input: str

    def batches(self, size: int) -> Iterator[list[str]]:
        """Walk through the ids, always in the same order."""
        for start in range(0, self.count, size):
            query = f"SELECT USER_ID FROM {self.table} WHERE place > ? AND place <= ? ORDER BY place"  # noqa: S608
            yield [user for (user,) in self.session.execute(query, [start, start + size]).fetchall()]

    def among(self, ids: Ids) -> Mask:
        """Return which of some ids are those of users, (ids,)."""
        mask = np.zeros(len(ids), np.bool_)
        for start in range(0, len(ids), _CHUNK):
            found = self._find(ids[start : start + _CHUNK]).fetchall()
            if found:
                mask[start : start + _CHUNK] = np.isin(ids[start : start + _CHUNK], [id_ for (id_,) in found])
        return mask

    def count_in(self, lists: Iterable[Ids]) -> int:
        """Return how many of the users are in some lists of ids, each counted once."""
        self.session.execute(f"CREATE OR REPLACE TEMP TABLE {_HELD} (id VARCHAR)")
        for ids in lists:
            for start in range(0, len(ids), _CHUNK):
                self._find(ids[start : start + _CHUNK], into=f"INSERT INTO {_HELD}")
        [(count,)] = self.session.execute(f"SELECT count(DISTINCT id) FROM {_HELD}").fetchall()  # noqa: S608
        return int(count)

    def _find(self, ids: Ids, into: str = "") -> duckdb.DuckDBPyConnection:
        return self.session.execute(
            f"{into} SELECT id FROM (SELECT unnest(CAST(? AS VARCHAR[])) AS id) "  # noqa: S608 - our own names
            f"WHERE id IN (SELECT USER_ID FROM {self.table})",
            [ids.tolist()],
        )


def list_users(deps: Deps, job: Record, session: duckdb.DuckDBPyConnection, folder: Path) -> Users:
    """Read the ids of a job into a table."""
    location = job["dataSource"]["dataLocation"]
    with _failures(location, job["roleArn"]):
        objects = deps.objects.for_role(job["roleArn"])
        sources = _locate(objects, location)
        files = _prepared(objects, sources, folder, strict=deps.config.strict)
    rows = merge_query(files, _USER, "data deletion", None)
    query = f"SELECT *, row_number() OVER (ORDER BY USER_ID) AS place FROM ({rows})"  # noqa: S608 - our own names
    try:
        for file in files:
            # One thread alone, as the merge has it, passes over a quote that is never closed and all that follows.
            session.execute(f"SELECT count(*) FROM {file.scan()}")  # noqa: S608
        table = temp_table(session, "gone", query)
    except duckdb.Error:
        problem = refusal(session, files, _USER)
        if problem is None:
            raise
        raise JobFailed(str(problem)) from None
    [(count,)] = session.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608
    if not count:
        raise JobFailed(f"{location} lists no users.")
    return Users(session, table, count, _digest(sources))


def _locate(objects: Objects, location: str) -> list[Source]:
    """Return the object that a location names, or all .csv objects below it, packed or not, however deep."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    candidates = [Source(bucket, *row) for row in objects.list(bucket, key)]
    folder = key if key.endswith("/") or not key else f"{key}/"
    sources = [s for s in candidates if s.key == key and s.size] or [
        s for s in candidates if s.key.startswith(folder) and s.key.lower().endswith(_ENDINGS) and s.size
    ]
    if not sources:
        raise FileNotFoundError(location)
    if (size := sum(source.size for source in sources)) > _MOST_BYTES:
        raise JobFailed(f"{location} holds {size} bytes of CSV; at most {_MOST_BYTES} (100 MB) are allowed.")
    return sources


def _prepared(objects: Objects, sources: Sequence[Source], folder: Path, *, strict: bool) -> list[CsvFile]:
    """Copy the files into a folder and make them ready to be read; together they may unpack to what is allowed."""
    files, room = list[CsvFile](), _MOST_BYTES
    for place, source in enumerate(sources):
        path = folder / f"{place:05d}.csv"
        objects.download(source.bucket, source.key, path)
        file = prepare(path, source.name, most_bytes=room, strict=strict)
        if [title.strip().upper() for title in file.header] != ["USER_ID"]:
            raise JobFailed(
                f"{source.name}, line {file.header_lines}: the header must be the single column USER_ID, "
                f"not {file.header[:3]}."
            )
        files.append(file)
        room -= min(room, file.path.stat().st_size)
    return files


def _digest(sources: Sequence[Source]) -> str:
    parts = chain.from_iterable((source.name, source.size, source.etag) for source in sources)
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()


@contextmanager
def _failures(location: str, role: str) -> Iterator[None]:
    """Say what S3 refused, and what would help."""
    try:
        yield
    except FileNotFoundError:
        raise JobFailed(f"Invalid Data location. There is no CSV file at {location}.") from None
    except PermissionError as refusal:
        raise JobFailed(
            "Insufficient privileges for accessing data in Amazon S3: "
            f"{must_allow(role, 's3:GetObject and s3:ListBucket', location, refusal)}."
        ) from None
