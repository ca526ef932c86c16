"""The steps every workflow shares: begin, settle, and fail with a reason."""

import json
from contextlib import suppress
from typing import Any

from tastemaker.domain.kinds import KINDS
from tastemaker.domain.statuses import (
    ACTIVE,
    BEGINS,
    BUSY,
    CREATE_FAILED,
    CREATE_IN_PROGRESS,
    CREATE_STOPPED,
    CREATE_STOPPING,
    DELETE_IN_PROGRESS,
    DELETE_PENDING,
    ENDS,
    ERASING,
    FALLS_BACK,
    TURNING,
)
from tastemaker.errors import ResourceInUse, ResourceNotFound
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.removal import remove_contents

Input = dict[str, Any]

_FAILING = BUSY | TURNING | ERASING | {DELETE_PENDING, DELETE_IN_PROGRESS}
_OF_THE_UPDATE = frozenset({"status", "failureReason", "creationDateTime", "lastUpdatedDateTime"})


def begin(deps: Deps, work: Input) -> Input:
    """Turn PENDING into IN_PROGRESS; repeated, it changes nothing."""
    arn, change = work["arn"], work["change"]
    if change in BEGINS:
        status, before = BEGINS[change]
        deps.resources.update(arn, {"status": status}, when=before)
    else:
        settle_update(deps, arn, CREATE_IN_PROGRESS)
    return work


def settle(deps: Deps, work: Input) -> Input:
    """Finish a change that needs no work of its own, or remove a resource with all that belongs to it."""
    arn, change = work["arn"], work["change"]
    if change == "delete":
        record = deps.resources.find(arn)
        if record:
            remove_contents(deps, record)
            deps.resources.delete(arn)
    elif change == "update":
        apply_update(deps, arn)
    else:
        status, before = ENDS[change]
        changes = {"status": status, "lastUpdatedDateTime": deps.clock()}
        deps.resources.update(arn, changes, when=before, drop=("failureReason",))
    return work


def fail(deps: Deps, work: Input) -> Input:
    """Write the failed status and a reason that a person can act on; a stopped job ends as stopped."""
    arn, reason = work["arn"], _reason(work)
    # A resource that is gone or settled meanwhile (a repeated execution) has nothing to be told.
    with suppress(ResourceNotFound, ResourceInUse):
        if work["change"] == "update":
            settle_update(deps, arn, CREATE_FAILED, failureReason=reason)
        elif deps.resources.get(arn)["status"] == CREATE_STOPPING:
            deps.resources.update(arn, {"status": CREATE_STOPPED}, when={CREATE_STOPPING}, drop=("_progress",))
        else:
            status = FALLS_BACK[work["change"]]
            changes = {"status": status, "failureReason": reason, "lastUpdatedDateTime": deps.clock()}
            deps.resources.update(arn, changes, when=_FAILING, drop=("_progress",))
    return work


def apply_update(deps: Deps, arn: str, **more: object) -> None:
    """Turn a resource's update ACTIVE and make its members the resource's own, in one write."""
    record = deps.resources.get(arn)
    now = deps.clock()
    member = _update_member(record)
    update = {**record[member], "status": ACTIVE, "lastUpdatedDateTime": now}
    own = {key: value for key, value in update.items() if key not in _OF_THE_UPDATE}
    config = own.pop("solutionUpdateConfig", {})
    if config:
        own["solutionConfig"] = {**record.get("solutionConfig", {}), **config}
    changes = {**own, **more, member: update, "lastUpdatedDateTime": now}
    deps.resources.update(arn, changes, drop=("_progress",))


def settle_update(deps: Deps, arn: str, status: str, **members: object) -> None:
    """Move the status of a resource's update under way; the resource itself stays ACTIVE."""
    record = deps.resources.get(arn)
    member = _update_member(record)
    update = {**record[member], **members, "status": status, "lastUpdatedDateTime": deps.clock()}
    deps.resources.update(arn, {member: update}, drop=("_progress",))


def _update_member(record: dict[str, Any]) -> str:
    member = KINDS[record["_kind"]].member
    return f"latest{member[0].upper()}{member[1:]}Update"


def _reason(work: Input) -> str:
    """Return the message of a failure meant for callers; anything else is ours, and its trace stays in the log."""
    if work.get("error") == "JobFailed":
        try:
            return str(json.loads(work["cause"])["errorMessage"])
        except (ValueError, KeyError, TypeError):
            pass
    return f"An internal error stopped this job. Its log has the details under execution {work.get('execution')}."
