"""Automatic trainings of solutions: when one is due, and whether there is anything new to learn."""

from collections.abc import Sequence

from tastemaker.domain.resources import arns
from tastemaker.domain.resources.arns import Home, dataset_of
from tastemaker.domain.resources.changes import under_way
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.records import first_record, version_members
from tastemaker.domain.resources.relations import claims
from tastemaker.domain.resources.statuses import ACTIVE, BUSY, CREATE_PENDING
from tastemaker.domain.training.schedule import days_between, next_training, version_id
from tastemaker.pipelines.archive.recordings import AllEvents
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.lifecycle.outdated import fault_of
from tastemaker.pipelines.training.assignments import needs_events, recommends_actions
from tastemaker.store.ports import Record

_VERSION = KINDS["solution-version"]
_FOREVER = 10.0**11


def train(deps: Deps, solution: Record, *, day: float) -> list[str]:
    """Start an automatic version of a solution if its time has come and there is something new to learn.

    Where the newest one is of a format that this version of Tastemaker does not read, another is started at once; if
    that fails, at the next date.
    """
    arn = solution["_arn"]
    versions = [v for v in deps.resources.every(_VERSION.name, parent=arn) if v["trainingMode"] == "FULL"]
    if solution["status"] != ACTIVE or not solution["performAutoTraining"] or any(map(_is_busy, versions)):
        return []
    active = [version for version in versions if version["status"] == ACTIVE]
    outdated = _outdated(deps, active)
    if outdated and not any(version["_arn"] == _arn(deps, solution, outdated) for version in versions):
        return _create(deps, solution, outdated)
    moment = _next(solution, versions, day)
    if deps.clock() < moment:
        return []
    if outdated or _has_news(deps, solution, active):
        return _create(deps, solution, moment)
    if active:
        # This date is skipped. A first training has no date before there are data to learn from.
        deps.resources.update(arn, {"_skipped": moment}, when={ACTIVE})
    return []


def _is_busy(version: Record) -> bool:
    return version["status"] in BUSY


def _next(solution: Record, versions: Sequence[Record], day: float) -> float:
    starts = [version["creationDateTime"] for version in versions]
    creation: float = solution["creationDateTime"]
    return next_training(
        began=solution.get("_scheduled", creation),
        started=max([solution.get("_skipped", 0.0), *starts]),
        days=days_between(solution.get("solutionConfig")),
        day=day,
    )


def _has_news(deps: Deps, solution: Record, active: Sequence[Record]) -> bool:
    """Whether interactions were imported or recorded since the newest finished training read them; or items put.

    Items count for what learns from them without interactions.
    """
    group = solution["datasetGroupArn"]
    datasets = {dataset["datasetType"]: dataset for dataset in deps.resources.every("dataset", parent=group)}
    read = active[-1].get("_trained_on", {}) if active else {}
    if not needs_events(solution) and has_new_items(deps, datasets.get("ITEMS"), read):
        return True
    if "INTERACTIONS" not in datasets:
        return False
    # Events with actions are kept under their dataset.
    owners = {"INTERACTIONS": group}
    if recommends_actions(solution):
        owners["ACTION_INTERACTIONS"] = dataset_of(group, "ACTION_INTERACTIONS")
    return any(
        datasets.get(type_, {}).get("_snapshot") != read.get("snapshots", {}).get(type_)
        or AllEvents(deps).any_since(owner, read.get("recorded_before", 0.0))
        for type_, owner in owners.items()
    )


def has_new_items(deps: Deps, items: Record | None, read: Record) -> bool:
    """Whether items were imported or put since they were read as a training's `_trained_on` says."""
    if items is None:
        return False
    imported = items.get("_snapshot") != read.get("snapshots", {}).get("ITEMS")
    since = read.get("recorded_before", 0.0)
    return imported or bool(deps.records.since(items["_arn"], recorded_from=since, recorded_until=_FOREVER, most=1))


def _outdated(deps: Deps, active: Sequence[Record]) -> float | None:
    """Return a moment of its own for the one training that replaces a newest version of another format, or None.

    It is no date, so it can be none that the schedule has.
    """
    artifact = active[-1].get("_artifact") if active else None
    return -float(active[-1]["creationDateTime"]) if artifact and fault_of(deps, artifact) else None


def _arn(deps: Deps, solution: Record, moment: float) -> str:
    config = deps.config
    tail = f"{arns.tail(solution['_arn'])}/{version_id(solution['_arn'], moment)}"
    return Home(config.partition, config.region, config.account).arn(_VERSION, tail)


def _create(deps: Deps, solution: Record, moment: float) -> list[str]:
    if sum(map(_is_busy, deps.resources.every(_VERSION.name))) >= deps.config.quotas["solution-versions"]:
        return []
    arn = _arn(deps, solution, moment)
    members = version_members(solution, mode="FULL", type_="AUTOMATIC")
    record = first_record(_VERSION, arn, members, now=deps.clock(), tags={})
    attempt, now = record["_created"], record["creationDateTime"]
    change = under_way("create", "training", attempt, now)
    deps.resources.create({**record, **change, "status": CREATE_PENDING, "_claims": claims(record)})
    deps.workflows.start("training", arn, "create", attempt=attempt)
    return [arn]
