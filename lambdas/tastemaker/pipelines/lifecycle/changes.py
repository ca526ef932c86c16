"""How a step writes to the resource that it works on: only while its change is the newest one of it."""

from collections.abc import Callable, Collection

from tastemaker.domain.resources.changes import (
    applied_update,
    is_newest,
    is_updating,
    latest_update,
    settled_update,
)
from tastemaker.domain.resources.statuses import (
    ACTIVE,
    CREATE_FAILED,
)
from tastemaker.errors import ResourceInUse
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.store.ports import Changes, Record


def own(work: Input, changes: Changes) -> Callable[[Record], Record]:
    """Let changes through only while no newer change of the resource, or another resource of its name, has begun."""

    def guarded(record: Record) -> Record:
        if not is_newest(record, work):
            raise ResourceInUse(f"The {work['change']} of {work['arn']} was overtaken by another change.")
        return dict(changes(record) if callable(changes) else changes)

    return guarded


def finish(
    deps: Deps, work: Input, members: Record, *, when: Collection[str], drop: Collection[str] = ("_progress",)
) -> None:
    """Write the end of a change, the status with all else in one write; repeated, it changes nothing."""

    def finished(record: Record) -> Record:
        repeats = record["status"] == members["status"]
        return {} if repeats else {**members, "lastUpdatedDateTime": deps.clock()}

    deps.resources.update(work["arn"], own(work, finished), when=when, drop=drop)


def apply_update(deps: Deps, work: Input, **more: object) -> None:
    """Turn a resource's update ACTIVE and make its members the resource's own, in one write; repeated, do nothing."""

    def applied(record: Record) -> Record:
        if latest_update(record)["status"] == ACTIVE:
            return {}
        _require_update(record)
        return {**applied_update(record, deps.clock()), **more}

    deps.resources.update(work["arn"], own(work, applied), when={ACTIVE, CREATE_FAILED}, drop=("_progress",))


def settle_update(deps: Deps, work: Input, status: str, **members: object) -> None:
    """Move the status of a resource's update under way; the resource itself stays ACTIVE."""

    def moved(record: Record) -> Record:
        _require_update(record)
        return settled_update(record, status, deps.clock(), **members)

    deps.resources.update(work["arn"], own(work, moved), drop=("_progress",))


def _require_update(record: Record) -> None:
    if not is_updating(record):
        raise ResourceInUse(f"The update of {record['_arn']} has ended already.")
