"""Which snapshot a dataset points at: changed in one conditional write, and what it replaces is removed.

A snapshot may be removed while somebody reads it: `reading` begins anew with what the dataset points at then.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import snapshots_folder
from tastemaker.store.ports import Record

_REPLACEMENTS = 5  # in a row during one read; more than that is no bad luck
_Read = TypeVar("_Read")


class Overtaken(Exception):
    """The dataset is no longer as it was when the new snapshot was made."""


def switch(deps: Deps, dataset_arn: str, snapshot: str, check: Callable[[Record], None], *, job: str) -> None:
    """Let a dataset point at the snapshot of a job unless `check` raises; repeated, finish what is left to do."""

    def pointing(dataset: Record) -> Record:
        before = dataset.get("_snapshot")
        if before == snapshot:
            return {}
        check(dataset)
        # Noted in the same write: if this process dies before the removal, the next switch catches up on it.
        older = [*dataset.get("_replaced", ()), *([before] if before else ())]
        now = deps.clock()
        return {"_snapshot": snapshot, "_snapshot_of": job, "_replaced": older, "lastUpdatedDateTime": now}

    dataset = deps.resources.update(dataset_arn, pointing, when=(ACTIVE,))
    _remove(deps, dataset_arn, dataset.get("_replaced", ()))


def sweep(deps: Deps, dataset_arn: str) -> None:
    """Remove the snapshots that a dataset does not point at: replaced ones, and what failed jobs have left behind.

    Whoever writes one at this moment is told by the count: its switch is refused, and the next attempt goes elsewhere.
    """
    folder = snapshots_folder(dataset_arn)
    keys = [key.removeprefix(folder) for key, _, _ in deps.objects.list(deps.config.data_bucket, folder)]
    record = deps.resources.update(dataset_arn, lambda dataset: {"_sweeps": dataset.get("_sweeps", 0) + 1})
    for name in sorted({key.partition("/")[0] for key in keys}):
        if f"{folder}{name}/{snapshots.MANIFEST}" != record.get("_snapshot"):
            deps.objects.delete(deps.config.data_bucket, f"{folder}{name}/")


def require_whole(deps: Deps, dataset: Record, snapshot: str, sweeps: int) -> None:
    """Raise Overtaken if a snapshot that was written since a count of sweeps may have lost parts."""
    if dataset.get("_sweeps", 0) != sweeps or not snapshots.exists(deps.objects, deps.config.data_bucket, snapshot):
        raise Overtaken


def reading(read: Callable[[], _Read]) -> _Read:
    """Return what `read` returns; it looks for the snapshot anew each time it finds that one was replaced."""
    for _ in range(_REPLACEMENTS):
        with suppress(FileNotFoundError):
            return read()
    return read()


def _remove(deps: Deps, dataset_arn: str, manifests: list[str]) -> None:
    for key in manifests:
        deps.objects.delete(deps.config.data_bucket, key.removesuffix(snapshots.MANIFEST))
    if manifests:
        deps.resources.update(
            dataset_arn, lambda dataset: {"_replaced": [k for k in dataset.get("_replaced", ()) if k not in manifests]}
        )
