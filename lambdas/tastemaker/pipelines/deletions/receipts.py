"""What a data deletion leaves behind: models that were trained before it hold the users until they are deleted."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tastemaker.domain.resources.statuses import BUSY
from tastemaker.pipelines.deletions.sources import Users
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import models_folder, recommender_folder
from tastemaker.serving.artifacts import CATALOGUE_PREFIX, MANIFEST
from tastemaker.store.ports import Record

# The arrays of an artifact that hold user ids.
_FILES = ("user_ids.npy", f"{CATALOGUE_PREFIX}touched.users.npy")
_CHUNK = 100_000  # ids looked up at a time
_HELD = "held"  # the table of the users that one model holds


def holders(deps: Deps, group: str, users: Users) -> list[Record]:
    """Return every stored model of a dataset group that holds one of the users: of which resource, and how many."""
    models = []
    for arn, prefix in _models(deps, group):
        keys = [f"{prefix}{name}" for name in _FILES]
        present = [key for key, _, _ in deps.objects.list(deps.config.models_bucket, prefix) if key in keys]
        if count := _held(deps, present, users):
            models.append({"arn": arn, "prefix": prefix, "users": count, "servedBy": _serving(deps, group, prefix)})
    return models


def under_training(deps: Deps, group: str) -> list[str]:
    """Return what is being trained now, on data that may have been read before the users left it."""
    versions = [version for _, version in _versions(deps, group) if version["status"] in BUSY]
    recommenders = [
        recommender
        for recommender in deps.resources.every("recommender", parent=group)
        if {recommender["status"], recommender.get("latestRecommenderUpdate", {}).get("status")} & BUSY
    ]
    return [record["_arn"] for record in versions + recommenders]


def _models(deps: Deps, group: str) -> Iterator[tuple[str, str]]:
    """Walk through the stored models: of which resource each is, and where; there is one for each training."""
    for arn, folder in _folders(deps, group):
        keys = [key for key, _, _ in deps.objects.list(deps.config.models_bucket, folder)]
        for name in sorted({key.rpartition("/")[0] for key in keys if key.endswith(f"/{MANIFEST}")}):
            yield arn, f"{name}/"


def _folders(deps: Deps, group: str) -> Iterator[tuple[str, str]]:
    for _, version in _versions(deps, group):
        yield version["_arn"], models_folder(version["_arn"])
    for recommender in deps.resources.every("recommender", parent=group):
        yield recommender["_arn"], recommender_folder(recommender["_arn"])


def _versions(deps: Deps, group: str) -> Iterator[tuple[Record, Record]]:
    for solution in deps.resources.every("solution", parent=group):
        for version in deps.resources.every("solution-version", parent=solution["_arn"]):
            yield solution, version


def _serving(deps: Deps, group: str, prefix: str) -> list[str]:
    """Return the campaigns and recommenders that answer from a model."""
    solutions = [solution["_arn"] for solution in deps.resources.every("solution", parent=group)]
    campaigns = [c for solution in solutions for c in deps.resources.every("campaign", parent=solution)]
    records = [*campaigns, *deps.resources.every("recommender", parent=group)]
    return [r["_arn"] for r in records if r.get("_serving", {}).get("artifact", {}).get("prefix") == prefix]


def _held(deps: Deps, keys: list[str], users: Users) -> int:
    """Return how many of the users some files of ids hold."""
    users.session.execute(f"CREATE OR REPLACE TEMP TABLE {_HELD} (id VARCHAR)")
    for key in keys:
        with deps.workdir() as folder:
            path = folder / "ids.npy"
            deps.objects.download(deps.config.models_bucket, key, path)
            _note_held(path, users)
    [(count,)] = users.session.execute(f"SELECT count(DISTINCT id) FROM {_HELD}").fetchall()  # noqa: S608
    return int(count)


def _note_held(path: Path, users: Users) -> None:
    ids = np.load(path, mmap_mode="r", allow_pickle=False)
    for start in range(0, len(ids), _CHUNK):
        users.session.execute(
            f"INSERT INTO {_HELD} SELECT id FROM (SELECT unnest(CAST(? AS VARCHAR[])) AS id) "  # noqa: S608
            f"WHERE id IN (SELECT USER_ID FROM {users.table})",
            [ids[start : start + _CHUNK].tolist()],
        )
