"""The steps every workflow shares: begin, settle, and fail with a reason."""

from contextlib import suppress

from tastemaker.domain.resources.changes import (
    is_newest,
)
from tastemaker.domain.resources.statuses import (
    ACTIVE,
    BEGINS,
    BUSY,
    CREATE_FAILED,
    CREATE_IN_PROGRESS,
    CREATE_STOPPED,
    CREATE_STOPPING,
    DELETING,
    ENDS,
    ERASING,
    FALLS_BACK,
    TURNING,
)
from tastemaker.errors import ResourceInUse, ResourceNotFound
from tastemaker.pipelines.attribution.destinations import probe
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.changes import apply_update, finish, own, settle_update
from tastemaker.pipelines.lifecycle.keys import require_key
from tastemaker.pipelines.lifecycle.reasons import reason_of
from tastemaker.pipelines.lifecycle.removal import remove_contents, remove_remains
from tastemaker.pipelines.lifecycle.retraining import settle_retraining
from tastemaker.pipelines.lifecycle.stopping import heeding_stops
from tastemaker.pipelines.places import models_folder
from tastemaker.store.ports import Record

_FAILING = BUSY | TURNING | ERASING | DELETING


def begin(deps: Deps, work: Input) -> Input:
    """Turn PENDING into IN_PROGRESS; repeated, it changes nothing."""
    arn, change = work["arn"], work["change"]
    with heeding_stops(deps, arn):
        if change in BEGINS:
            status, before = BEGINS[change]
            deps.resources.update(arn, own(work, {"status": status}), when=before)
        elif change == "retrain":
            settle_retraining(deps, work, CREATE_IN_PROGRESS)
        else:
            settle_update(deps, work, CREATE_IN_PROGRESS)
    if change != "delete":  # what is under a lost key can still be removed
        require_key(deps, arn)
    return work


def settle(deps: Deps, work: Input) -> Input:
    """Finish a change that needs no work of its own, or remove a resource with all that belongs to it."""
    if work["change"] == "delete":
        _remove(deps, work)
    elif work["change"] == "update":
        apply_update(deps, work)
    else:
        _check(deps, work)
        status, before = ENDS[work["change"]]
        finish(deps, work, {"status": status}, when=before, drop=("failureReason",))
    return work


def _check(deps: Deps, work: Input) -> None:
    """Find out whether what is made can do what it is for."""
    record = deps.resources.get(work["arn"])
    if record["_kind"] == "metric-attribution" and record["status"] != ACTIVE:
        probe(deps, record)


def fail(deps: Deps, work: Input) -> Input:
    """Write the failed status and a reason that a person can act on; a stopped job ends as stopped."""
    reason = reason_of(work, deps.config.memory)
    # A resource that is gone, settled or in another change meanwhile (a repeated execution) has nothing to be told.
    with suppress(ResourceNotFound, ResourceInUse):
        if work["change"] == "update":
            settle_update(deps, work, CREATE_FAILED, failureReason=reason)
        elif work["change"] == "retrain":
            settle_retraining(deps, work, CREATE_FAILED, failureReason=reason)
        else:
            _fail_whole(deps, work, reason)
    return work


def _fail_whole(deps: Deps, work: Input, reason: str) -> None:
    record = deps.resources.get(work["arn"])
    if record["status"] == CREATE_STOPPING:
        stopped(deps, work)
    elif _has_come_true(deps, record):
        finish(deps, work, {"status": ACTIVE}, when=BUSY | {ACTIVE})
    else:
        status = FALLS_BACK[work["change"]]
        changes = {"status": status, "failureReason": reason, "lastUpdatedDateTime": deps.clock()}
        deps.resources.update(work["arn"], own(work, changes), when=_FAILING, drop=("_progress",))
        remove_remains(deps, record)


def _has_come_true(deps: Deps, record: Record) -> bool:
    """Whether an import failed only after its dataset had come to read what it made: no failure, then."""
    if record["_kind"] != "dataset-import-job":
        return False
    dataset = deps.resources.find(record["datasetArn"]) or {}
    return bool(dataset.get("_snapshot_of") == record["_arn"])


def stopped(deps: Deps, work: Input) -> Input:
    """Remove what a stopped training had stored, then write that it is stopped; of what is gone nothing is left."""
    arn = work["arn"]
    with suppress(ResourceNotFound, ResourceInUse):
        if work["change"] == "retrain":
            settle_retraining(deps, work, CREATE_STOPPED)
        elif (record := deps.resources.get(arn))["status"] == CREATE_STOPPING:
            deps.objects.delete(deps.config.models_bucket, models_folder(arn))
            remove_remains(deps, record)
            changes = {"status": CREATE_STOPPED, "lastUpdatedDateTime": deps.clock()}
            deps.resources.update(arn, own(work, changes), when={CREATE_STOPPING}, drop=("_progress",))
    return work


def _remove(deps: Deps, work: Input) -> None:
    record = deps.resources.find(work["arn"])
    # A repeated step may find another resource of the same name, made since.
    if record and record["status"] in DELETING and is_newest(record, work):
        remove_contents(deps, record)
        deps.resources.delete(work["arn"], when=DELETING)
