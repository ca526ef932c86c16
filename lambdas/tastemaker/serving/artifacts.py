"""A trained model on disk: one .npy per array, memory-mapped when read, and a manifest with their SHA-256."""

import json
import os
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tastemaker.domain.formats import FORMAT
from tastemaker.recipes import registry
from tastemaker.recipes.additions import Additions
from tastemaker.recipes.contract import Model, Recipe
from tastemaker.recipes.data import Floats, Ids, Indices, Newcomers, Query, Times, TrainingData, find
from tastemaker.serving import exploration, fetching, paging
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.exploration import Freshness
from tastemaker.serving.ports import ADVICE, UnreadableModel

MANIFEST = "manifest.json"
MODEL_PREFIX = "model_"
CATALOGUE_PREFIX = "catalogue_"
FRESH_PREFIX = "fresh_"
# What the manifest says of users who left the model since its training: {users, newest, replaces}.
ERASED = "erased"
# What a user did longer ago than this many events is not served; measured to cost nothing.
KEPT_EVENTS = 1000


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model with the ids and histories it was trained on; histories are rows (users,) of `history_starts`."""

    manifest: dict[str, Any]
    recipe: Recipe
    model: Model
    item_ids: Ids
    user_ids: Ids
    history_starts: Times
    history_items: Indices
    history_times: Times
    history_weights: Floats
    taken_starts: Times
    taken_items: Indices
    catalogue: Catalogue
    # Of recipes that explore only.
    fresh: Freshness | None = None
    # Items that were put since the training, numbered behind those of `item_ids`.
    newcomers: tuple[str, ...] = ()

    @property
    def n_items(self) -> int:
        """Return the size of the catalogue."""
        return len(self.item_ids) + len(self.newcomers)

    @property
    def trained_users(self) -> int:
        """Return how many users it learned from, those among them who were erased since."""
        erased: int = self.manifest.get(ERASED, {}).get("users", 0)
        return len(self.user_ids) + erased

    @property
    def newest(self) -> int | None:
        """Return when its newest event was, perhaps of a user who was erased since; None without any."""
        erased: int | None = self.manifest.get(ERASED, {}).get("newest")
        moments = [] if erased is None else [erased]
        moments += [int(self.history_times.max())] if len(self.history_times) else []
        return max(moments, default=None)

    def grown(self, additions: Additions) -> Self:
        """Return the same artifact with the new ones among the items that were put since."""
        if not additions.newcomers:
            return self
        rows = [row for row, place in zip(additions.rows, additions.places, strict=True) if place >= len(self.item_ids)]
        newcomers = Newcomers(rows, self.trained_users)
        fresh = self.fresh.grown(newcomers) if self.fresh else None
        return replace(self, model=self.model.grown(newcomers), fresh=fresh, newcomers=additions.newcomers)

    def item_index(self, item_id: str) -> int | None:
        """Return an item's index, or None for an item the model does not know."""
        index = find(self.item_ids, item_id)
        if index is None and self.newcomers:
            place = bisect_left(self.newcomers, item_id)
            if place < len(self.newcomers) and self.newcomers[place] == item_id:
                return len(self.item_ids) + place
        return index

    def name(self, item: int) -> str:
        """Return the id of an item."""
        n_trained = len(self.item_ids)
        return str(self.item_ids[item]) if item < n_trained else self.newcomers[item - n_trained]

    def names(self, items: Indices) -> list[str]:
        """Return the ids of some items."""
        if items.max(initial=0) < len(self.item_ids):
            item_ids: list[str] = self.item_ids[items].tolist()
            return item_ids
        return [self.name(item) for item in items.tolist()]

    def user_index(self, user_id: str) -> int | None:
        """Return a user's index, or None for a user without events in training."""
        return find(self.user_ids, user_id)

    def item_indices(self, item_ids: Iterable[str]) -> Indices:
        """Return the indices of the known ones among many ids, in their order."""
        indices = (self.item_index(item_id) for item_id in item_ids)
        return np.array([index for index in indices if index is not None], np.int32)

    def history(self, user_id: str) -> tuple[Indices, Times]:
        """Return what a user did, oldest first; nothing for an unknown user."""
        row = self._row(user_id)
        return self.history_items[row], self.history_times[row]

    def taken(self, user_id: str | None) -> Indices:
        """Return the items that are kept out of a user's answers, oldest first."""
        user = None if user_id is None else self.user_index(user_id)
        if user is None or not len(self.taken_starts):
            return np.empty(0, np.int32)
        return self.taken_items[self.taken_starts[user] : self.taken_starts[user + 1]]

    def query(
        self,
        user_id: str | None = None,
        *,
        item: int | None = None,
        events: tuple[ArrayLike, ArrayLike] = ((), ()),
        now: int | None = None,
    ) -> Query:
        """Ask for a user's history in training followed by newer events as (items, timestamps)."""
        row = slice(0, 0) if user_id is None else self._row(user_id)
        items = np.concatenate([self.history_items[row], np.asarray(events[0], np.int32)])
        times = np.concatenate([self.history_times[row], np.asarray(events[1], np.int64)])
        fresh = np.ones(len(items) - (row.stop - row.start), np.float32)
        weights = np.concatenate([self.history_weights[row], fresh])
        order = np.argsort(times, kind="stable")
        user = None if user_id is None else self.user_index(user_id)
        return Query.of(items[order], times[order], weights[order], item=item, user=user, now=now)

    def _row(self, user_id: str) -> slice:
        user = self.user_index(user_id)
        if user is None:
            return slice(0, 0)
        return slice(int(self.history_starts[user]), int(self.history_starts[user + 1]))


def save(
    folder: Path,
    *,
    recipe: Recipe,
    model: Model,
    data: TrainingData,
    histories: Mapping[str, NDArray[Any]] | None = None,
    manifest_extra: Mapping[str, Any] | None = None,
    least: int = paging.LEAST,
) -> dict[str, Any]:
    """Write an artifact, the manifest last, and return the manifest; files of `least` bytes can be read by blocks.

    `histories` are given where the data have no events.
    """
    arrays = {"item_ids": data.item_ids, "user_ids": data.user_ids} | _taken(data)
    arrays |= histories or _histories(data)
    arrays |= {MODEL_PREFIX + name: array for name, array in model.to_arrays().items()}
    arrays |= {CATALOGUE_PREFIX + name: array for name, array in data.catalogue.items()}
    if recipe.metadata.exploration:
        arrays |= {FRESH_PREFIX + name: array for name, array in exploration.measure(data).items()}
    about = {"format": FORMAT, "recipe": recipe.name, "settings": model.settings}
    return write(folder, arrays, about | dict(manifest_extra or {}), least=least)


def write(
    folder: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any], *, least: int = paging.LEAST
) -> dict[str, Any]:
    """Write the arrays of an artifact, then a manifest of them with what else is to be said, and return that."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {**about, "files": {name: _write(folder, name, array, least) for name, array in sorted(arrays.items())}}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return manifest


def _histories(data: TrainingData) -> dict[str, NDArray[Any]]:
    events = data.interactions
    starts = events.starts()
    age = starts[events.users + 1] - np.arange(len(events))
    newest = events.where(age <= KEPT_EVENTS)
    return {
        "history_starts": newest.starts(),
        "history_items": newest.items,
        "history_times": newest.timestamps,
        "history_weights": newest.weights,
    }


def _taken(data: TrainingData) -> dict[str, NDArray[Any]]:
    if data.taken is None:
        return {}
    return {"taken_starts": data.taken.starts(), "taken_items": data.taken.items}


def _write(folder: Path, name: str, array: NDArray[Any], least: int) -> dict[str, Any]:
    path = folder / f"{name}.npy"
    if (stored := _file_of(array)) is not None:
        os.link(stored, path)
    else:
        np.save(path, np.ascontiguousarray(array), allow_pickle=False)
    size = path.stat().st_size
    file = {"shape": list(array.shape), "dtype": str(array.dtype), "bytes": size, "sha256": _digest(path)}
    return file | (_sums(path) if size >= least else {})


def _file_of(array: NDArray[Any]) -> Path | None:
    """Return the file that an array is, whole: a large one need not lie on the disk twice."""
    if not isinstance(array, np.memmap) or array.filename is None:
        return None
    path = Path(array.filename)
    return path if array.offset + array.nbytes == path.stat().st_size else None


def _sums(path: Path) -> dict[str, Any]:
    """Write the sums of a large file's blocks beside it, and return what the manifest says of them."""
    beside = path.with_suffix(fetching.SUMS)
    beside.write_bytes(paging.sums_of(path))
    return {"sums": {"bytes": beside.stat().st_size, "sha256": _digest(beside)}}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def file_names(manifest: Mapping[str, Any]) -> list[str]:
    """Return the files an artifact consists of, the manifest last."""
    files = manifest["files"]
    return [f"{name}.npy" for name in files] + fetching.sums_beside(files) + [MANIFEST]


def verify(folder: Path) -> list[str]:
    """Return the names of files that are missing or not as the manifest says."""
    manifest = json.loads((folder / MANIFEST).read_text())
    paths = {name: folder / f"{name}.npy" for name in manifest["files"]}
    return [
        path.name
        for name, path in paths.items()
        if not path.exists() or _digest(path) != manifest["files"][name]["sha256"]
    ]


def check_format(manifest: Mapping[str, Any]) -> None:
    """Raise UnreadableModel for a model of an older or a newer format."""
    if (stored := manifest.get("format")) != FORMAT:
        raise UnreadableModel(f"the model has format {stored}, not {FORMAT}: {ADVICE}", stored)


def load(folder: Path, paged: Mapping[str, Any] = MappingProxyType({})) -> Artifact:
    """Map an artifact into memory; nothing is read before it is needed, of `paged` arrays nothing fetched."""
    manifest = json.loads((folder / MANIFEST).read_text())
    check_format(manifest)
    try:
        return _loaded(manifest, lambda name: paged[name] if name in paged else _map(folder, name))
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        # Its files are as they were stored: that is checked where they come from.
        kind = type(problem).__name__
        raise UnreadableModel(f"the model was stored by another version ({kind}: {problem}): {ADVICE}") from problem


def _loaded(manifest: Mapping[str, Any], read: Callable[[str], NDArray[Any]]) -> Artifact:
    recipe = registry.get(manifest["recipe"])
    own = {name.removeprefix(MODEL_PREFIX): read(name) for name in manifest["files"] if name.startswith(MODEL_PREFIX)}
    return Artifact(
        dict(manifest),
        recipe,
        recipe.model.from_arrays(own, manifest["settings"]),
        read("item_ids"),
        read("user_ids"),
        read("history_starts"),
        read("history_items"),
        read("history_times"),
        read("history_weights"),
        read("taken_starts") if "taken_starts" in manifest["files"] else np.empty(0, np.int64),
        read("taken_items") if "taken_items" in manifest["files"] else np.empty(0, np.int32),
        _catalogue(manifest, read),
        _fresh(manifest, read),
    )


def _fresh(manifest: Mapping[str, Any], read: Callable[[str], NDArray[Any]]) -> Freshness | None:
    if f"{FRESH_PREFIX}ages" not in manifest["files"]:
        return None
    ages, counts, newest = (read(f"{FRESH_PREFIX}{name}") for name in ("ages", "seen", "newest"))
    return Freshness(ages, counts, float(newest[0]))


def _catalogue(manifest: Mapping[str, Any], read: Callable[[str], NDArray[Any]]) -> Catalogue:
    names = (name for name in manifest["files"] if name.startswith(CATALOGUE_PREFIX))
    return Catalogue(
        frozenset(name.removeprefix(CATALOGUE_PREFIX) for name in names),
        lambda name: read(CATALOGUE_PREFIX + name),
    )


def _map(folder: Path, name: str) -> NDArray[Any]:
    path = folder / f"{name}.npy"
    # A plain view of the mapping: numpy's memmap class slows each indexing down.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
