"""Imports and deletions of one dataset group take turns."""

from tastemaker.domain.resources.statuses import BUSY, ERASING
from tastemaker.errors import ResourceInUse
from tastemaker.operations.call import Call
from tastemaker.store.ports import Record


def require_no_deletion(call: Call, dataset: Record) -> None:
    """Refuse an import while users are being deleted: which of both had the last word would be left to chance."""
    for job in call.resources.every("data-deletion-job", parent=dataset["datasetGroupArn"]):
        if job["status"] in ERASING:
            raise ResourceInUse(f"Data deletion job {job['_arn']} is running; import when its status is COMPLETED.")


def require_no_import(call: Call, group: str) -> None:
    for dataset in call.resources.every("dataset", parent=group):
        for job in call.resources.every("dataset-import-job", parent=dataset["_arn"]):
            if job["status"] in BUSY:
                raise ResourceInUse(f"Dataset import job {job['_arn']} is running; delete users when it has ended.")
