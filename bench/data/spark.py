"""An import and its counts by spark/job.py with 1 GB of memory, beside the same by one machine with DuckDB.

Run: .venv/bin/python -m bench.data.spark [--events 1000000] [--skewed] [--kill]        needs the extra `spark` and Java

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

from bench.data import imports
from tastemaker.pipelines.imports.plans import plan_of
from tastemaker.pipelines.imports.spark_work import counts_of, parts_of, snapshot_work, verdict

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
    spilled: int
    shuffled: int
    failed: int
    killed: int

    def __str__(self) -> str:
        fates = f", {self.killed} executor killed, {self.failed} tasks done again" if self.killed else ""
        return (
            f"{self.seconds:.1f} s {self.result['seconds']}, peak {self.peak} MB of one JVM, "
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
    return Run(result, time.monotonic() - began, peak, **metrics, killed=killed)


def _is_sorting(root: Path) -> bool:
    """Whether the first rows are on their way into the order of the snapshot."""
    return any((root / "local").rglob("shuffle_*.data"))


def _metrics(log: Path) -> dict[str, int]:
    spilled = shuffled = failed = 0
    for line in log.open():
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd":
            failed += event["Task End Reason"]["Reason"] != "Success"
            told = event.get("Task Metrics") or {}
            spilled += told.get("Disk Bytes Spilled", 0)
            shuffled += (told.get("Shuffle Write Metrics") or {}).get("Shuffle Bytes Written", 0)
    return {"spilled": spilled, "shuffled": shuffled, "failed": failed}


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
        return session.execute(f"SELECT count(*), sum(hash(COLUMNS(*))) FROM {scan}").fetchall()  # noqa: S608


def one_machine(root: Path) -> list[tuple[object, ...]]:
    """Import by DuckDB in this process, and say what came of it."""
    began = time.monotonic()
    print("duckdb  ", imports.convert(root), flush=True)
    took = time.monotonic() - began
    key = (root / "snapshot").read_text()
    manifest = json.loads((root / "data" / key).read_text())
    print(f"duckdb   {took:.1f} s, {manifest['rows'] / took:,.0f} rows/s, peak {imports.peak()} MB", flush=True)
    return told([str(root / "data" / part["key"]) for part in manifest["parts"]])


def by_spark(root: Path, events: int, *, kill: bool) -> list[tuple[object, ...]]:
    """Import by Spark, and say what came of it."""
    plan = plan_of(imports.world(root), imports.JOB)
    work = snapshot_work(plan, "data", None, lambda bucket, key: str(root / bucket / key))
    run = submit(root, work, "local-cluster[2,1,1024]" if kill else "local[2]", kill=kill)
    if fault := verdict(plan, run.result):
        raise SystemExit(str(fault))
    parts, counts = parts_of(plan, run.result), counts_of(plan, run.result, None)
    sizes = [part.bytes for part in parts]
    print(f"spark    {run}")
    print(
        f"spark    {events / run.seconds:,.0f} rows/s, {len(parts)} parts of at most {max(sizes) / 1e6:.1f} MB, "
        f"{sum(sizes) / 1e6:.1f} MB in all, {counts['rows']} rows",
        flush=True,
    )
    return told([str(root / "data" / part.key) for part in parts])


def main() -> None:
    """Make the events, and import them in both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--skewed", action="store_true")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--folder", type=Path, help="where to work; by default in the system's temporary folder")
    options = parser.parse_args()
    print(f"$ bench/data/spark.py {' '.join(sys.argv[1:])}")
    print(f"{os.cpu_count()} cores {machine()}, load {os.getloadavg()[0]:.1f}, {date.today()}", flush=True)  # noqa: DTZ011
    with TemporaryDirectory(dir=options.folder) as folder:
        root = Path(folder)
        print("made    ", prepare(root, options.events, is_skewed=options.skewed), flush=True)
        spark = by_spark(root, options.events, kill=options.kill)
        shutil.rmtree(root / "data")
        print(f"rows     {'equal' if spark == one_machine(root) else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
