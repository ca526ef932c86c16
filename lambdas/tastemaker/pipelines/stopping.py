"""How work ends that somebody stopped: without an error, and with nothing left of what it made."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tastemaker.domain import arns
from tastemaker.domain.statuses import (
    CREATE_STOPPED,
    CREATE_STOPPING,
    DELETE_IN_PROGRESS,
    DELETE_PENDING,
    INACTIVE,
    TURNING,
)
from tastemaker.errors import JobStopped, ResourceInUse, ResourceNotFound
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.retraining import settle_retraining

Input = dict[str, Any]

_UNWANTED = TURNING | {CREATE_STOPPING, CREATE_STOPPED, INACTIVE, DELETE_PENDING, DELETE_IN_PROGRESS}


@contextmanager
def heeding_stops(deps: Deps, arn: str) -> Iterator[None]:
    """Tell a write that was refused because somebody stopped or deleted the resource from any other refusal."""
    try:
        yield
    except (ResourceInUse, ResourceNotFound):
        record = deps.resources.find(arn)
        if record and record.get("status") not in _UNWANTED:
            raise
        raise JobStopped(f"{arn} was stopped or deleted") from None


def stopped(deps: Deps, work: Input) -> Input:
    """Remove what a stopped training had stored, then write that it is stopped; of what is gone nothing is left."""
    arn = work["arn"]
    with suppress(ResourceInUse, ResourceNotFound):
        if work["change"] == "retrain":
            settle_retraining(deps, arn, CREATE_STOPPED)
        elif deps.resources.get(arn)["status"] == CREATE_STOPPING:
            deps.objects.delete(deps.config.models_bucket, f"{arns.tail(arn)}/")
            changes = {"status": CREATE_STOPPED, "lastUpdatedDateTime": deps.clock()}
            deps.resources.update(arn, changes, when={CREATE_STOPPING}, drop=("_progress",))
    return work
