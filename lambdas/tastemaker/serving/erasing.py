"""A trained model without some users: all that it holds by user is written anew without their rows.

What it learned from all users together stays as it was, and so do the answers to the others: by item it has weights,
counts and orders, by value of a column the items that go with it. Of a value that only those had who leave, nothing is
left.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.contract import Told
from tastemaker.recipes.data import Ids, Mask, rows_kept
from tastemaker.serving import artifacts
from tastemaker.serving.artifacts import (
    CATALOGUE_PREFIX,
    ERASED,
    FRESH_PREFIX,
    MANIFEST,
    MODEL_PREFIX,
    Artifact,
)
from tastemaker.serving.catalogue import Catalogue, Touched, arrays_of_touched
from tastemaker.serving.ports import ADVICE, UnreadableModel

# The arrays of an artifact that hold ids of users; those of sessions are among those of what was touched.
ID_FILES: Final = ("user_ids.npy", f"{CATALOGUE_PREFIX}touched.users.npy")
_USERS: Final = "USERS."
_TEXT: Final = ("letters", "bounds", "rows")
Arrays = dict[str, NDArray[Any]]
Gone = Callable[[Ids], Mask]


def write_without(folder: Path, target: Path, gone: Gone, told: Told) -> str:
    """Write the artifact of a folder into another one without the users that are gone; return its manifest's digest.

    `told` says which values of interactions anybody else has told. The same users leave the same bytes. UnreadableModel
    if it is not known what its arrays hold.
    """
    if damaged := artifacts.verify(folder):
        raise UnreadableModel(f"{damaged[0]} is not what was stored: {ADVICE}")
    artifact = artifacts.load(folder)
    keep = ~gone(artifact.user_ids)
    artifacts.write(target, _arrays(artifact, keep, gone, told), _about(artifact, keep, folder))
    return sha256((target / MANIFEST).read_bytes()).hexdigest()


def _arrays(artifact: Artifact, keep: Mask, gone: Gone, told: Told) -> Arrays:
    names = artifact.manifest["files"]
    model = artifact.model.with_users(keep, told).to_arrays()
    arrays = {"item_ids": artifact.item_ids, "user_ids": artifact.user_ids[keep], **_histories(artifact, keep)}
    arrays |= {MODEL_PREFIX + name: array for name, array in model.items()}
    arrays |= {CATALOGUE_PREFIX + name: array for name, array in _catalogue(artifact.catalogue, keep, gone).items()}
    if artifact.fresh:
        fresh = {"ages": artifact.fresh.ages, "seen": artifact.fresh.counts, "newest": [artifact.fresh.newest]}
        arrays |= {FRESH_PREFIX + name: np.asarray(array) for name, array in fresh.items()}
    if arrays.keys() != names.keys():
        raise UnreadableModel(f"the model has other arrays than are known, {min(arrays.keys() ^ names.keys())}")
    return arrays


def _about(artifact: Artifact, keep: Mask, folder: Path) -> Mapping[str, Any]:
    """Return what else its manifest says, and what it takes the place of."""
    before = artifact.manifest.get(ERASED, {"replaces": []})
    digest = sha256((folder / MANIFEST).read_bytes()).hexdigest()
    users = artifact.trained_users - int(keep.sum())
    erased = {"users": users, "newest": artifact.newest, "replaces": [*before["replaces"], digest]}
    return {name: value for name, value in artifact.manifest.items() if name != "files"} | {ERASED: erased}


def _histories(artifact: Artifact, keep: Mask) -> Arrays:
    starts, entries = rows_kept(artifact.history_starts, keep)
    arrays = {name: getattr(artifact, f"history_{name}")[entries] for name in ("items", "times", "weights")}
    arrays = {f"history_{name}": array for name, array in {"starts": starts, **arrays}.items()}
    if "taken_starts" in artifact.manifest["files"]:
        starts, entries = rows_kept(artifact.taken_starts, keep)
        arrays |= {"taken_starts": starts, "taken_items": artifact.taken_items[entries]}
    return arrays


def _catalogue(catalogue: Catalogue, keep: Mask, gone: Gone) -> Arrays:
    arrays = {name: catalogue.read(name) for name in catalogue.names}
    for name in sorted(catalogue.names):
        stem, _, part = name.rpartition(".")
        if name.startswith(_USERS) and part == "numbers":
            arrays[name] = arrays[name][keep]
        elif name.startswith(_USERS) and part == "rows":
            arrays |= {f"{stem}.{each}": array for each, array in _texts(arrays, stem, keep).items()}
        elif name.startswith(_USERS) and part not in {*_TEXT, "split"}:
            raise UnreadableModel(f"the model has a column of users that is not known, {name}")
    touched = catalogue.touched()
    if touched is not None:
        told = arrays_of_touched(_touched(touched, gone))
        arrays |= {name: array for name, array in told.items() if name in catalogue.names}
    return arrays


def _texts(arrays: Arrays, stem: str, keep: Mask) -> Arrays:
    """Return a column of texts by value (`catalogue.Texts`) of some rows; a value that none of them has goes."""
    letters, bounds, rows = (arrays[f"{stem}.{name}"] for name in _TEXT)
    place = (np.cumsum(keep) - 1).astype(rows.dtype)
    kept = keep[rows]
    numbers = np.repeat(np.arange(bounds.shape[1] - 1), np.diff(bounds[1]))[kept]
    counts = np.bincount(numbers, minlength=bounds.shape[1] - 1)
    ends, places = rows_kept(bounds[0], counts > 0)
    bounds = np.stack([ends, np.append(0, np.cumsum(counts[counts > 0]))]).astype(bounds.dtype)
    return {"letters": letters[places], "bounds": bounds, "rows": place[rows[kept]]}


def _touched(touched: Touched, gone: Gone) -> Touched:
    keep = ~gone(touched.users)
    starts, entries = rows_kept(touched.starts, keep)
    used, types = np.unique(touched.types[entries], return_inverse=True)
    sessions = touched.sessions[~gone(touched.sessions)]
    of_events = touched.items[entries], types.astype(touched.types.dtype), touched.names[used]
    return Touched(touched.users[keep], starts, *of_events, sessions)
