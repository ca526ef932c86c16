"""How many events were recorded of a dataset: those that the table has, and those that left it for files."""

from tastemaker.operations.call import Call
from tastemaker.store.ports import Record


def count_recorded(call: Call, dataset: Record, *, most: int) -> int:
    """Count the recorded events of a dataset, but no further than `most`."""
    # Those with items are kept under their group.
    is_of_items = dataset["datasetType"] == "INTERACTIONS"
    gone = min(most, dataset.get("_archive", {}).get("gone", 0))
    owner = dataset["datasetGroupArn"] if is_of_items else dataset["_arn"]
    return int(gone + call.events.count(owner, most=most - gone)) if gone < most else most
