"""What the imports of a dataset group found, read from beside its snapshots."""

import json
from contextlib import suppress
from typing import Any

from tastemaker.domain.insights import key_of
from tastemaker.operations.call import Call
from tastemaker.store.ports import Record

Insights = dict[str, Any]


def imported_insights(call: Call, dataset: Record) -> Insights:
    """Return what is known of the present snapshot; how many records it has is left out where nobody has looked."""
    if "_snapshot" not in dataset:
        return {"bulkRecords": 0, "columns": []}
    return read_insights(call, key_of(dataset["_snapshot"])) or {"columns": []}


def read_insights(call: Call, key: str) -> Insights | None:
    """Return a stored document; None if it is not there, which S3 calls forbidden to those who may not list."""
    with suppress(FileNotFoundError, PermissionError):
        insights: Insights = json.loads(call.objects.read(call.config.data_bucket, key))
        return insights
    return None
