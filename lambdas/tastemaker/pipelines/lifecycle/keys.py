"""The KMS key of a dataset group: no work on anything of the group begins before it is known that it can be used."""

from tastemaker.domain.resources.arns import group_of
from tastemaker.domain.resources.relations import group_arn
from tastemaker.errors import KeyUnusable, ResourceInUse
from tastemaker.pipelines.deps import Deps
from tastemaker.store.ports import Record


def require_key(deps: Deps, arn: str) -> None:
    """Raise KeyUnusable unless the resource's dataset group has no key or one that its role may use.

    A dataset group that is being made is given the data key by which DynamoDB's items of it are sealed.
    """
    record = deps.resources.find(arn) or {}
    group = deps.resources.find(group_arn(record) or "") if record else None
    if not group or not group.get("kmsKeyArn"):
        return
    if group["_arn"] == arn and "_data_key" not in group:
        group = _given_data_key(deps, group)
    if "_data_key" not in group:
        raise KeyUnusable(
            f"Dataset group {group['_arn']} was made before Tastemaker kept data under its key {group['kmsKeyArn']}: "
            "delete it and make it again."
        )
    deps.keys.check(group["_arn"], group["kmsKeyArn"], group["roleArn"], group["_data_key"])


def is_under_key(deps: Deps, dataset_arn: str) -> bool:
    """Whether a dataset's values are kept under a key, and must not stand in records, which are not."""
    return bool((deps.resources.find(group_of(dataset_arn)) or {}).get("kmsKeyArn"))


def _given_data_key(deps: Deps, group: Record) -> Record:
    """Store a new data key, or return the record with the one that a repeated step has stored before."""
    data_key = deps.keys.new_data_key(group["_arn"], group["kmsKeyArn"], group["roleArn"])

    def first(record: Record) -> Record:
        if record["_created"] != group["_created"]:
            raise ResourceInUse(f"Dataset group {group['_arn']} was made again meanwhile.")
        return {"_data_key": record.get("_data_key", data_key)}

    return deps.resources.update(group["_arn"], first)
