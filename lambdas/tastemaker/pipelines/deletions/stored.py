"""The models of a dataset group as they lie in the bucket, and which users are in them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from tastemaker.pipelines.deletions.sources import Users
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import models_folder, recommender_folder
from tastemaker.recipes.data import Ids
from tastemaker.serving.erasing import ID_FILES
from tastemaker.store.ports import Record

# How each held-out user was answered, beside a model.
EVALUATION = "evaluation.npz"
# What numpy raises of files that are not what it has written.
_UNREADABLE = (BadZipFile, EOFError, KeyError, ValueError)


@dataclass(frozen=True, slots=True)
class Stored:
    """A folder of a version or recommender and the files in it: a model, what is left of one, or where it went."""

    arn: str
    prefix: str
    names: tuple[str, ...]


def stored_models(deps: Deps, group: str) -> Iterator[Stored]:
    """Walk through the folders, always in the same order; there is one for each training, at least."""
    for arn, folder in sorted(_folders(deps, group), key=lambda each: each[1]):
        names = defaultdict[str, list[str]](list)
        for key, _, _ in deps.objects.list(deps.config.models_bucket, folder):
            prefix, _, name = key.rpartition("/")
            names[f"{prefix}/"].append(name)
        yield from (Stored(arn, prefix, tuple(names[prefix])) for prefix in sorted(names))


def trained(deps: Deps, group: str) -> Iterator[Record]:
    """Walk through whatever has models: the versions of solutions, and recommenders."""
    for solution in deps.resources.every("solution", parent=group):
        yield from deps.resources.every("solution-version", parent=solution["_arn"])
    yield from deps.resources.every("recommender", parent=group)


def held_in(deps: Deps, model: Stored, users: Users) -> int | None:
    """Return how many of the users a model holds, or None if that cannot be told of its files."""
    with deps.workdir() as folder:
        files = [(name, folder / name) for name in (*ID_FILES, EVALUATION) if name in model.names]
        for name, path in files:
            deps.objects.download(deps.config.models_bucket, f"{model.prefix}{name}", path)
        try:
            return users.count_in([_ids(path) for _, path in files])
        except _UNREADABLE:
            return None


def _ids(path: Path) -> Ids:
    loaded = np.load(path, mmap_mode="r", allow_pickle=False)
    ids: Ids = loaded["users"] if path.name == EVALUATION else loaded
    return ids


def _folders(deps: Deps, group: str) -> Sequence[tuple[str, str]]:
    """Return below which folders models are."""
    of_kind = {"solution-version": models_folder, "recommender": recommender_folder}
    return [(record["_arn"], of_kind[record["_kind"]](record["_arn"])) for record in trained(deps, group)]
