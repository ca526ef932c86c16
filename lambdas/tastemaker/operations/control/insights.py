"""GetDataInsights, an operation of our own: what AWS shows of a dataset group's data in its console only."""

from collections.abc import Mapping

from tastemaker.domain.insights import COMPARED, Minimum, comparison_key, warnings_of
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.schemas.schema import parse_schema
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.recorded import count_recorded
from tastemaker.operations.rules.snapshot_insights import Insights, imported_insights, read_insights
from tastemaker.store.ports import Record

_MOST_COUNTED = 10_000  # individual records; a count costs what reading them would
_ATTEMPTS = 3  # each failed one means that an import has replaced a snapshot meanwhile
_TYPES = ("INTERACTIONS", "ITEMS", "USERS", "ACTIONS", "ACTION_INTERACTIONS")


def get_data_insights(call: Call, *, dataset_group_arn: str) -> dict[str, object]:
    """Return what the datasets of a group hold as of their newest import, and what is wrong with that."""
    resources.lookup(call, KINDS["dataset-group"], dataset_group_arn)
    datasets, quotas = _whole_look(call, dataset_group_arn), call.config.quotas
    minimum = Minimum(quotas["training-interactions"], quotas["training-users"])
    return {
        "datasetGroupArn": dataset_group_arn,
        "datasets": list(datasets.values()),
        "warnings": warnings_of(datasets, call.clock(), minimum),
    }


def _whole_look(call: Call, group: str) -> dict[str, Insights]:
    """Look at all datasets; once more if a snapshot was replaced between finding it and reading of it."""
    for _ in range(_ATTEMPTS):
        datasets = _datasets(call, group)
        insights = {type_: _insights(call, dataset, datasets) for type_, dataset in datasets.items()}
        if _pointed_at(_datasets(call, group)) == _pointed_at(datasets):
            break
    return insights


def _datasets(call: Call, group: str) -> dict[str, Record]:
    datasets = {dataset["datasetType"]: dataset for dataset in resources.staying_datasets(call, group)}
    return {type_: datasets[type_] for type_ in _TYPES if type_ in datasets}


def _pointed_at(datasets: Mapping[str, Record]) -> dict[str, str | None]:
    return {type_: dataset.get("_snapshot") for type_, dataset in datasets.items()}


def _insights(call: Call, dataset: Record, datasets: Mapping[str, Record]) -> Insights:
    own = imported_insights(call, dataset)
    return {
        "datasetArn": dataset["_arn"],
        "datasetType": dataset["datasetType"],
        "individualRecords": _individual(call, dataset),
        **own,
        "columns": own["columns"] + _added_columns(call, dataset, own),
        "comparison": _comparison(call, dataset, datasets),
    }


def _individual(call: Call, dataset: Record) -> Insights:
    count = _count(call, dataset)
    return {"count": count, **({"orMore": True} if count == _MOST_COUNTED else {})}


def _count(call: Call, dataset: Record) -> int:
    if dataset["datasetType"] in {"INTERACTIONS", "ACTION_INTERACTIONS"}:
        return count_recorded(call, dataset, most=_MOST_COUNTED)
    return call.records.count(dataset["_arn"], most=_MOST_COUNTED)


def _added_columns(call: Call, dataset: Record, own: Insights) -> list[Insights]:
    """Return the columns that UpdateDataset has added since the import: nothing is in them yet."""
    rows, names = own.get("bulkRecords"), {column["columnName"] for column in own["columns"]}
    if not rows:
        return []
    fields = parse_schema(call.resources.get(dataset["schemaArn"])["schema"]).fields
    gap = {"missing": rows, "missingShare": 1.0, "distinct": 0}
    return [{"columnName": field.name, "type": field.type, **gap} for field in fields if field.name not in names]


def _comparison(call: Call, dataset: Record, datasets: Mapping[str, Record]) -> Insights | None:
    """Return how a dataset of items or users fits the events beside it, if both were imported."""
    type_, _ = COMPARED.get(dataset["datasetType"], ("", ""))
    snapshot, events = dataset.get("_snapshot"), datasets.get(type_, {}).get("_snapshot")
    return read_insights(call, comparison_key(snapshot, events)) if snapshot and events else None
