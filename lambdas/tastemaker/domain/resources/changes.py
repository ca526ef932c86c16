"""The change of a resource that is under way: which one it is, and what an update does to the resource."""

from collections.abc import Iterator, Mapping
from typing import Any

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import ACTIVE, BUSY, CREATE_PENDING, DELETING, ERASING, TURNING

Record = dict[str, Any]

# Members of a `latest...Update` that tell of the update itself; all others are what it changes.
_ON_THE_WAY = BUSY | TURNING | ERASING | DELETING
_OF_THE_UPDATE = frozenset({"status", "failureReason", "creationDateTime", "lastUpdatedDateTime"})


def under_way(change: str, workflow: str, attempt: str, began: float) -> Record:
    """Return the member by which a record knows the newest change that was begun on it."""
    return {"_change": {"change": change, "workflow": workflow, "attempt": attempt, "began": began}}


def unsettled(record: Mapping[str, Any]) -> Iterator[Record]:
    """Return what is under way on a record and was not settled: {change, workflow, attempt, began, pending}."""
    change = record.get("_change")
    if change:
        status = (latest_update(record) if change["change"] == "update" else record).get("status", "")
        if status in _ON_THE_WAY:
            yield {**change, "pending": status.endswith("PENDING")}
    if is_retraining(record):
        again = record["_retraining"]
        pending = again["status"] == CREATE_PENDING
        yield {"change": "retrain", "workflow": "training", **again, "pending": pending}


def is_under_way(record: Mapping[str, Any]) -> bool:
    """Whether anything is being done with a resource that has not ended."""
    return record["status"] in _ON_THE_WAY or is_updating(record) or is_retraining(record)


def is_newest(record: Mapping[str, Any], work: Mapping[str, Any]) -> bool:
    """Whether a workflow carries out the newest change of a resource, and not one that was overtaken."""
    change = record.get("_change")
    return not change or "attempt" not in work or bool(change["attempt"] == work["attempt"])


def latest_update(record: Mapping[str, Any]) -> Record:
    """Return the resource's latest update, or nothing."""
    update: Record = record.get(KINDS[record["_kind"]].update_member) or {}
    return update


def is_updating(record: Mapping[str, Any]) -> bool:
    """Whether an update is under way."""
    return latest_update(record).get("status") in BUSY


def is_retraining(record: Mapping[str, Any]) -> bool:
    """Whether a recommender learns anew by itself, which is no update and shows nowhere."""
    return record.get("_retraining", {}).get("status") in BUSY


def new_update(record: Mapping[str, Any], members: Mapping[str, Any], now: float) -> Record:
    """Return the changes that note an update as pending."""
    update = {**members, "status": CREATE_PENDING, "creationDateTime": now, "lastUpdatedDateTime": now}
    return {KINDS[record["_kind"]].update_member: update}


def settled_update(record: Mapping[str, Any], status: str, now: float, **members: object) -> Record:
    """Return the changes that move an update's status; the resource's own members stay as they are."""
    update = {**latest_update(record), **members, "status": status, "lastUpdatedDateTime": now}
    return {KINDS[record["_kind"]].update_member: update}


def applied_update(record: Mapping[str, Any], now: float) -> Record:
    """Return the changes that make an update's members the resource's own."""
    own = {key: value for key, value in latest_update(record).items() if key not in _OF_THE_UPDATE}
    if config := own.pop("solutionUpdateConfig", None):
        own["solutionConfig"] = {**record.get("solutionConfig", {}), **config}
    return {**own, **settled_update(record, ACTIVE, now), "lastUpdatedDateTime": now}
