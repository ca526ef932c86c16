"""Event trackers: one per dataset group; its trackingId is the key to PutEvents."""

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.call import Call

_TRACKER = KINDS["event-tracker"]


def create_event_tracker(
    call: Call, *, name: str, dataset_group_arn: str, tags: list[dict[str, str]] | None = None
) -> dict[str, object]:
    """Make the group's tracker; the group needs an Interactions dataset, which may be empty."""
    resources.lookup_active(call, KINDS["dataset-group"], dataset_group_arn)
    types = {each["datasetType"]: each for each in resources.staying_datasets(call, dataset_group_arn)}
    if "INTERACTIONS" not in types:
        raise InvalidInput(f"Dataset group {dataset_group_arn} has no Interactions dataset to record events in.")
    tracking_id = call.new_id()
    members = {
        "name": name,
        "accountId": call.config.account,
        "trackingId": tracking_id,
        "datasetGroupArn": dataset_group_arn,
    }
    # The tracking id names the record, which has the schema with it: PutEvents finds both in one read. The schema of an
    # Interactions dataset never changes, and the dataset is not deleted before its tracker.
    own = {"_tracking": tracking_id, "_schema": call.resources.get(types["INTERACTIONS"]["schemaArn"])["schema"]}
    record = resources.new_record(call, _TRACKER, tracking_id[:8], {**members, **own}, tags=tags)
    return {"eventTrackerArn": resources.create(call, record), "trackingId": tracking_id}


def describe_event_tracker(call: Call, *, event_tracker_arn: str) -> dict[str, object]:
    """Return one event tracker."""
    return resources.describe(call, _TRACKER, event_tracker_arn)


def list_event_trackers(
    call: Call,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of event trackers, of one dataset group or of all."""
    return resources.page(call, _TRACKER, dataset_group_arn, max_results, next_token)


def delete_event_tracker(call: Call, *, event_tracker_arn: str) -> dict[str, object]:
    """Stop accepting events under this tracker's id; recorded events stay."""
    return resources.delete(call, resources.lookup(call, _TRACKER, event_tracker_arn))
