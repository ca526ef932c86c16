"""Export made-up interactions, and delete a thousand users from them and from a model of as many.

The export is beside plain DuckDB from Parquet to CSV.

Each measurement is a process of its own. Run: .venv/bin/python -m bench.data.exports [--rows 5000000]
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import duckdb
import numpy as np

from bench.data.imports import DATASET, HOME, JOB, FolderObjects, world
from tastemaker.pipelines.deletions import steps as deletions
from tastemaker.pipelines.deletions.sources import Users
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.exports import steps as exports
from tastemaker.pipelines.imports import steps as imports
from tastemaker.recipes import registry
from tastemaker.recipes.data import Ids, Interactions, TrainingData
from tastemaker.serving import artifacts, erasing
from tastemaker.serving.catalogue import Touched, arrays_of_touched

GROUP = f"{HOME}:dataset-group/journey"
USERS = 1_000


class StreamingFolder(FolderObjects):
    """A folder that takes streams, and in which nothing is missing silently."""

    def upload_stream(self, stream: BinaryIO, bucket: str, key: str, *, kms_key: str | None = None) -> None:
        """Store what a stream gives."""
        del kms_key
        path = self.root / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            while chunk := stream.read(1 << 23):
                file.write(chunk)


def stored(root: Path) -> Deps:
    """Return a dataset with a snapshot, and jobs that wait."""
    deps = world(root)
    object.__setattr__(deps, "objects", StreamingFolder(root))
    snapshot = (root / "snapshot").read_text() if (root / "snapshot").exists() else None
    own = {"_kind": "dataset", "_parent": GROUP, "_created": "", "datasetGroupArn": GROUP, "_snapshot": snapshot}
    deps.resources.update(DATASET, own)
    for arn in ("schema", JOB):
        deps.resources.update(arn, {"_kind": "", "_created": ""})
    export = {"datasetArn": DATASET, "jobName": "bench", "roleArn": "role", "ingestionMode": "BULK"}
    output = {"jobOutput": {"s3DataDestination": {"path": "s3://out/"}}}
    deps.resources.create({**job("export", "dataset-export-job", "CREATE IN_PROGRESS"), **export, **output})
    deletion = {"datasetGroupArn": GROUP, "roleArn": "role", "dataSource": {"dataLocation": "s3://bucket/gone.csv"}}
    deps.resources.create({**job("deletion", "data-deletion-job", "IN_PROGRESS"), **deletion})
    return deps


def job(arn: str, kind: str, status: str) -> dict[str, str]:
    """Return what every job's record has."""
    return {"_arn": arn, "_kind": kind, "_created": "1", "status": status}


def prepare(root: Path, rows: int) -> str:
    """Write CSV, and import it."""
    (root / "bucket").mkdir()
    query = f"""
        SELECT 'user-' || (hash(range) % {rows // 20}) AS USER_ID, 'item-' || (hash(range * 7) % 20000) AS ITEM_ID,
               1700000000 + range AS TIMESTAMP, if(range % 3 = 0, 'Buy', 'View') AS EVENT_TYPE,
               (range % 50) / 10 AS EVENT_VALUE FROM range({rows})
    """  # noqa: S608
    with duckdb.connect() as session:
        session.execute(f"COPY ({query}) TO '{root}/bucket/interactions.csv' (HEADER)")
    (root / "bucket" / "gone.csv").write_text("USER_ID\n" + "".join(f"user-{n}\n" for n in range(USERS)))
    result = imports.convert(stored(root), {"arn": JOB, "change": "create"})
    (root / "snapshot").write_text(result["snapshot"])
    return f"{rows} rows"


def plain(root: Path, _rows: int) -> str:
    """Let DuckDB alone turn the snapshot into CSV, on the disk."""
    [part] = (root / "data").rglob("part-*.parquet")
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as session:
        session.execute(f"COPY (FROM read_parquet('{part}')) TO '{root}/plain.csv' (HEADER)")
    return f"{(root / 'plain.csv').stat().st_size / 1e6:.1f} MB"


def export(root: Path, _rows: int) -> str:
    """Run the step export.write."""
    result = exports.write(stored(root), {"arn": "export", "change": "create"})
    return f"{(root / 'out' / 'bench.csv').stat().st_size / 1e6:.1f} MB, {result['rows']} rows"


def rewrite(root: Path, _rows: int) -> str:
    """Run the step deletion.rewrite."""
    result = deletions.rewrite(stored(root), {"arn": "deletion", "change": "erase"})
    return f"{result['snapshots'][0]['rows']} rows of {USERS} users gone"


def model(root: Path, rows: int) -> str:
    """Store a model that holds the histories of all users, and what filters know of them."""
    users, items = rows // 20, 20_000
    who, what = (np.random.default_rng(0).integers(most, size=rows) for most in (users, items))
    events = Interactions.sort(who, what, np.arange(rows), n_users=users, n_items=items)
    user_ids, item_ids = (
        np.array([f"{kind}-{n:08d}" for n in range(most)]) for kind, most in (("user", users), ("item", items))
    )
    nobody = np.empty(0, np.str_)
    touched = Touched(user_ids, events.starts(), events.items, np.zeros(rows, np.int32), np.array(["Buy"]), nobody)
    data = TrainingData(events, user_ids, item_ids, catalogue=arrays_of_touched(touched))
    recipe = registry.get("aws-popularity-count")
    artifacts.save(root / "old", recipe=recipe, model=recipe.fit(data), data=data)
    return f"{size_of(root / 'old'):.0f} MB, {users} users"


def strip(root: Path, rows: int) -> str:
    """Write the model without some users, as the step deletion.strip does."""
    with duckdb.connect() as session:
        chosen = f"SELECT format('user-{{:08d}}', range * {rows // 20 // USERS}) AS USER_ID FROM range({USERS})"  # noqa: S608
        session.execute(f"CREATE TABLE gone AS {chosen}")
        gone = Users(session, "gone", USERS, "").among
        erasing.write_without(root / "old", root / "new", gone, lambda _, values: np.ones(len(values), np.bool_))
    left = len(np.load(root / "new" / "user_ids.npy", mmap_mode="r"))
    return f"{size_of(root / 'new'):.0f} MB, {rows // 20 - left} users gone"


def ids_of(kind: str, count: int) -> Ids:
    """Return so many ids, sorted."""
    return np.array([f"{kind}-{number:08d}" for number in range(count)])


def size_of(folder: Path) -> float:
    """Return the megabytes of a folder's files."""
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


STEPS = {step.__name__: step for step in (prepare, plain, export, rewrite, model, strip)}


def main() -> None:
    """Measure every step in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--root", type=Path)
    options = parser.parse_args()
    if options.step:
        began = time.perf_counter()
        report = STEPS[options.step](options.root, options.rows)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{options.step:8} {time.perf_counter() - began:6.1f} s  peak {peak:5.0f} MB  {report}", flush=True)
        return
    with TemporaryDirectory() as folder:
        for step in STEPS:
            command = [
                sys.executable,
                "-m",
                "bench.data.exports",
                "--rows",
                str(options.rows),
                "--step",
                step,
                "--root",
                folder,
            ]
            subprocess.run(command, check=True)  # noqa: S603 - this very script


if __name__ == "__main__":
    main()
