"""Trained models on this machine: fetched from S3 once, verified, kept in memory."""

import hashlib
import json
import os
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

from tastemaker.store.ports import Objects, Served
from tastemaker.store.trends import TrendShelf

MANIFEST = "manifest.json"
_KEPT = 8  # models a process holds at once; they are memory-mapped, so this bounds files rather than memory


class ModelShelf:
    """Models by the digest of their manifest, which itself names the digest of every file."""

    def __init__(self, objects: Objects, bucket: str, opener: Callable[[Path], Served]) -> None:
        self._objects = objects
        self._bucket = bucket
        self._open = opener
        self._loaded: OrderedDict[str, Served] = OrderedDict()
        self._trends = TrendShelf(objects, bucket)
        self._lock = Lock()

    def get(self, artifact: Mapping[str, str], trends: Mapping[str, str] | None = None) -> Served:
        """Return the model of an artifact {prefix, sha256}; ValueError if its files are not what was trained.

        Trends {key, sha256} are laid over it; where they cannot be read, the order of the training stays.
        """
        model = self._trained(artifact)
        return model if trends is None else self._trends.over(model, trends)

    def _trained(self, artifact: Mapping[str, str]) -> Served:
        digest = artifact["sha256"]
        model = self._loaded.get(digest)
        if model is None:
            with self._lock:
                model = self._loaded.get(digest) or self._load(artifact)
        return model

    def _load(self, artifact: Mapping[str, str]) -> Served:
        folder = Path(tempfile.gettempdir()) / f"tastemaker-models-{os.getuid()}" / artifact["sha256"]
        if not (folder / MANIFEST).exists():
            self._fetch(artifact, folder)
        model = self._loaded[artifact["sha256"]] = self._open(folder)
        while len(self._loaded) > _KEPT:
            self._loaded.popitem(last=False)
        return model

    def _fetch(self, artifact: Mapping[str, str], folder: Path) -> None:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=folder.parent))
        try:
            self._download(artifact, fresh)
            if not folder.exists():
                fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _download(self, artifact: Mapping[str, str], folder: Path) -> None:
        text = self._objects.read(self._bucket, f"{artifact['prefix']}{MANIFEST}")
        _verify(MANIFEST, hashlib.sha256(text).hexdigest(), artifact["sha256"])
        for name, described in json.loads(text)["files"].items():
            path = folder / f"{name}.npy"
            self._objects.download(self._bucket, f"{artifact['prefix']}{path.name}", path)
            with path.open("rb") as file:
                _verify(path.name, hashlib.file_digest(file, "sha256").hexdigest(), described["sha256"])
        (folder / MANIFEST).write_bytes(text)


def _verify(name: str, found: str, promised: str) -> None:
    if found != promised:
        raise ValueError(f"{name} has SHA-256 {found}, its record says {promised}")
