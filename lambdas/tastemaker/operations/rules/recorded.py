"""How many events were recorded of a dataset: those that the table has, and those that left it for files."""

from tastemaker.domain.resources.relations import events_owner
from tastemaker.operations.call import Call
from tastemaker.store.ports import Record


def count_recorded(call: Call, dataset: Record, *, most: int) -> int:
    """Count the recorded events of a dataset, but no further than `most`."""
    gone = min(most, dataset.get("_archive", {}).get("gone", 0))
    return int(gone + call.events.count(events_owner(dataset), most=most - gone)) if gone < most else most
