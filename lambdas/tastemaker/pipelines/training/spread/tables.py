"""What Spark has counted (`spark/job.py`, step `reduce`), as what the recipes learn from and the model keeps."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.staging import file_of, rows_of, temp_view
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.training.numberings import Numbering
from tastemaker.pipelines.training.spread.pairs import counted_problem, transitions_of
from tastemaker.pipelines.training.spread.places import COUNTED, folder_of
from tastemaker.recipes.data import Ids
from tastemaker.recipes.histories.occurrences import Occurrences
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.personal.spread import Counted
from tastemaker.serving.artifacts import KEPT_EVENTS

_TABLES: Final = ("users", "items", "histories", "popularity", "strengths", "head", "tail", "after")
_HISTORY: Final = {"item": np.int32, "timestamp": np.int64, "weight": np.float32}
_CALLED: Final = {"item": "history_items", "timestamp": "history_times", "weight": "history_weights"}
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class CountedTables:
    """Spark's tables on this machine, by name: their files in order; `head` is how many items are solved exactly."""

    session: DuckDBPyConnection
    files: Mapping[str, list[Path]]
    head: int

    @classmethod
    def fetched(cls, deps: Deps, session: DuckDBPyConnection, work: Input, folder: Path) -> Self:
        """Bring what a run has written; raise JobFailed if it has said that it could not."""
        key = f"{work['document'].removesuffix('.json')}.result.json"
        told = json.loads(deps.objects.read(deps.config.data_bucket, key))
        if told["status"] != "DONE":
            raise JobFailed(f"Spark could not count the events: {told}")
        return cls(session, {name: _files(deps, work, name, folder) for name in _TABLES}, told["counts"]["head"])

    def numberings(self) -> dict[str, Numbering]:
        """Return the numbers of users and items."""
        return {"USERS": self._numbering("users"), "ITEMS": self._numbering("items")}

    def counted(self, kernel: Kernel, users: Numbering, sampled: Ids, folder: Path) -> Counted:
        """Return what a recipe learns from; `sampled` are the ids of the sample's users."""
        occurrences = self._occurrences(len(users.ids))
        return Counted(
            counted_problem(self.session, self.scan, self.head, kernel),
            occurrences,
            transitions_of(self.session, self.scan, len(occurrences.events)),
            self._in_time(folder),
            np.searchsorted(users.ids, sampled).astype(np.int32),
        )

    def histories(self, n_users: int, folder: Path) -> Arrays:
        """Return the newest events of each user as the model keeps them, in files: file by file, for there are many."""
        rows, lengths = self._one(f"count_if(back <= {KEPT_EVENTS})", "histories"), np.zeros(n_users, np.int64)
        arrays = {name: file_of(folder / f"{name}.npy", kind, rows) for name, kind in _HISTORY.items()}
        begin = 0
        for part in self._parts():
            end, first = begin + len(part["user"]), part["user"][0]
            counts = np.bincount(part["user"] - first)
            lengths[first : first + len(counts)] += counts
            for name, array in arrays.items():
                array[begin:end] = part[name]
            begin = end
        starts = np.append(0, np.cumsum(lengths)).astype(np.int64)
        return {"history_starts": starts} | {_CALLED[name]: array for name, array in arrays.items()}

    def scan(self, name: str) -> str:
        """Return the DuckDB table function that reads a table."""
        return snapshots.parquet(self.files[name])

    def _numbering(self, name: str) -> Numbering:
        ids = self.session.execute(f"SELECT id FROM {self.scan(name)} ORDER BY code").fetchnumpy()["id"]  # noqa: S608
        view = temp_view(self.session, f"counted_{name}", f"SELECT id, code FROM {self.scan(name)}")  # noqa: S608
        return Numbering(view, np.asarray(ids, np.str_))

    def _occurrences(self, n_users: int) -> Occurrences:
        """Return how often, and since when, items occur."""
        counts = self.session.execute(f"SELECT * FROM {self.scan('popularity')} ORDER BY item").fetchnumpy()  # noqa: S608
        times = self.session.execute(f"""
            SELECT "timestamp", count(*) AS events FROM {self.scan("histories")} GROUP BY ALL ORDER BY "timestamp"
        """).fetchnumpy()  # noqa: S608
        moments = np.asarray(times["timestamp"], np.int64)
        # What has no events was there since the newest one, as far as anybody knows.
        first = np.ma.filled(counts["first"], moments.max(initial=0))
        number, users, since = (np.asarray(each, np.int64) for each in (counts["events"], counts["users"], first))
        return Occurrences(number, users, since, moments, np.cumsum(times["events"], dtype=np.int64), n_users)

    def _in_time(self, folder: Path) -> NDArray[Any]:
        """Return the items of all events in the order of time, equal ones in that of users and items."""
        query = f'SELECT item FROM {self.scan("histories")} ORDER BY "timestamp", "user", item'  # noqa: S608
        return rows_of(self.session, query, {"item": np.int32}, folder / "in-time")["item"]

    def _parts(self) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Yield the histories file by file, which are in the order of users."""
        for file in self.files["histories"]:
            query = (
                f'SELECT "user", item, "timestamp", weight FROM {snapshots.parquet([file])} WHERE back <= {KEPT_EVENTS}'  # noqa: S608
            )
            part = self.session.execute(query).fetchnumpy()
            if len(part["user"]):
                yield part

    def _one(self, expression: str, name: str) -> int:
        return int(self.session.execute(f"SELECT {expression} FROM {self.scan(name)}").fetchall()[0][0])  # noqa: S608


def _files(deps: Deps, work: Input, name: str, folder: Path) -> list[Path]:
    """Bring the files of a table, in the order of their names."""
    bucket, prefix = deps.config.data_bucket, f"{folder_of(work)}{COUNTED}{name}/"
    keys = [key for key, _, _ in deps.objects.list(bucket, prefix) if key.endswith(".parquet")]
    return snapshots.downloaded(deps.objects, bucket, keys, folder / name)
