"""A batch segment job of very many users, its steps called as a function does, beside a bare sparse product.

The model is random, of the shape that training leaves (300 entries a row, users of two values of 50); each user has 20
events, items by popularity. Objects are files of a folder and no part of anybody's memory. The job runs in a process of
its own, so the peak is the function's; its model's files are mapped, and counted where they were touched. The peer is
scipy alone: the same histories, weighted one way, times the columns of the matrix that lead to the lines' items, and
the best of each line, in blocks of as many users on as many threads; it knows no counts, tempos, values or weights.

Run: .venv/bin/python -m bench.answers.segments_scale [--users 2000000] [--items 20000] [--lines 100] [--best 1000]
"""

import argparse
import hashlib
import io
import json
import multiprocessing
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import numpy as np
from scipy.sparse import csr_matrix

from bench.data.imports import FolderObjects
from bench.functions import MODELS, given
from bench.reports import RESULTS, machine
from tastemaker import bootstrap
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.records import first_record
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.segments import steps
from tastemaker.recipes import registry, workers
from tastemaker.recipes.attributes.segments import KEPT as LIFTS
from tastemaker.recipes.attributes.segments import Segments
from tastemaker.recipes.data import Interactions, TrainingData
from tastemaker.recipes.matrix.neighbours import Neighbours
from tastemaker.recipes.segments.learning import UNTAUGHT
from tastemaker.recipes.segments.model import Affinity
from tastemaker.recipes.segments.tops import Tops
from tastemaker.serving import artifacts, finding
from tastemaker.serving.live_models import LiveModels
from tastemaker.serving.shelf import ModelShelf
from tastemaker.store.memory import MemoryRecords

EVENTS, DAY, TRAINED = 20, 86_400, 1_750_000_000
HOME = "arn:aws:personalize:us-east-1:123456789012"
GROUP, VERSION = f"{HOME}:dataset-group/bench", f"{HOME}:solution/bench/version"
RECIPE, VALUES, ENTRIES = "aws-item-affinity", 50, 300
JOB = f"{HOME}:batch-segment-job/bench"


class Folder(FolderObjects):
    """A folder that streams are stored in."""

    def write(self, bucket: str, key: str, body: bytes, *, kms_key: str | None = None) -> None:
        """Store an object."""
        self.upload_stream(io.BytesIO(body), bucket, key, kms_key=kms_key)

    def upload_stream(self, stream: BinaryIO, bucket: str, key: str, *, kms_key: str | None = None) -> None:
        """Store an object from a stream."""
        del kms_key
        path = self.root / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)


def function(root: Path) -> Deps:
    """Return what a function finds."""
    objects, records = Folder(root), MemoryRecords()
    shelf = ModelShelf(objects, MODELS, bootstrap._open_model, room=8 << 30)  # noqa: SLF001  the one opener
    return given(objects, model_room=8192, records=records, models=LiveModels(shelf, records, time.time))


def train(root: Path, users: int, items: int) -> str:
    """Write a model's files and return the digest of their manifest."""
    rng = np.random.default_rng(items)
    events = histories(rng, users, items)
    counts = np.bincount(events.items, minlength=items).astype(np.int32)
    starts, values = np.arange(users + 1) * 2, rng.integers(0, VALUES, 2 * users, dtype=np.int32)
    lifted = rng.integers(0, items, (VALUES, LIFTS), dtype=np.int32), rng.normal(size=(VALUES, LIFTS))
    segments = Segments(starts, values, lifted[0], lifted[1].astype(np.float32), np.ones(1, np.float32))
    settings = {"horizon": 50.0 * DAY, "alike": True, "users": users}
    weights = UNTAUGHT.own, UNTAUGHT.new, UNTAUGHT.seen
    model = Affinity(neighbours(rng, items), counts, counts * 9 // 10, segments, None, *weights, settings)
    ids = (np.char.add(letter, np.char.zfill(np.arange(n).astype(np.str_), 7)) for letter, n in _sizes(users, items))
    data = TrainingData(events, *ids)
    extra = {"events": {"recorded_before": float(TRAINED), "context_columns": []}}
    folder = root / "models" / "m"
    artifacts.save(folder, recipe=registry.get(RECIPE), model=model, data=data, manifest_extra=extra)
    return hashlib.sha256((folder / artifacts.MANIFEST).read_bytes()).hexdigest()


def _sizes(users: int, items: int) -> tuple[tuple[str, int], ...]:
    return ("u", users), ("i", items)


def histories(rng: np.random.Generator, users: int, items: int) -> Interactions:
    """Return EVENTS events of each user in a year, popular items more often."""
    owners = np.repeat(np.arange(users, dtype=np.int32), EVENTS)
    picks = (items * rng.random(len(owners), np.float32) ** 2).astype(np.int32)
    times = np.sort(TRAINED - rng.integers(0, 365 * DAY, (users, EVENTS)), axis=1).ravel()
    return Interactions(owners, picks, times, np.ones(len(owners), np.float32), n_users=users, n_items=items)


def neighbours(rng: np.random.Generator, items: int) -> Neighbours:
    """Return a random matrix."""
    kept = min(ENTRIES, items)
    columns = np.sort(rng.integers(0, items, (items, kept), dtype=np.int32), axis=1)
    return Neighbours(np.arange(items + 1) * kept, columns.ravel(), rng.random(items * kept, np.float32))


def write_lines(root: Path, items: int, lines: int) -> list[int]:
    """Write an input of items of all popularities, and return them."""
    asked = np.linspace(0, items - 1, lines).astype(int).tolist()
    body = "".join(json.dumps({"itemId": f"i{item:07d}"}) + "\n" for item in asked)
    Folder(root).write("lines", "items.json", body.encode())
    return asked


def work(root: Path, sha256: str, best: int, pipe: Any) -> None:  # noqa: ANN401  of multiprocessing
    """Run the steps of a job, and send seconds of each and the peak of this process in MB."""
    deps = function(root)
    artifact, recipe = {"prefix": "m/", "sha256": sha256}, {"name": RECIPE, "type": "USER_SEGMENTATION", "needs": []}
    about = {"datasetGroupArn": GROUP, "solutionArn": "s", "_artifact": artifact, "_recipe": recipe}
    places = {"jobInput": {"s3DataSource": {"path": "s3://lines/items.json"}}}
    places |= {"jobOutput": {"s3DataDestination": {"path": "s3://answers/"}}}
    job = {"jobName": "bench", "solutionVersionArn": VERSION, "roleArn": "r", "numResults": best, **places}
    for kind, arn, members in (("solution-version", VERSION, about), ("batch-segment-job", JOB, job)):
        record = first_record(KINDS[kind], arn, {"datasetGroupArn": GROUP} | members, now=float(TRAINED), tags={})
        deps.resources.create({**record, "status": "ACTIVE" if members is about else "CREATE IN_PROGRESS"})
    began = time.perf_counter()
    prepared = steps.prepare(deps, {"arn": JOB, "change": "create"})
    begun = time.perf_counter()
    steps.run(deps, prepared)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pipe.send((begun - began, time.perf_counter() - begun, peak))


def peer(root: Path, asked: list[int], best: int) -> float:
    """Return the seconds of one product in blocks, and of the best of each line."""
    read = partial(np.load, mmap_mode="r")
    stored = {path.stem: read(path) for path in (root / "models" / "m").glob("*.npy")}
    starts, picks, weights = (stored[f"history_{name}"] for name in ("starts", "items", "weights"))
    parts = (stored[f"model_neighbours_{name}"] for name in ("values", "columns", "starts"))
    items, users = len(stored["item_ids"]), len(starts) - 1
    matrix = csr_matrix(tuple(parts), (items, items)).tocsc()[:, asked].tocsr()
    size, tops = max(1, finding.CELLS // len(asked)), Tops(len(asked), best)

    def product(begin: int) -> np.ndarray:
        rows = starts[begin : min(begin + size, users) + 1]
        part = slice(int(rows[0]), int(rows[-1]))
        history = csr_matrix((weights[part], picks[part], rows - rows[0]), (len(rows) - 1, items))
        return (history @ matrix).toarray()

    began = time.perf_counter()
    blocks, at_once = range(0, users, size), 2 * workers.threads()
    for first in range(0, len(blocks), at_once):
        some = blocks[first : first + at_once]
        for begin, scores in zip(some, workers.spread(product, some), strict=True):
            tops.add(begin, scores)
    tops.best()
    return time.perf_counter() - began


def apart(target: Callable[..., None], *given: object) -> Any:  # noqa: ANN401  what it sends
    """Return what a process of its own sends."""
    context = multiprocessing.get_context("spawn")
    mine, other = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(*given, other))
    process.start()
    other.close()
    reply = mine.recv()
    process.join()
    return reply


def report(users: int, items: int, lines: int, best: int) -> Iterator[str]:
    """Measure, and yield line after line."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        sha256 = apart(_trained, root, users, items)
        asked = write_lines(root, items, lines)
        prepare, run, peak = apart(work, root, sha256, best)
        bare = peer(root, asked, best)
        size = sum(path.stat().st_size for path in (root / "models" / "m").glob("*")) / 1e6
        output = (root / "answers" / "items.json.out").stat().st_size / 1e6
    yield (
        f"{users:,} users x {lines} lines, best {best:,}: run {run:.1f} s, preparation {prepare:.1f} s; "
        f"{users / run:,.0f} users a second, {users * lines / run / 1e6:.2f} M cells a second"
    )
    yield f"peak memory {peak:,.0f} MB, of it up to {size:,.0f} MB the model's mapped files; output {output:.1f} MB"
    yield (
        f"bare scipy, one product and the best: {bare:.1f} s, {users / bare:,.0f} users a second; ours takes "
        f"{run / bare:.2f} times as long"
    )


def _trained(root: Path, users: int, items: int, pipe: Any) -> None:  # noqa: ANN401  of multiprocessing
    pipe.send(train(root, users, items))


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=2_000_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--lines", type=int, default=100)
    parser.add_argument("--best", type=int, nargs="+", default=[1_000, 200_000])
    parser.add_argument("--output", type=Path, default=RESULTS / "segments-scale.txt")
    options = parser.parse_args()
    arguments = f"--users {options.users} --items {options.items} --lines {options.lines}"
    arguments += f" --best {' '.join(map(str, options.best))}"
    lines = [f"$ python -m bench.answers.segments_scale {arguments}", machine()]
    for best in options.best:
        for line in report(options.users, options.items, options.lines, best):
            print(line, flush=True)
            lines.append(line)
    options.output.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
