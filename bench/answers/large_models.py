"""First answers from a large model, of which only what is read is fetched: from files, each request as slow as S3's.

    .venv/bin/python -m bench.answers.large_models FOLDER [--latency 20] [--speed 100] [--users 200]

FOLDER has the artifact of a model for users, its manifest and arrays. A request takes --latency ms, its bytes come at
--speed MB a second; users are drawn from all of the training, so that hardly any two have blocks in common.
"""

import argparse
import sys
import time
from hashlib import sha256
from pathlib import Path
from threading import Lock

import numpy as np

from bench import reports
from tastemaker.serving.artifacts import MANIFEST
from tastemaker.serving.asking import Asking
from tastemaker.serving.model import open_model
from tastemaker.serving.shelf import LARGEST, ModelShelf
from tastemaker.store.memory import MemoryObjects

RESULTS = reports.RESULTS / "large-models.txt"


class Stored(MemoryObjects):
    """The files of a folder as objects of a bucket as slow as S3; counts what is asked for."""

    def __init__(self, folder: Path, latency: float, speed: float) -> None:
        super().__init__()
        self.folder, self.latency, self.speed = folder, latency, speed
        self.requests = self.bytes = 0
        self._lock = Lock()

    def read(self, bucket: str, key: str) -> bytes:
        """Return a file's bytes."""
        del bucket
        path = self.folder / key
        if not path.exists():
            raise FileNotFoundError(key)
        return self._told(path.read_bytes())

    def read_range(self, bucket: str, key: str, begin: int, size: int, *, etag: str = "") -> bytes:
        """Return some of a file's bytes."""
        del bucket, etag
        with (self.folder / key).open("rb") as file:
            file.seek(begin)
            return self._told(file.read(size))

    def download(self, bucket: str, key: str, path: Path) -> None:
        """Copy a file."""
        path.write_bytes(self.read(bucket, key))

    def _told(self, body: bytes) -> bytes:
        time.sleep(self.latency + len(body) / self.speed)
        with self._lock:
            self.requests += 1
            self.bytes += len(body)
        return body


def main() -> None:
    """Open a model, ask for users drawn by chance, and keep what it took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--latency", type=float, default=20.0)
    options.add_argument("--speed", type=float, default=100.0)
    options.add_argument("--users", type=int, default=200)
    given = options.parse_args()
    stored = Stored(given.folder, given.latency / 1e3, given.speed * 1e6)
    shelf = ModelShelf(stored, "models", open_model, room=3 * LARGEST << 20, most=LARGEST << 20)
    artifact = {"prefix": "", "sha256": sha256((given.folder / MANIFEST).read_bytes()).hexdigest()}
    began = time.monotonic()
    model = shelf.get(artifact)
    files = sum(path.stat().st_size for path in given.folder.glob("*.npy"))
    lines = [
        f"$ bench/answers/large_models.py {' '.join(['FOLDER', *sys.argv[2:]])}",
        reports.machine(),
        f"{model.artifact.n_items:,} items, {len(model.artifact.user_ids):,} users, {files / 1e6:,.0f} MB",
        f"opened  {time.monotonic() - began:.2f} s, {stored.bytes / 1e6:,.0f} MB fetched at once",
    ]
    drawn = np.random.default_rng(0).choice(len(model.artifact.user_ids), given.users, replace=False)
    users = [str(model.artifact.user_ids[user]) for user in drawn]
    lines += [_asked(name, model, stored, users) for name in ("cold", "again")]
    print("\n".join(lines))
    RESULTS.write_text("\n".join(lines) + "\n")


def _asked(name: str, model, stored: Stored, users: list[str]) -> str:  # noqa: ANN001  a served model
    seconds, requests, size = [], stored.requests, stored.bytes
    for user in users:
        began = time.monotonic()
        model.recommend(Asking(user_id=user), 25)
        seconds.append(1e3 * (time.monotonic() - began))
    each = (stored.requests - requests) / len(users), (stored.bytes - size) / len(users) / 1e6
    p50, p99 = np.percentile(seconds, [50, 99])
    return (
        f"{name:<6}  first {seconds[0]:,.1f} ms, p50 {p50:,.1f} ms, p99 {p99:,.1f} ms; "
        f"{each[0]:.1f} requests and {each[1]:.2f} MB an answer"
    )


if __name__ == "__main__":
    main()
