"""The step that looks for trainings, deployments and trends whose time has come."""

from collections.abc import Sequence
from contextlib import suppress

from tastemaker.domain.resources import arns
from tastemaker.domain.resources.arns import Home, dataset_of
from tastemaker.domain.resources.changes import under_way
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.records import first_record, version_members
from tastemaker.domain.resources.relations import claims
from tastemaker.domain.resources.statuses import ACTIVE, BUSY, CREATE_PENDING
from tastemaker.domain.training.schedule import days_between, next_training, version_id
from tastemaker.errors import ServiceError
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.following import follow
from tastemaker.pipelines.lifecycle.retraining import retrain
from tastemaker.pipelines.training.assignments import recommends_actions
from tastemaker.pipelines.upkeep.overdue import overdue
from tastemaker.pipelines.upkeep.trending import refresh_all
from tastemaker.store.ports import Record

_VERSION = KINDS["solution-version"]
_PATIENCE = 60.0  # seconds that a workflow may take to begin


def due(deps: Deps, work: Input) -> Input:
    """Start what is due now and say what that is; looking twice starts nothing twice."""
    started = _start_lost(deps)
    for solution in list(deps.resources.every("solution")):
        # Somebody else changed it at the same time: the next look will see what is left to do.
        with suppress(ServiceError):
            started += follow(deps, solution["_arn"])
            started += train(deps, solution, day=work["day"])
    for recommender in list(deps.resources.every("recommender")):
        with suppress(ServiceError):
            started += retrain(deps, recommender, day=work["day"], patience=_PATIENCE)
    return {**work, "started": started, "refreshed": refresh_all(deps, day=work["day"])}


def train(deps: Deps, solution: Record, *, day: float) -> list[str]:
    """Start an automatic version of a solution if its time has come and there is something new to learn."""
    arn = solution["_arn"]
    versions = [v for v in deps.resources.every(_VERSION.name, parent=arn) if v["trainingMode"] == "FULL"]
    if solution["status"] != ACTIVE or not solution["performAutoTraining"] or any(map(_is_busy, versions)):
        return []
    moment = _next(solution, versions, day)
    if deps.clock() < moment:
        return []
    trained = [version for version in versions if version["status"] == ACTIVE]
    if _has_news(deps, solution, trained):
        return _create(deps, solution, moment)
    if trained:
        # This date is skipped. A first training has no date before there are data to learn from.
        deps.resources.update(arn, {"_skipped": moment}, when={ACTIVE})
    return []


def _is_busy(version: Record) -> bool:
    return version["status"] in BUSY


def _start_lost(deps: Deps) -> list[str]:
    """Start what nobody has taken up once more: a start that was lost is made good, any other is the same execution."""
    lost = overdue(deps, older_than=_PATIENCE)
    for one in lost:
        deps.workflows.start(one.workflow, one.arn, one.change, attempt=one.attempt)
    return [one.arn for one in lost]


def _next(solution: Record, versions: Sequence[Record], day: float) -> float:
    starts = [version["creationDateTime"] for version in versions]
    made: float = solution["creationDateTime"]
    return next_training(
        began=solution.get("_scheduled", made),
        started=max([solution.get("_skipped", 0.0), *starts]),
        days=days_between(solution.get("solutionConfig")),
        day=day,
    )


def _has_news(deps: Deps, solution: Record, trained: Sequence[Record]) -> bool:
    """Whether interactions were imported or recorded since the newest finished training read them."""
    group = solution["datasetGroupArn"]
    datasets = {dataset["datasetType"]: dataset for dataset in deps.resources.every("dataset", parent=group)}
    if "INTERACTIONS" not in datasets:
        return False
    read = trained[-1].get("_trained_on", {}) if trained else {}
    # Events with actions are kept under their dataset.
    owners = {"INTERACTIONS": group}
    if recommends_actions(solution):
        owners["ACTION_INTERACTIONS"] = dataset_of(group, "ACTION_INTERACTIONS")
    return any(
        datasets.get(type_, {}).get("_snapshot") != read.get("snapshots", {}).get(type_)
        or deps.events.any_since(owner, read.get("recorded_before", 0.0))
        for type_, owner in owners.items()
    )


def _create(deps: Deps, solution: Record, moment: float) -> list[str]:
    if sum(map(_is_busy, deps.resources.every(_VERSION.name))) >= deps.config.quotas["solution-versions"]:
        return []
    config = deps.config
    tail = f"{arns.tail(solution['_arn'])}/{version_id(solution['_arn'], moment)}"
    arn = Home(config.partition, config.region, config.account).arn(_VERSION, tail)
    members = version_members(solution, mode="FULL", type_="AUTOMATIC")
    record = first_record(_VERSION, arn, members, now=deps.clock(), tags={})
    attempt, now = record["_created"], record["creationDateTime"]
    begun = under_way("create", "training", attempt, now)
    deps.resources.create({**record, **begun, "status": CREATE_PENDING, "_claims": claims(record)})
    deps.workflows.start("training", arn, "create", attempt=attempt)
    return [arn]
