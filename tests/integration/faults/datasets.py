"""Jobs on a dataset: imports, exports, deletions of users, and the removal of the dataset itself."""

import hashlib
import json
import random
from contextlib import suppress

from tests.integration.faults.machine import EVENT, GROUP, Machine, asked_next, described
from tests.integration.faults.stage import CALLERS, HOME, ROLE

ITEM = {"ITEM_ID": "string", "PRICE": "float"}
_IMPORTED = described("describe_dataset_import_job", "datasetImportJob", f"{HOME}:dataset-import-job/{{}}")


def csv(names, rows):
    return "\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n"


FEW = csv(EVENT, [(f"u{n % 7}", f"i{n % 5}", n) for n in range(40)])
MORE = csv(EVENT, [(f"u{n % 8}", f"i{n % 9}", n) for n in range(60)])


def large():
    """Return more rows than S3 takes at once when they are Parquet: nothing in them repeats."""
    chance = random.Random(1)  # noqa: S311 - not a secret
    return csv(
        EVENT, [(*(f"{chance.getrandbits(64):x}" for _ in "ui"), chance.getrandbits(31)) for _ in range(500_000)]
    )


def snapshot(stage):
    """Return the manifest of what the dataset reads now, without times, once all its parts are found whole."""
    manifest = json.loads(stage.read(stage.record(stage.dataset)["_snapshot"]))
    for part in manifest["parts"]:
        found = hashlib.sha256(stage.read(part["key"])).hexdigest()
        assert found == part["sha256"], f"{part['key']} is not what its manifest says"
    return {name: value for name, value in manifest.items() if name != "imports"}


def unread(stage):
    return stage.folders("snapshots/") - {snapshot(stage)["snapshot"]}


def imports(mode, *, type_="Interactions", fields=EVENT, old, new, **more):
    def ask(stage, name):
        stage.imports(name, "FULL" if name != "tested" else mode)

    return Machine(
        ask=ask,
        told=_IMPORTED,
        seen=snapshot,
        further=asked_next(ask),
        left=unread,
        type=type_,
        fields=fields,
        files={"first": old, "tested": new, "further": old},
        **more,
    )


def export(stage, name):
    output = {"s3DataDestination": {"path": f"s3://{CALLERS}/out/"}}
    stage.personalize.create_dataset_export_job(
        jobName=name, datasetArn=stage.dataset, ingestionMode="ALL", roleArn=ROLE, jobOutput=output
    )


def files(stage):
    """Return every file that callers find, by name; batch jobs leave a probe without content."""
    found = stage.s3.list_objects_v2(Bucket=CALLERS, Prefix="out/").get("Contents", [])
    bodies = {each["Key"]: stage.read(each["Key"], CALLERS) for each in found}
    return {key: hashlib.sha256(body).hexdigest() for key, body in bodies.items() if body and "further" not in key}


def record(stage):
    """Let two users read one more book, beside what was imported."""
    tracker = stage.personalize.create_event_tracker(name="live", datasetGroupArn=GROUP)
    stage.until_active("describe_event_tracker", "eventTracker", tracker["eventTrackerArn"])
    event = {"eventType": "read", "sentAt": 1_750_000_000, "itemId": "book-1"}
    for user in ("reader-1", "reader-2"):
        stage.events.put_events(trackingId=tracker["trackingId"], userId=user, sessionId="s", eventList=[event])
    return tracker["eventTrackerArn"]


def delete_users(stage, name):
    stage.personalize.create_data_deletion_job(
        jobName=name, datasetGroupArn=GROUP, dataSource={"dataLocation": f"s3://{CALLERS}/gone.csv"}, roleArn=ROLE
    )


def users(stage):
    """Return what is left of all users: what was imported, and how many events were recorded."""
    return [part["sha256"] for part in snapshot(stage)["parts"]], _events(stage)


def record_alone(stage):
    """Record, and let no tracker be left: a dataset with one stays."""
    arn = record(stage)
    stage.personalize.delete_event_tracker(eventTrackerArn=arn)
    stage.until_gone("describe_event_tracker", "eventTracker", arn)


def remove(stage, _name):
    errors = stage.personalize.exceptions  # of a second call where the first one took effect
    with suppress(errors.ResourceInUseException, errors.ResourceNotFoundException):
        stage.personalize.delete_dataset(datasetArn=stage.dataset)


def removed(stage, name):
    """Return how far the removal is; one try more ends with a dataset that is filled again."""
    if name == "further":
        return _IMPORTED(stage, name)
    # The API has no member for a dataset's reason: it is in the log, and in the record.
    return stage.find(stage.dataset) or {"status": "COMPLETED"}


def contents(stage):
    """Return what there is of the dataset, whether or not it is there itself: its imports, its events."""
    dataset = stage.find(stage.dataset)
    is_whole = dataset is not None and dataset["status"] == "ACTIVE"
    return is_whole and users(stage)[0], len(stage.folders("snapshots/")), _events(stage)


def refill(stage):
    """Remove what is left, make the dataset again and import into it."""
    remove(stage, "")
    stage.until_gone("describe_dataset", "dataset", stage.dataset)
    schema = f"{HOME}:schema/s"
    stage.personalize.create_dataset(name="d", datasetGroupArn=GROUP, schemaArn=schema, datasetType="Interactions")
    stage.until_active("describe_dataset", "dataset", stage.dataset)
    stage.imports("further")
    return "further"


def partly(before, after):
    """Return that of what was removed less may be left, and that nobody reads it: the dataset tells that it failed."""
    return [before, *((False, folders, events) for folders in {before[1], after[1]} for events in range(before[2] + 1))]


def _events(stage):
    return sum("reader-" in json.dumps(item) for item in stage.items("tastemaker-events"))
