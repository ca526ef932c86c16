"""Trained models on this machine: fetched from S3 once, verified, mapped into memory, in time given up for others.

So are the trends of between trainings, which are laid over a model.
"""

import gc
import hashlib
import json
import logging
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, finalize

from tastemaker.serving.fetching import Fetching, Plan, check_digest
from tastemaker.serving.folders import own_folder
from tastemaker.serving.ports import Served, UnreadableModel
from tastemaker.serving.successors import Successor
from tastemaker.store.ports import Objects

if TYPE_CHECKING:
    from tastemaker.serving.paging import Paged, Pages

_logger = logging.getLogger(__name__)
MANIFEST = "manifest.json"
# MB of a model that are fetched at once: API Gateway waits 29 seconds for the first answer from it, in which its files
# are fetched and verified, 100 MB in a second or less. Of a larger one the files of which answers read some rows come
# by blocks, as they are read.
LARGEST = 1_024
# MB of such blocks that are kept of one model.
PAGED = 1_024
_MOST = 16  # models: each array of one holds a file descriptor, of which Lambda gives 1,024
_REFUSED_FOR = 60.0  # seconds until a model that did not arrive whole is tried again
_MOST_ORDERS = 16  # trends of a model: replays ask for those of before

Artifact = Mapping[str, str]
Refusal = tuple[float, Callable[[], FileNotFoundError | ValueError]]  # until when, and what is raised


@dataclass(frozen=True, slots=True)
class _Entry:
    model: Served
    size: int
    pages: "Pages | None"


class ModelShelf:
    """Models by the digest of their manifest, which itself names the digest of every file.

    `room` is how many bytes of files are kept: those of the models that were used longest ago go first. Of a model of
    more than `most`, for which who asks first would wait too long (0: of more than the room), the files that are read
    by row are `paged`: so many bytes of their blocks are kept, as they are read; it is refused if its other files are
    too many still. They lie in a folder that this process made for itself, so after they were verified nobody changes
    them, and an open model's folder lives as long as the model: what an answer still uses may be off the shelf already.
    """

    def __init__(
        self,
        objects: Objects,
        bucket: str,
        opener: "Callable[[Path, Mapping[str, Paged]], Served]",
        *,
        room: int,
        most: int = 0,
        paged: int = PAGED << 20,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._objects = objects
        self._bucket = bucket
        self._open = opener
        self._room = room
        self._most = min(room, most or room)
        self._paged = paged
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()  # the one used last is last
        self._used = 0
        self._refused: dict[str, Refusal] = {}
        # What took the place of models that are gone, by the digests of those.
        self._later: dict[str, Artifact] = {}
        # Of each model by the digest of its trends; None where they are of no use: a model kept here as its own order
        # would keep itself.
        self._orders: WeakKeyDictionary[Served, OrderedDict[str, Served | None]] = WeakKeyDictionary()
        self._turns: dict[str, Lock] = {}
        self._lock = Lock()

    def get(self, artifact: Artifact) -> Served:
        """Return the model of an artifact {prefix, sha256}; ValueError if its files are not what was trained.

        Of one whose place another one took, since users left it, that one.
        """
        while (later := self._later.get(artifact["sha256"])) is not None:
            artifact = later
        digest = artifact["sha256"]
        return self._find(digest) or self._in_turn(artifact, lambda: self._find(digest) or self._add(artifact))

    def verify(self, artifact: Artifact) -> None:
        """Fetch an artifact whether or not it is here, and raise what `get` would of one that did not arrive whole."""
        self._refused.pop(artifact["sha256"], None)
        self._in_turn(artifact, lambda: self._add(artifact))

    def ordered(self, model: Served, trends: Artifact) -> Served:
        """Return a model in the order that trends {key, sha256} say, or as it is where they cannot be read."""
        orders = self._orders.setdefault(model, OrderedDict())
        ordered = orders.get(trends["sha256"], model)
        if ordered is model:  # no model is kept under its own name: these trends were not read yet
            try:
                ordered = self._read_order(model, trends)
            except Exception as problem:
                _logger.exception("the trends %s cannot be read: the order of the training serves", trends["key"])
                if not isinstance(problem, FileNotFoundError | ValueError | TypeError):
                    return model  # S3 may give them next time; what is gone or damaged is not asked for again
                ordered = None
            orders[trends["sha256"]] = ordered
            while len(orders) > _MOST_ORDERS:
                orders.popitem(last=False)
        return model if ordered is None else ordered

    def _read_order(self, model: Served, trends: Artifact) -> Served:
        body = self._objects.read(self._bucket, trends["key"])
        check_digest(trends["key"], hashlib.sha256(body).hexdigest(), trends["sha256"])
        content = json.loads(body)
        return model.ordered_by_now(content["rising"], content["falling"])

    def _find(self, digest: str) -> Served | None:
        with self._lock:
            entry = self._entries.get(digest)
            if entry is not None and entry.pages and entry.pages.gone:
                self._used -= self._entries.pop(digest).size
                entry = None
            if entry is None:
                return None
            self._entries.move_to_end(digest)
            return entry.model

    def _in_turn(self, artifact: Artifact, work: Callable[[], Served]) -> Served:
        """Let one at a time fetch a model; who wants another one does not wait."""
        digest = artifact["sha256"]
        with self._lock:
            turn = self._turns.setdefault(digest, Lock())
        with turn:
            try:
                return work()
            finally:
                self._turns.pop(digest, None)

    def _add(self, artifact: Artifact) -> Served:
        digest = artifact["sha256"]
        until, problem_of = self._refused.get(digest, (-inf, ValueError))
        if self._clock() < until:
            raise problem_of()
        try:
            return self._fetch_or_follow(artifact)
        except (FileNotFoundError, ValueError) as problem:
            self._refused[digest] = self._clock() + _REFUSED_FOR, _another(problem)
            raise

    def _fetch_or_follow(self, artifact: Artifact) -> Served:
        """Fetch a model, or the one by which it was replaced, perhaps while it was on its way."""
        try:
            return self._fetch(artifact)
        except FileNotFoundError:
            successor = Successor.find(self._objects, self._bucket, artifact["prefix"])
            if successor is None:
                raise
        later = successor.artifact
        model = self.get(later)
        self._later[artifact["sha256"]] = later
        return model

    def _fetch(self, artifact: Artifact) -> Served:
        text = self._objects.read(self._bucket, f"{artifact['prefix']}{MANIFEST}")
        check_digest(MANIFEST, hashlib.sha256(text).hexdigest(), artifact["sha256"])
        manifest = json.loads(text)
        plan = Plan.of(manifest["files"], self._most, self._paged)
        with self._space(plan.kept), _new_folder() as folder:
            fetching = Fetching(self._objects, self._bucket, artifact["prefix"], folder)
            fetching.whole(plan.whole)
            pages, paged = fetching.paged(plan.paged, plan.room)
            (folder / MANIFEST).write_bytes(text)
            model = self._open(folder, paged)
            finalize(model.files, shutil.rmtree, folder, ignore_errors=True).atexit = False
            self._put(artifact["sha256"], _Entry(model, plan.kept, pages))
        self._forget(manifest.get("erased", {}).get("replaces", ()))
        return model

    def _forget(self, digests: Iterable[str]) -> None:
        """Give up models that still hold users who were erased."""
        with self._lock:
            given_up = [entry for digest in digests if (entry := self._entries.pop(digest, None))]
            self._used -= sum(entry.size for entry in given_up)
        if given_up:
            given_up.clear()
            gc.collect()  # as above

    def _put(self, digest: str, entry: _Entry) -> None:
        with self._lock:
            before = self._entries.pop(digest, None)
            self._used -= before.size if before else 0
            self._entries[digest] = entry

    @contextmanager
    def _space(self, size: int) -> Iterator[None]:
        """Make room for files before they come, and count them unless they did not."""
        self._make_room(size)
        try:
            yield
        except BaseException:
            with self._lock:
                self._used -= size
            raise

    def _make_room(self, size: int) -> None:
        given_up = 0
        with self._lock:
            while self._entries and (self._used + size > self._room or len(self._entries) >= _MOST):
                self._used -= self._entries.popitem(last=False)[1].size
                given_up += 1
            self._used += size
        if given_up:
            gc.collect()  # what filters keep refers to itself; the models' folders go with it


def _another(problem: FileNotFoundError | ValueError) -> Callable[[], FileNotFoundError | ValueError]:
    """Return what makes the same exception again: this one would keep all that its traceback leads to."""
    if isinstance(problem, UnreadableModel):
        return partial(UnreadableModel, str(problem), problem.stored)
    return partial(FileNotFoundError if isinstance(problem, FileNotFoundError) else ValueError, str(problem))


@contextmanager
def _new_folder() -> Iterator[Path]:
    """Make a folder for a model; nothing is left of it if something goes wrong."""
    folder = Path(tempfile.mkdtemp(dir=own_folder("shelves")))
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
