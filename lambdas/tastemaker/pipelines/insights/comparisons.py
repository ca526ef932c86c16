"""What two datasets of a group say about each other: items nobody touched, events of users nobody described.

Written whenever a dataset of the group comes to point at another snapshot: whoever is last sees both.
"""

import json
from contextlib import suppress
from pathlib import Path

from tastemaker.domain.insights import COMPARED, comparison_key
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.insights.snapshot import ids_key


def compare_datasets(deps: Deps, group_arn: str) -> None:
    """Compare what the datasets of a group point at now, unless that was done before."""
    present = {d["datasetType"]: d for d in deps.resources.every("dataset", parent=group_arn) if "_snapshot" in d}
    for type_, (events_type, key) in COMPARED.items():
        if type_ in present and events_type in present:
            dataset, events = present[type_], present[events_type]
            # What is gone meanwhile was replaced, and whoever replaced it compares; snapshots of old have no ids.
            with suppress(FileNotFoundError):
                _compare(deps, dataset["_arn"], dataset["_snapshot"], events["_snapshot"], key)


def _compare(deps: Deps, dataset_arn: str, records: str, events: str, key: str) -> None:
    target, bucket = comparison_key(records, events), deps.config.data_bucket
    if snapshots.exists(deps.objects, bucket, target):
        return
    with deps.workdir() as folder:
        paths = folder / "described.parquet", folder / "events.parquet"
        for path, manifest in zip(paths, (records, events), strict=True):
            deps.objects.download(bucket, ids_key(manifest), path)
        comparison = _comparison(folder, *paths, key)
    deps.objects.write(bucket, target, json.dumps(comparison, indent=1).encode())
    if (deps.resources.find(dataset_arn) or {}).get("_snapshot") != records:
        deps.objects.delete(bucket, target)  # its folder was removed before this came into it


def _comparison(folder: Path, records: Path, events: Path, key: str) -> dict[str, object]:
    one, other = (f"(SELECT id, events FROM {snapshots.parquet([p])} WHERE key = ?)" for p in (records, events))  # noqa: S608
    with snapshots.open_session(folder) as session:
        row = session.execute(
            f"""
            SELECT count(one.id), count(one.id) FILTER (other.id IS NULL), count(*) FILTER (one.id IS NULL),
                coalesce(CAST(sum(other.events) FILTER (one.id IS NULL) AS BIGINT), 0)
            FROM {one} AS one FULL JOIN {other} AS other ON one.id = other.id
            """,  # noqa: S608
            [key, key],
        ).fetchone()
    count, without_events, without_record, lost_events = row or (0, 0, 0, 0)
    return {
        "withoutEvents": without_events,
        "withoutEventsShare": round(without_events / count, 6) if count else 0.0,
        "undescribedIds": without_record,
        "eventsOfUndescribedIds": lost_events,
    }
