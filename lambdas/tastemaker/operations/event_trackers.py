"""Event trackers: one per dataset group; its trackingId is the key to PutEvents."""

from tastemaker.domain.kinds import KINDS
from tastemaker.errors import InvalidInput
from tastemaker.operations import resources
from tastemaker.operations.context import Context

_TRACKER = KINDS["event-tracker"]


def create_event_tracker(
    ctx: Context, *, name: str, dataset_group_arn: str, tags: list[dict[str, str]] | None = None
) -> dict[str, object]:
    """Make the group's tracker; the group needs an Interactions dataset, which may be empty."""
    resources.lookup_active(ctx, KINDS["dataset-group"], dataset_group_arn)
    if not any(d["datasetType"] == "INTERACTIONS" for d in resources.staying_datasets(ctx, dataset_group_arn)):
        raise InvalidInput(f"Dataset group {dataset_group_arn} has no Interactions dataset to record events in.")
    tracking_id = ctx.new_id()
    members = {
        "name": name,
        "accountId": ctx.config.account,
        "trackingId": tracking_id,
        "datasetGroupArn": dataset_group_arn,
    }
    # The tracking id names the record: PutEvents finds it in one read.
    record = resources.new_record(ctx, _TRACKER, tracking_id[:8], {**members, "_tracking": tracking_id}, tags=tags)
    return {"eventTrackerArn": resources.create(ctx, record), "trackingId": tracking_id}


def describe_event_tracker(ctx: Context, *, event_tracker_arn: str) -> dict[str, object]:
    """Return one event tracker."""
    return resources.describe(ctx, _TRACKER, event_tracker_arn)


def list_event_trackers(
    ctx: Context,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, object]:
    """Return a page of event trackers, of one dataset group or of all."""
    return resources.page(ctx, _TRACKER, dataset_group_arn, max_results, next_token)


def delete_event_tracker(ctx: Context, *, event_tracker_arn: str) -> dict[str, object]:
    """Stop accepting events under this tracker's id; recorded events stay."""
    return resources.delete(ctx, resources.lookup(ctx, _TRACKER, event_tracker_arn))
