"""Trainings that cannot work for want of data are refused when they are asked for."""

from collections.abc import Callable, Mapping

from tastemaker.domain.resources.statuses import BUSY
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.operations.rules.recorded import count_recorded
from tastemaker.store.ports import Record

# What no recipe that reads it learns without; of others too little may be there, and training says so. Use cases want
# the dataset of items for its columns, and learn without any.
_NEEDED: Mapping[str, tuple[str, Callable[[Call, Record], int]]] = {
    "INTERACTIONS": ("PutEvents", lambda call, dataset: count_recorded(call, dataset, most=1)),
    "ITEMS": ("PutItems", lambda call, dataset: call.records.count(dataset["_arn"], most=1)),
    "ACTIONS": ("PutActions", lambda call, dataset: call.records.count(dataset["_arn"], most=1)),
}


def require_data(call: Call, recipe: Record, group: str) -> None:
    """Refuse to train a recipe on a dataset group in which nothing was imported or put that it could learn from."""
    datasets = {dataset["datasetType"]: dataset for dataset in resources.staying_datasets(call, group)}
    for type_ in (each for each in _NEEDED if each in recipe["requires"]):
        if type_ not in datasets:
            raise InvalidInput(f"Recipe {recipe['name']} needs a dataset of type {type_}: the dataset group has none.")
        if type_ != "ITEMS" or not recipe.get("domain"):
            _require_rows(call, recipe, datasets[type_])


def _require_rows(call: Call, recipe: Record, dataset: Record) -> None:
    operation, count = _NEEDED[dataset["datasetType"]]
    if "_snapshot" in dataset or count(call, dataset):
        return
    jobs = call.resources.every("dataset-import-job", parent=dataset["_arn"])
    running = next((job for job in jobs if job["status"] in BUSY), None)
    remedy = f"wait until {running['_arn']} is ACTIVE" if running else f"import data, or record some with {operation}"
    raise InvalidInput(
        f"Recipe {recipe['name']} has nothing to train on: the dataset {dataset['_arn']} is empty; {remedy}."
    )
