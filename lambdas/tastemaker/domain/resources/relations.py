"""How resources hang together: which name another one, which keep it from being deleted, what only one may have."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tastemaker.domain.resources import arns
from tastemaker.domain.resources.changes import is_retraining, is_updating, latest_update
from tastemaker.domain.resources.kinds import KINDS, Blocker

Record = dict[str, Any]
# Walks through the records of a kind, below one parent if asked (`Resources.every`).
Every = Callable[..., Iterable[Record]]


def naming(every: Every, kind: str, member: str, value: object) -> Iterator[Record]:
    """Walk through the resources of a kind whose member has a value, or will have it after an update under way."""
    below = {"parent": value} if KINDS[kind].parent == member else {}
    for record in every(kind, **below):
        if record.get(member) == value or (is_updating(record) and latest_update(record).get(member) == value):
            yield record


def first_in_the_way(every: Every, blocker: Blocker, record: Mapping[str, Any]) -> Record | None:
    """Return a resource that keeps a record from being deleted."""
    if blocker.dataset_type and record.get("datasetType") != blocker.dataset_type:
        return None
    others = naming(every, blocker.kind, blocker.via, record[blocker.via])
    return next((one for one in others if _stands_in_the_way(blocker, one)), None)


def group_arn(record: Mapping[str, Any]) -> str | None:
    """Return the dataset group that a resource is of, or is; a schema is of none."""
    own = record["_arn"] if record["_kind"] in {"dataset-group", "dataset"} else record.get("datasetArn")
    return record.get("datasetGroupArn") or (arns.group_of(own) if own else None)


def events_owner(dataset: Mapping[str, Any]) -> str:
    """Return under what the recorded events of a dataset are kept: those with items under their group."""
    return str(dataset["datasetGroupArn"] if dataset["datasetType"] == "INTERACTIONS" else dataset["_arn"])


def claims(record: Mapping[str, Any]) -> list[str]:
    """Return what no second resource may claim while this one exists."""
    kind = KINDS[record["_kind"]]
    return [f"{kind.name}#{member}#{record[member]}" for member in kind.claims]


def _stands_in_the_way(blocker: Blocker, record: Record) -> bool:
    if blocker.types_member and blocker.dataset_type not in record.get(blocker.types_member, ()):
        return False
    at_work = is_updating(record) or is_retraining(record)
    return at_work or not blocker.statuses or record["status"] in blocker.statuses
