"""A batch inference job of many users, its parts answered by two processes as by two functions, beside bare numpy.

The model is random, of the shape that training leaves (300 entries a row); users have 20 events, and one in a hundred
has ten more since the training. Objects are files of a folder and no part of anybody's memory; records and events are
in memory. Half-way one process is killed in the middle of its part, and another one goes on: the output must have the
same bytes as that of a job that nobody disturbed. The peer multiplies the weights of each user's items with as many
dense rows of 20,000 numbers and takes the top 25, on as many processes; it reads no file and writes none.

Run: .venv/bin/python -m bench.answers.batch_parts [--users 200000] [--items 20000] [--processes 2]
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.answers.made import _columns, _event, _ids
from bench.answers.serving_scale import model_of
from bench.data.imports import FolderObjects
from bench.functions import MODELS, given
from bench.reports import RESULTS, machine
from tastemaker import bootstrap
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.records import first_record
from tastemaker.pipelines.batch import steps
from tastemaker.pipelines.deps import Deps
from tastemaker.recipes import registry
from tastemaker.recipes.data import Interactions, TrainingData
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.personal.candidates import Choice
from tastemaker.recipes.personal.engine import Personal
from tastemaker.serving import artifacts
from tastemaker.serving.live_models import LiveModels
from tastemaker.serving.shelf import ModelShelf
from tastemaker.store.memory import MemoryEvents, MemoryRecords, MemoryResources

EVENTS, ASKED, DAY, TRAINED = 20, 25, 86_400, 1_750_000_000
HOME = "arn:aws:personalize:us-east-1:123456789012"
GROUP, VERSION = f"{HOME}:dataset-group/bench", f"{HOME}:solution/bench/version"
RECIPE = "aws-user-personalization-v2"
PEERS = 4_000  # users that the peer answers


class Folder(FolderObjects):
    """A folder in which objects appear whole, are read from any place and are uploaded in parts, as in S3."""

    def write(self, bucket: str, key: str, body: bytes, *, kms_key: str | None = None) -> None:
        """Store an object whole, or not at all if somebody ends this process."""
        del kms_key
        path = self.root / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_bytes(body)
        draft.rename(path)

    def read_range(self, bucket: str, key: str, begin: int, size: int, *, etag: str) -> bytes:
        """Return some bytes."""
        del etag
        with (self.root / bucket / key).open("rb") as file:
            file.seek(begin)
            return file.read(size)

    def begin_upload(self, bucket: str, key: str, *, kms_key: str | None = None) -> str:
        """Begin a folder of parts."""
        del bucket, kms_key
        return hashlib.sha256(key.encode()).hexdigest()

    def upload_part(self, bucket: str, key: str, upload: str, number: int, body: bytes) -> str:
        """Store a part."""
        del key
        self.write(bucket, f".uploads/{upload}/{number}", body)
        return "tag"

    def finish_upload(self, bucket: str, key: str, upload: str, tags: list[str]) -> None:
        """Put the parts one behind the other, without reading them all at once."""
        target = self.root / bucket / key
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for number in range(1, len(tags) + 1):
                file.write(self.read(bucket, f".uploads/{upload}/{number}"))

    def list(self, bucket: str, prefix: str) -> list[tuple[str, int, str]]:
        """Return (key, bytes, etag) below a prefix."""
        return [each for each in super().list(bucket, prefix) if "/." not in f"/{each[0]}"]


def train(root: Path, users: int, items: int) -> None:
    """Write a model's files."""
    rng = np.random.default_rng(items)
    engine = model_of(rng, items)
    model = Personal(engine.sources, engine.weights, Choice(Kernel(), 1.0))
    owners = np.repeat(np.arange(users), EVENTS)
    picks, times = rng.integers(0, items, len(owners)), TRAINED - rng.integers(0, 365 * DAY, len(owners))
    interactions = Interactions.sort(owners, picks, times, n_users=users, n_items=items)
    data = TrainingData(interactions, _ids("u", users), _ids("i", items), catalogue=_columns(rng, items))
    extra = {"events": {"recorded_before": float(TRAINED), "context_columns": []}}
    artifacts.save(root / "models" / "m", recipe=registry.get(RECIPE), model=model, data=data, manifest_extra=extra)


def world(root: Path, users: int, items: int, *jobs: str) -> Deps:
    """Return what a function finds: the version, jobs, and events since the training."""
    sha256 = hashlib.sha256((root / "models" / "m" / artifacts.MANIFEST).read_bytes()).hexdigest()
    resources, records, events = MemoryResources(), MemoryRecords(), MemoryEvents()
    recipe = {"name": RECIPE, "type": "USER_PERSONALIZATION", "needs": ["userId"]}
    artifact = {"prefix": "m/", "sha256": sha256}
    version = {"datasetGroupArn": GROUP, "solutionArn": "s", "_artifact": artifact, "_recipe": recipe}
    resources.create({**_record("solution-version", VERSION, version), "status": "ACTIVE"})
    for job in jobs:
        resources.create({**_record("batch-inference-job", _arn(job), _job(job)), "status": "CREATE IN_PROGRESS"})
    rng = np.random.default_rng(1)
    for user in _ids("u", users)[::100].tolist():
        events.put(GROUP, [_event(user, int(rng.integers(items)), number) for number in range(10)])
    objects = Folder(root)
    shelf = ModelShelf(objects, MODELS, bootstrap._open_model, room=4 << 30)  # noqa: SLF001 - the one opener
    models = LiveModels(shelf, records, time.time)
    return given(objects, model_room=4096, resources=resources, events=events, records=records, models=models)


def _record(kind: str, arn: str, members: dict[str, Any]) -> dict[str, Any]:
    return first_record(KINDS[kind], arn, members, now=float(TRAINED), tags={})


def _arn(job: str) -> str:
    return f"{HOME}:batch-inference-job/{job}"


def _job(name: str) -> dict[str, Any]:
    places = {"jobInput": {"s3DataSource": {"path": f"s3://lines/{name.partition('-')[0]}/"}}}
    places |= {"jobOutput": {"s3DataDestination": {"path": f"s3://answers/{name}/"}}}
    return {"jobName": name, "solutionVersionArn": VERSION, "datasetGroupArn": GROUP, "roleArn": "r", **places} | {
        "numResults": ASKED
    }


def write_lines(root: Path, name: str, users: list[str]) -> None:
    """Write an input."""
    body = "".join(json.dumps({"userId": user}) + "\n" for user in users)
    Folder(root).write("lines", f"{name}/users.json", body.encode())


class Functions:
    """Processes that answer the parts of a job, as the Map of its state machine lets functions do."""

    def __init__(self, root: Path, users: int, items: int, job: str) -> None:
        self._given = root, users, items, job
        self._context = multiprocessing.get_context("spawn")
        self.peak = 0

    def answer(self, parts: list[int], processes: int, disturb: Callable[[list[Any]], None] | None = None) -> None:
        """Answer parts; what `disturb` has killed is answered by another process."""
        shares = [parts[turn::processes] for turn in range(processes)]
        pipes, running = [], []
        for share in filter(None, shares):
            mine, other = self._context.Pipe(duplex=False)
            process = self._context.Process(target=_answer, args=(self._given, share, other))
            process.start()
            other.close()
            pipes.append(mine)
            running.append(process)
        if disturb:
            disturb(running)
        for process, pipe, share in zip(running, pipes, filter(None, shares), strict=True):
            process.join()
            with suppress(EOFError):
                self.peak = max(self.peak, pipe.recv())
            if process.exitcode:
                self.answer(share, 1)


def _answer(given: tuple[Path, int, int, str], parts: list[int], pipe: Any) -> None:  # noqa: ANN401
    root, users, items, job = given
    deps = world(root, users, items, job)
    for part in parts:
        while steps.answer(deps, {"arn": _arn(job), "change": "create", "part": part})["more"]:
            pass
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def run(root: Path, users: int, items: int, job: str, processes: int, *, kill: bool = False) -> dict[str, Any]:
    """Run a job's steps and return seconds, peak memory of a function in MB, and the digest of the output."""
    deps, functions = world(root, users, items, job), Functions(root, users, items, job)
    start = time.perf_counter()
    work = steps.plan(deps, {"arn": _arn(job), "change": "create"})
    planned = time.perf_counter()

    def disturb(running: list[Any]) -> None:
        folder = root / "data" / "jobs"
        while len([*folder.rglob(f"{job}/*/parts/*.json")]) < len(work["parts"]) // 2:
            time.sleep(0.05)
        time.sleep(0.5)  # in the middle of the next part
        os.kill(running[0].pid, signal.SIGKILL)

    functions.answer(work["parts"], processes, disturb if kill else None)
    answered = time.perf_counter()
    while steps.join(deps, work)["more"]:
        pass
    with (root / "answers" / job / "users.json.out").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    seconds = {"plan": planned - start, "answers": answered - planned, "joining": time.perf_counter() - answered}
    return {**seconds, "parts": len(work["parts"]), "peak": functions.peak / 1024, "digest": digest}


def peer(items: int, processes: int) -> float:
    """Return the seconds of a bare product and top 25 for PEERS users on some processes."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        return max(pool.map(_products, [(items, PEERS // processes, turn) for turn in range(processes)]))


def _products(task: tuple[int, int, int]) -> float:
    items, users, turn = task
    rng = np.random.default_rng(turn)
    rows = rng.random((2_000, items), np.float32)  # of which each user has some
    places, weights = rng.integers(0, len(rows), (users, EVENTS)), rng.random((users, EVENTS), np.float32)
    start = time.perf_counter()
    for mine, by in zip(places, weights, strict=True):
        np.argpartition(-(by @ rows[mine]), ASKED)[:ASKED]
    return time.perf_counter() - start


def report(users: int, items: int, processes: int) -> Iterator[str]:
    """Measure, and yield line after line."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        train(root, users, items)
        ids = _ids("u", users).tolist()
        for name, some in (("few", ids[: users // 4]), ("all", ids)):
            write_lines(root, name, some)
        few = run(root, users, items, "few", processes)
        whole = run(root, users, items, "all", processes)
        killed = run(root, users, items, "all-killed", processes, kill=True)
        size = (root / "answers" / "all" / "users.json.out").stat().st_size
    seconds = peer(items, processes)
    bare = PEERS / seconds
    for name, count, result in (("a quarter of them", users // 4, few), ("all of them", users, whole)):
        rate = count / result["answers"]
        yield (
            f"{name:18} {result['parts']:>3} parts: answers {result['answers']:6.1f} s, plan {result['plan']:4.1f} s, "
            f"joining {result['joining']:4.1f} s; {rate:5.0f} users a second; peak memory of a function "
            f"{result['peak']:5.0f} MB"
        )
    rate = users / whole["answers"]
    yield f"bare numpy, product and top {ASKED}: {bare:5.0f} users a second; ours takes {bare / rate:.2f} times as long"
    yield f"output {size / 1e6:.1f} MB, the model's files mapped into the memory of each function"
    same = "the same bytes" if killed["digest"] == whole["digest"] else "OTHER BYTES"
    yield f"one function killed in the middle of a part, another one goes on: {same}, {killed['answers']:.1f} s"


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=200_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    arguments = f"--users {options.users} --items {options.items} --processes {options.processes}"
    lines = [f"$ python -m bench.answers.batch_parts {arguments}", machine()]
    for line in report(options.users, options.items, options.processes):
        print(line, flush=True)
        lines.append(line)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "batch-parts.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
