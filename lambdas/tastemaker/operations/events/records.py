"""PutItems, PutUsers and PutActions: records by id, each replacing its predecessor wholly."""

from typing import Any

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import BUSY
from tastemaker.domain.schemas.properties import RECORDED, InvalidProperties, columns_of, read_properties
from tastemaker.domain.schemas.reserved_properties import require_same
from tastemaker.errors import InvalidInput, ResourceInUse
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.store.ports import Record

_DATASET = KINDS["dataset"]


def put_items(call: Call, *, dataset_arn: str, items: list[dict[str, Any]]) -> dict[str, object]:
    """Keep items; answers know them within seconds, the next training too, whether they were imported or not."""
    return _put(call, "ITEMS", dataset_arn, items)


def put_users(call: Call, *, dataset_arn: str, users: list[dict[str, Any]]) -> dict[str, object]:
    """Keep users; filters know them at once, the next training too, whether they were imported before or not."""
    return _put(call, "USERS", dataset_arn, users)


def put_actions(call: Call, *, dataset_arn: str, actions: list[dict[str, Any]]) -> dict[str, object]:
    """Keep actions."""
    return _put(call, "ACTIONS", dataset_arn, actions)


def _put(call: Call, type_: str, dataset_arn: str, entries: list[dict[str, Any]]) -> dict[str, object]:
    dataset = _open_dataset(call, type_, dataset_arn)
    schema = call.resources.get(dataset["schemaArn"])
    columns = columns_of(schema["schema"], type_, schema.get("domain"))
    plural = type_.lower()
    member = f"{plural[:-1]}Id"
    now = call.clock()
    records = dict[str, Record]()
    for place, entry in enumerate(entries, 1):
        try:
            properties = read_properties(entry.get("properties"))
            require_same(member, entry[member], properties)
            values = columns.values(properties)
        except InvalidProperties as problem:
            raise InvalidInput(f"{plural}.{place}.member, {member} {entry[member]}: {problem}") from None
        records[entry[member]] = {**values, RECORDED: now}
    call.records.put(dataset_arn, records)
    return {}


def _open_dataset(call: Call, type_: str, dataset_arn: str) -> Record:
    """Return a dataset of the type that records may be put into."""
    dataset = resources.lookup_active(call, _DATASET, dataset_arn)
    if dataset["datasetType"] != type_:
        raise InvalidInput(
            f"datasetArn must name a dataset of type {type_}; {dataset_arn} is {dataset['datasetType']}."
        )
    if dataset.get("latestDatasetUpdate", {}).get("status") in BUSY:
        raise ResourceInUse(f"The dataset {dataset_arn} is being updated; wait until latestDatasetUpdate is ACTIVE.")
    return dataset
