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
    DELETE_IN_PROGRESS,
    DELETE_PENDING,
)
from tastemaker.errors import ResourceInUse, ResourceNotFound
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.removal import remove_contents

Input = dict[str, Any]


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
    arn = work["arn"]
    if work["change"] == "delete":
        record = deps.resources.find(arn)
        if record:
            remove_contents(deps, record)
            deps.resources.delete(arn)
        return work
    deps.resources.update(arn, {"status": ACTIVE, "lastUpdatedDateTime": deps.clock()}, when=BUSY | {ACTIVE})
    return work


def fail(deps: Deps, work: Input) -> Input:
    """Write the failed status and a reason that a person can act on."""
    arn, reason = work["arn"], _reason(work)
    # A resource that is gone or settled meanwhile (a repeated execution) has nothing to be told.
    with suppress(ResourceNotFound, ResourceInUse):
        if work["change"] == "update":
            settle_update(deps, arn, CREATE_FAILED, failureReason=reason)
        else:
            changes = {"status": CREATE_FAILED, "failureReason": reason, "lastUpdatedDateTime": deps.clock()}
            deps.resources.update(arn, changes, when=BUSY | {DELETE_PENDING, DELETE_IN_PROGRESS}, drop=("_progress",))
    return work


def settle_update(deps: Deps, arn: str, status: str, **members: object) -> Input:
    """Move the status of a resource's update under way; the resource itself stays ACTIVE."""
    record = deps.resources.get(arn)
    member = _update_member(record)
    update = {**record[member], **members, "status": status, "lastUpdatedDateTime": deps.clock()}
    deps.resources.update(arn, {member: update})
    return update


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
