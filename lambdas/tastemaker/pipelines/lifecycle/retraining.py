"""The weekly training of a recommender: nothing of it is seen but a newer model, once that one has been verified.

`_retraining` is to it what `latestRecommenderUpdate` is to an update; the API has no member for it.
"""

from collections.abc import Callable

from tastemaker.domain.resources.changes import is_retraining, is_updating
from tastemaker.domain.resources.statuses import ACTIVE, CREATE_PENDING
from tastemaker.domain.training.schedule import RECOMMENDER_DAYS
from tastemaker.errors import JobStopped, ResourceInUse
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.outdated import fault_of
from tastemaker.pipelines.places import recommender_folder
from tastemaker.store.ports import Record


def resume(deps: Deps, record: Record, *, patience: float) -> list[str]:
    """Start a training once more that was begun so many seconds ago, and that nobody has taken up.

    It is that of a recommender, or of a version whose model is brought up to date.
    """
    arn, retraining = record["_arn"], record.get("_retraining", {})
    if retraining.get("status") != CREATE_PENDING or retraining["began"] >= deps.clock() - patience:
        return []
    deps.workflows.start("training", arn, "retrain", attempt=retraining["attempt"])
    return [arn]


def retrain(deps: Deps, recommender: Record, *, day: float) -> list[str]:
    """Start a recommender's training if it is a week since the last one started.

    One whose model this version cannot read does not wait for its week, once.
    """
    arn, now = recommender["_arn"], deps.clock()
    outdated = _outdated(deps, recommender)
    if not _is_due(recommender, now, day, outdated):
        return []
    retraining = {"status": CREATE_PENDING, "began": now, "attempt": f"{now:.6f}"}
    retraining |= {"replaces": outdated} if outdated else {}

    def begun(record: Record) -> Record:
        if not _is_due(record, now, day, outdated):
            raise ResourceInUse(f"Recommender {arn} has changed meanwhile.")
        return {"_retraining": retraining}

    deps.resources.update(arn, begun, when={ACTIVE})
    deps.workflows.start("training", arn, "retrain", attempt=retraining["attempt"])
    return [arn]


def settle_retraining(deps: Deps, work: Input, status: str, **members: object) -> None:
    """Move the status of a retraining under way; the recommender itself stays as it is and serves its old model."""
    deps.resources.update(work["arn"], moved(work, status, **members), drop=("_progress",))


def serve_retrained(deps: Deps, work: Input, serving: Record, **members: object) -> None:
    """Let an ACTIVE recommender answer from its new model, unless it learns from other columns by now."""
    move = moved(work, ACTIVE)

    def served(record: Record) -> Record:
        if record["recommenderConfig"].get("trainingDataConfig", {}) != work["columns"]:
            raise JobStopped(f"{work['arn']} was trained on other columns meanwhile")
        return {**members, **move(record), "_serving": serving, "lastUpdatedDateTime": deps.clock()}

    deps.resources.update(work["arn"], served, when={ACTIVE}, drop=("_progress",))


def drop_older_models(deps: Deps, arn: str, old: str) -> None:
    """Remove the models before the one that was just replaced, which functions may still be loading."""
    prefix = recommender_folder(arn)
    keys = [key for key, _, _ in deps.objects.list(deps.config.models_bucket, prefix)]
    for folder in {key.removeprefix(prefix).partition("/")[0] for key in keys}:
        if float(folder) < float(old.removeprefix(prefix).partition("/")[0]):
            deps.objects.delete(deps.config.models_bucket, f"{prefix}{folder}/")


def _outdated(deps: Deps, recommender: Record) -> str | None:
    """Return the digest of a model that this version cannot read, unless its replacement was tried already."""
    artifact = recommender.get("_serving", {}).get("artifact")
    if not artifact or recommender.get("_retraining", {}).get("replaces") == artifact["sha256"]:
        return None
    return str(artifact["sha256"]) if fault_of(deps, artifact) else None


def _is_due(recommender: Record, now: float, day: float, outdated: str | None) -> bool:
    """Whether its model is outdated, or a week old: since the first training, an update's or a retraining started."""
    if recommender["status"] != ACTIVE or is_updating(recommender):
        return False
    if outdated:
        return bool(recommender["_serving"]["artifact"]["sha256"] == outdated) and not is_retraining(recommender)
    read: float = recommender.get("_trained_on", {}).get("recorded_before", 0.0)
    began: float = recommender.get("_retraining", {}).get("began", 0.0)
    last: float = max(read, began, recommender["creationDateTime"])
    return now >= last + RECOMMENDER_DAYS * day


def moved(work: Input, status: str, **members: object) -> Callable[[Record], Record]:
    """Move the retraining that a workflow carries out, and no newer one, nor that of another resource so named."""

    def changed(record: Record) -> Record:
        retraining = record.get("_retraining", {})
        if retraining.get("attempt") != work["attempt"]:
            raise ResourceInUse(f"The retraining of {work['arn']} was overtaken by another one.")
        return {"_retraining": {**retraining, **members, "status": status}}

    return changed
