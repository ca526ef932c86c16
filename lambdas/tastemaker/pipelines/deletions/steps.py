"""Data deletion jobs: users leave snapshots, events, records and models; a receipt says what was done."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from tastemaker.domain.resources.statuses import ACTIVE, COMPLETED, ERASING
from tastemaker.errors import JobFailed
from tastemaker.pipelines.archive.files import TYPES
from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.needs import need_of
from tastemaker.pipelines.datasets.switching import reading, sweep
from tastemaker.pipelines.deletions.models import Eraser, takes_turn
from tastemaker.pipelines.deletions.receipts import of_models
from tastemaker.pipelines.deletions.recordings import erase
from tastemaker.pipelines.deletions.references import repoint
from tastemaker.pipelines.deletions.snapshots import rewrite_dataset
from tastemaker.pipelines.deletions.sources import Users, list_users
from tastemaker.pipelines.deletions.stored import trained
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.insights.comparisons import compare_datasets
from tastemaker.pipelines.ladder import choosing
from tastemaker.pipelines.lifecycle.changes import finish
from tastemaker.pipelines.lifecycle.readings import reading_since_before
from tastemaker.pipelines.lifecycle.serving import present
from tastemaker.pipelines.places import job_folder, rejects_folder
from tastemaker.store.ports import Record

_BATCH = 500  # users whose events are looked for at a time
_OF_ACTIONS = "ACTION_INTERACTIONS"  # whose events are kept apart from those of items
_SHOWING = ("rejects", "firstRejects")  # of what an import reports
_QUOTE = re.compile(r"\s['\"]|\sSee s3://")  # where a failure's reason begins to show values, or where they are


def place(deps: Deps, work: Input) -> Input:
    """Settle where the datasets are rewritten."""
    return choosing.place(deps, work, reading(lambda: need_of(deps, _datasets(deps, work))))


def rewrite(deps: Deps, work: Input) -> Input:
    """Give every dataset that names the users a snapshot without them."""
    with _users(deps, work, "reading the list of users") as users:
        rewritten = [
            rewrite_dataset(deps, dataset["_arn"], job=deps.resources.get(work["arn"]), users=users)
            for dataset in _datasets(deps, work)
        ]
    compare_datasets(deps, _group(deps, work))
    return {**work, "input": users.input, "users": users.count, "snapshots": [r for r in rewritten if r]}


def forget(deps: Deps, work: Input) -> Input:
    """Remove the users' events, records and logged answers, and what failed imports have quoted."""
    with _users(deps, work, "reading the list of users again") as users:
        _forget_files(deps, work, users)
        begun = (deps.resources.get(work["arn"]).get("_erased") or {}).get("place", 0)
        for place, batch in enumerate(users.batches(_BATCH)):
            if place < begun:  # by a run of this step that was cut short
                continue
            _forget_batch(deps, work, place, batch)
            deps.progress(work["arn"], 0.4 + 0.5 * min(1, (place + 1) * _BATCH / users.count), "forgetting events")
    _forget_quotes(deps, work)
    job = deps.resources.get(work["arn"])
    events = job["_erased"]["events"] + sum(job.get("_erased_files", {}).values())
    return {**work, "erased": {**job["_erased"], "events": events}, "forgotten": deps.clock()}


def strip(deps: Deps, work: Input) -> Input:
    """Take the users out of the stored models, as many as one call can: `more` says that it is to be called again.

    First the trainings end that began to read before the users were forgotten, and another job that is at it.
    """
    job = deps.resources.get(work["arn"])
    if _training(deps, work) or not takes_turn(deps, job):
        deps.progress(work["arn"], 0.9, "waiting for trainings that began before, or another deletion")
        return {**work, "more": True}
    with _users(deps, work, "looking into the models") as users:
        after, more = Eraser.of(deps, job, users).erase(work.get("after", ""))
    return {**work, "after": after, "more": more}


def publish(deps: Deps, work: Input) -> Input:
    """Sweep what no dataset points at, write the receipt and complete the job."""
    for dataset in _datasets(deps, work):
        sweep(deps, dataset["_arn"])
    # A deployment that was under way may have named a model of before once more.
    repoint(deps, _group(deps, work), lambda artifact: present(deps, dict(artifact)))
    with _users(deps, work, "writing the receipt") as users:
        receipt = _receipt(deps, work, of_models(deps, deps.resources.get(work["arn"]), users))
    key = f"{job_folder(work['arn'])}receipt.json"
    deps.objects.write(deps.config.data_bucket, key, json.dumps(receipt, indent=1).encode())
    members = {
        "status": COMPLETED,
        "numDeleted": sum(receipt["deleted"].values()),
        "_receipt": f"s3://{deps.config.data_bucket}/{key}",
    }
    notes = ("_progress", "_erased", "_erased_files", "_begun")
    finish(deps, work, members, when=ERASING | {COMPLETED}, drop=notes)
    return {"arn": work["arn"], "change": work["change"]}


@contextmanager
def _users(deps: Deps, work: Input, phrase: str) -> Iterator[Users]:
    """Read the caller's list; it must be the same at every step."""
    deps.progress(work["arn"], 0.02, phrase)
    with deps.workdir() as folder, snapshots.open_session(folder) as session:
        users = list_users(deps, deps.resources.get(work["arn"]), session, folder)
        if work.get("input", users.input) != users.input:
            raise JobFailed("The list of users was changed while the job ran. Create the job again.")
        yield users


def _group(deps: Deps, work: Input) -> str:
    return str(deps.resources.get(work["arn"])["datasetGroupArn"])


def _datasets(deps: Deps, work: Input) -> list[Record]:
    return list(deps.resources.every("dataset", parent=_group(deps, work)))


def _forget_files(deps: Deps, work: Input, users: Users) -> None:
    """Remove the users' events from files; how many only these had is noted before, and a repeated run finds less."""
    for dataset in _datasets(deps, work):
        if dataset["datasetType"] in TYPES and dataset["status"] == ACTIVE:
            erase(deps, dataset["_arn"], users, partial(_note_files, deps, work, dataset["_arn"]))


def _note_files(deps: Deps, work: Input, dataset_arn: str, found: int) -> None:
    def noted(job: Record) -> Record:
        before = job.get("_erased_files", {})
        return {"_erased_files": {**before, dataset_arn: max(found, before.get(dataset_arn, 0))}}

    deps.resources.update(work["arn"], noted)


def _forget_batch(deps: Deps, work: Input, place: int, users: list[str]) -> None:
    """Count before removing: a repeated step knows which batch is counted already."""
    owners = [_group(deps, work), *(d["_arn"] for d in _datasets(deps, work) if d["datasetType"] == _OF_ACTIONS)]
    events = [key for owner in owners for key in deps.events.traces(owner, users)]
    tables = [d["_arn"] for d in _datasets(deps, work) if d["datasetType"] == "USERS"]
    records = {table: list(deps.records.found(table, users)) for table in tables}

    def counted(job: Record) -> Record:
        before = job.get("_erased") or {"place": -1, "events": 0, "records": 0}
        if place <= before["place"]:
            return {}
        count = sum(map(len, records.values()))
        return {
            "_erased": {"place": place, "events": before["events"] + len(events), "records": before["records"] + count}
        }

    deps.resources.update(work["arn"], counted)
    deps.events.delete(events)
    deps.answers.forget(_group(deps, work), set(users))
    for table, ids in records.items():
        deps.records.delete(table, ids)


def _forget_quotes(deps: Deps, work: Input) -> None:
    """Remove what jobs have shown of their files: rejected rows, and values in the reasons of their failures."""
    parents = [("data-deletion-job", _group(deps, work))]
    for dataset in _datasets(deps, work):
        deps.objects.delete(deps.config.data_bucket, rejects_folder(dataset["_arn"]))
        parents.append(("dataset-import-job", dataset["_arn"]))
    for job in (job for kind, parent in parents for job in list(deps.resources.every(kind, parent=parent))):
        if changes := _without_quotes(job):
            deps.resources.update(job["_arn"], changes, when=(job["status"],))


def _without_quotes(job: Record) -> Record:
    """Return the members of a job that show values, without them."""
    changes: Record = {}
    if quote := _QUOTE.search(job.get("failureReason", "")):
        text = job["failureReason"][: quote.start()]
        changes["failureReason"] = f"{text} (the value is no longer shown, for users were deleted since)"
    report = job.get("_imported") or {}
    if "rejects" in report:
        changes["_imported"] = {name: value for name, value in report.items() if name not in _SHOWING}
    return changes


def _training(deps: Deps, work: Input) -> list[str]:
    """Return what is being trained on data of before the users were forgotten."""
    return reading_since_before(trained(deps, _group(deps, work)), work["forgotten"])


def _receipt(deps: Deps, work: Input, models: dict[str, list[Record]]) -> dict[str, Any]:
    rows = {row["dataset"]: row["rows"] for row in work["snapshots"]}
    return {
        "job": work["arn"],
        "datasetGroup": _group(deps, work),
        "users": work["users"],
        "input": work["input"],
        "deleted": {**rows, "events": work["erased"]["events"], "records": work["erased"]["records"]},
        "snapshots": work["snapshots"],
        # What was done with models, and which of them hold the users still: none.
        **models,
        "training": _training(deps, work),
        "written": deps.clock(),
    }
