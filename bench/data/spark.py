"""An import and its counts by spark/job.py with 1 GB of memory, beside the same by one machine with DuckDB.

Run: .venv/bin/python -m bench.data.spark [--events 1000000] [--skewed] [--kill] [--only-import]

It needs the extra `spark`, and Java.

--skewed: one user has a tenth of all events, and one item is in half of them. --kill: two executors of 1 GB in
processes of their own, of which one is killed while it sorts.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from platform import machine
from tempfile import TemporaryDirectory

import duckdb
import numpy as np

from bench.data import imports
from tastemaker.pipelines.datasets.snapshots import Part
from tastemaker.pipelines.imports.plans import plan_of
from tastemaker.pipelines.imports.spark_work import counts_of, parts_of, snapshot_work, verdict
from tastemaker.pipelines.training import clocks
from tastemaker.pipelines.training.sets import load_training_data
from tastemaker.pipelines.training.spread.pairs import counted_problem
from tastemaker.pipelines.training.spread.spark_work import reduce_work
from tastemaker.recipes.matrix.grams import Histories, Parts
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.learner import head_size
from tastemaker.recipes.matrix.symmetric import Among
from tastemaker.recipes.personal.searches import paired

# As a training's, though not by its search.
KERNEL = Kernel(window=120, exponent=0.5)
TABLES = ("users", "items", "histories", "popularity", "strengths", "head", "tail", "after")
JOB = Path(__file__).parents[2] / "spark" / "job.py"
SETTINGS = {
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.eventLog.enabled": "true",
    "spark.eventLog.compress": "false",
    "spark.eventLog.rolling.enabled": "false",
}


@dataclass(frozen=True)
class Run:
    """What a run of the job took; `killed` executors, and tasks that failed."""

    result: Mapping[str, object]
    seconds: float
    peak: int
    processor: float
    spilled: int
    shuffled: int
    failed: int
    killed: int

    def __str__(self) -> str:
        fates = f", {self.killed} executor killed, {self.failed} tasks done again" if self.killed else ""
        return (
            f"{self.seconds:.1f} s {self.result['seconds']}, {self.processor:.0f} s of CPU in tasks, "
            f"peak {self.peak} MB of one JVM, "
            f"spilled {self.spilled / 1e6:.0f} MB, shuffled {self.shuffled / 1e6:.0f} MB{fates}"
        )


def skewed(events: int) -> str:
    """Return the query of the same events when a tenth are one user's, and half are of one item."""
    return f"""
        SELECT if(TIMESTAMP % 10 = 0, 'user-whale', USER_ID) AS USER_ID,
               if(TIMESTAMP % 7 < 4, 'item-hot', ITEM_ID) AS ITEM_ID, * EXCLUDE (USER_ID, ITEM_ID)
        FROM ({imports.generated(events)})
    """  # noqa: S608


def prepare(root: Path, events: int, *, is_skewed: bool) -> str:
    """Write the events to four files, as a client would who has many."""
    folder = root / "bucket" / imports.LOCATION.rpartition("/")[2]
    folder.mkdir(parents=True)
    query = skewed(events) if is_skewed else imports.generated(events)
    with duckdb.connect() as session:
        session.execute(f"CREATE TABLE made AS {query}")
        for part in range(4):
            rows = f"SELECT * FROM made WHERE rowid % 4 = {part}"  # noqa: S608
            session.execute(f"COPY ({rows}) TO '{folder}/{part}.csv' (HEADER)")
    size = sum(path.stat().st_size for path in folder.iterdir())
    return f"{events} events, {size / 1e6:.0f} MB of CSV in 4 files"


def submit(root: Path, work: Mapping[str, object], master: str, *, kill: bool = False) -> Run:
    """Run the job on a work document as spark-submit does, and look at it from outside."""
    path, log = root / "work.json", root / "events-of-spark"
    path.write_text(json.dumps(work))
    log.mkdir(exist_ok=True)
    settings = {**SETTINGS, "spark.eventLog.dir": str(log), "spark.local.dir": str(root / "local")}
    options = " ".join(f"--conf {name}={value}" for name, value in settings.items())
    environment = {**os.environ, "PYSPARK_SUBMIT_ARGS": f"--master {master} {options} pyspark-shell"}
    began, peak, killed = time.monotonic(), 0, 0
    with (root / "spark.log").open("ab") as told:
        job = subprocess.Popen([sys.executable, JOB, path], env=environment, stdout=told, stderr=told)  # noqa: S603
        while job.poll() is None:
            workers = [*_descendants(job.pid)]
            peak = max([peak, *(_peak(pid) for pid in workers)])
            if kill and not killed and (victim := _executor(workers)) and _is_sorting(root):
                os.kill(victim, 9)
                killed = 1
            time.sleep(0.2)
    if job.returncode:
        raise SystemExit((root / "spark.log").read_text()[-3_000:])
    result = json.loads(Path(str(path).removesuffix(".json") + ".result.json").read_text())
    metrics = _metrics(max(log.iterdir(), key=lambda file: file.stat().st_mtime))
    return Run(result, time.monotonic() - began, peak=peak, killed=killed, **metrics)


def _is_sorting(root: Path) -> bool:
    """Whether the first rows are on their way into the order of the snapshot."""
    return any((root / "local").rglob("shuffle_*.data"))


def _metrics(log: Path) -> dict[str, float]:
    spilled = shuffled = failed = processor = 0
    for line in log.open():
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd":
            failed += event["Task End Reason"]["Reason"] != "Success"
            told = event.get("Task Metrics") or {}
            processor += told.get("Executor CPU Time", 0)
            spilled += told.get("Disk Bytes Spilled", 0)
            shuffled += (told.get("Shuffle Write Metrics") or {}).get("Shuffle Bytes Written", 0)
    return {"spilled": spilled, "shuffled": shuffled, "failed": failed, "processor": processor / 1e9}


def _descendants(parent: int) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                yield int(path.parent.name)
                yield from _descendants(int(path.parent.name))


def _peak(pid: int) -> int:
    with suppress(OSError, TypeError):  # a process that has ended has no memory
        return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) // 1024
    return 0


def _executor(pids: list[int]) -> int | None:
    for pid in pids:
        with suppress(OSError):
            if b"CoarseGrainedExecutorBackend" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    return None


def told(paths: list[str]) -> list[tuple[object, ...]]:
    """Return how many rows files have, and a sum over them that does not depend on their order."""
    with duckdb.connect() as session:
        scan = f"read_parquet({paths})"
        return session.execute(f"SELECT count(*), sum(hash(rows)) FROM {scan} AS rows").fetchall()  # noqa: S608


def one_machine(root: Path, events: int) -> list[tuple[object, ...]]:
    """Import by DuckDB in this process, and say what came of it."""
    began, computing = time.monotonic(), time.process_time()
    try:
        report = imports.convert(root)
    except duckdb.OutOfMemoryException as error:
        print(f"duckdb   {str(error).partition(chr(10))[0]}")
        return []
    took, processor = time.monotonic() - began, time.process_time() - computing
    print(f"duckdb   {took:.1f} s, {processor:.0f} s of CPU, {events / took:,.0f} events/s, peak {imports.peak()} MB")
    print(f"duckdb   {report}", flush=True)
    manifest = json.loads((root / "data" / (root / "snapshot").read_text()).read_text())
    return told([str(root / "data" / part["key"]) for part in manifest["parts"]])


def by_spark(root: Path, events: int, *, kill: bool) -> tuple[Part, ...]:
    """Import by Spark, and say what came of it; return the parts of the snapshot."""
    plan = plan_of(imports.world(root), imports.JOB)
    work = snapshot_work(plan, "data", None, lambda bucket, key: str(root / bucket / key))
    run = submit(root, work, "local-cluster[2,1,1024]" if kill else "local[2]", kill=kill)
    if fault := verdict(plan, run.result):
        raise SystemExit(str(fault))
    parts, counts = parts_of(plan, run.result), counts_of(plan, run.result, None)
    sizes = [part.bytes for part in parts]
    print(f"spark    {run}")
    print(
        f"spark    {events / run.seconds:,.0f} events/s, {len(parts)} parts of at most {max(sizes) / 1e6:.1f} MB, "
        f"{sum(sizes) / 1e6:.1f} MB in all, {counts['rows']} rows",
        flush=True,
    )
    return parts


def counted_by_spark(root: Path, parts: tuple[Part, ...]) -> Parts:
    """Count what a training does by Spark; return A and R' among the head."""
    events, rows = root / "events.parquet", sum(part.rows for part in parts)
    snapshot = [str(root / "data" / part.key) for part in parts]
    columns = f"USER_ID AS user_id, ITEM_ID AS item_id, {clocks.seconds('TIMESTAMP')} AS timestamp"
    with duckdb.connect() as session:
        query = f"SELECT {columns}, 1::FLOAT AS weight FROM read_parquet({snapshot})"  # noqa: S608
        session.execute(f"COPY ({query}) TO '{events}'")
    work = reduce_work([str(events)], {}, str(root / "counts"), str(root / "stage"), KERNEL, rows)
    run = submit(root, work, "local[2]")
    print(f"spark    {run}")
    print(f"spark    counted {run.result['counts']}, {rows / run.seconds:,.0f} events/s", flush=True)
    with duckdb.connect() as session:
        scan = lambda name: f"read_parquet('{root}/counts/{name}/*.parquet')"  # noqa: E731
        sizes = {name: session.execute(f"SELECT count(*) FROM {scan(name)}").fetchone()[0] for name in TABLES}  # noqa: S608
        print(f"spark    rows of {sizes}", flush=True)
        return counted_problem(session, scan, int(run.result["counts"]["head"]), KERNEL).among_head()


def counted_by_engines(root: Path) -> Parts:
    """Count the same by the engines; of the head alone, which is where they begin."""
    began, computing = time.monotonic(), time.process_time()
    snapshots = {"INTERACTIONS": (root / "snapshot").read_text()}
    group = {"datasetGroupArn": "group"}
    data = load_training_data(imports.world(root), group, snapshots, recorded_before=time.time())
    events = paired(data.interactions)
    counts = np.bincount(events.items, minlength=events.n_items)
    order = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
    places = np.full(events.n_items, -1, np.int32)
    head = order[: head_size(len(order))]
    places[head] = np.arange(len(head))
    _, parts = Among.of(Histories.of(events, KERNEL), places, KERNEL)
    took, processor = time.monotonic() - began, time.process_time() - computing
    print(f"engines  {took:.1f} s, {processor:.0f} s of CPU for the head alone, peak {imports.peak()} MB", flush=True)
    return parts


def main() -> None:
    """Make the events, and import them in both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--skewed", action="store_true")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--only-import", action="store_true", help="count nothing")
    parser.add_argument("--folder", type=Path, help="where to work; by default in the system's temporary folder")
    options = parser.parse_args()
    print(f"$ bench/data/spark.py {' '.join(sys.argv[1:])}")
    print(f"{os.cpu_count()} cores {machine()}, load {os.getloadavg()[0]:.1f}, {date.today()}", flush=True)  # noqa: DTZ011
    with TemporaryDirectory(dir=options.folder) as folder:
        root = Path(folder)
        print("made    ", prepare(root, options.events, is_skewed=options.skewed), flush=True)
        parts = by_spark(root, options.events, kill=options.kill)
        rows = told([str(root / "data" / part.key) for part in parts])
        pairs = None if options.only_import else counted_by_spark(root, parts)
        shutil.rmtree(root / "data")
        others_rows = one_machine(root, options.events)
        print(f"rows     {'not compared' if not others_rows else 'equal' if rows == others_rows else 'DIFFERENT'}")
        if pairs is not None and others_rows:
            others = counted_by_engines(root)
            most = max(np.abs(one - other).max() / other.max() for one, other in zip(pairs, others, strict=True))
            print(f"pairs    of the head differ by {most:.1e} of the largest at most")


if __name__ == "__main__":
    main()
