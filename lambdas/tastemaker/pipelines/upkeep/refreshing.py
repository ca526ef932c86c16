"""Incremental updates between trainings: items of later are taken into the model of a solution's newest version."""

from typing import Final

from tastemaker.domain.resources.changes import is_retraining
from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.lifecycle.refreshing import last_read, start, switch
from tastemaker.pipelines.lifecycle.retraining import resume
from tastemaker.pipelines.upkeep.trainings import has_new_items
from tastemaker.store.ports import Record

# "Semantic-Similarity recipe", performIncrementalUpdate.
_REST: Final = 1_800
_DAY: Final = 86_400


def refresh(deps: Deps, solution: Record, *, day: float, patience: float) -> list[str]:
    """Start the update of a solution's newest model if it is time and items came; a lost start is made good.

    `day` is the length of a day in seconds: a demonstration rests less between two updates.
    """
    if solution["status"] != ACTIVE or not solution.get("performIncrementalUpdate"):
        return []
    versions = [v for v in deps.resources.every("solution-version", parent=solution["_arn"]) if v["status"] == ACTIVE]
    for version in filter(is_retraining, versions):
        return resume(deps, version, patience=patience)
    if not versions:
        return []
    version = versions[-1]
    switch(deps, version)
    if deps.clock() < _last(version) + _REST * day / _DAY or not _has_news(deps, solution, version):
        return []
    start(deps, version)
    return [version["_arn"]]


def _last(version: Record) -> float:
    """Return when items were read last, or when that was tried."""
    read: float = last_read(version).get("recorded_before", 0.0)
    began: float = version.get("_retraining", {}).get("began", 0.0)
    return max(read, began)


def _has_news(deps: Deps, solution: Record, version: Record) -> bool:
    datasets = deps.resources.every("dataset", parent=solution["datasetGroupArn"])
    items = next((dataset for dataset in datasets if dataset["datasetType"] == "ITEMS"), None)
    return has_new_items(deps, items, last_read(version))
