"""The weekly training of a recommender: nothing of it is seen but a newer model, once that one has been verified.

`_retraining` is to it what `latestRecommenderUpdate` is to an update; the API has no member for it.
"""

from typing import Any

from tastemaker.domain.statuses import ACTIVE, BUSY, CREATE_PENDING
from tastemaker.domain.training_schedule import RECOMMENDER_DAYS
from tastemaker.errors import JobStopped
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.removal import recommender_prefix
from tastemaker.store.ports import Record

Input = dict[str, Any]


def retrain(deps: Deps, recommender: Record, *, day: float) -> list[str]:
    """Start a recommender's training if it is a week since the last one started; a lost start is made good."""
    arn, now = recommender["_arn"], deps.clock()
    retraining = recommender.get("_retraining", {})
    if retraining.get("status") == CREATE_PENDING:
        _start(deps, arn, retraining)
    updating = recommender.get("latestRecommenderUpdate", {}).get("status") in BUSY
    if recommender["status"] != ACTIVE or updating or now < _last_start(recommender) + RECOMMENDER_DAYS * day:
        return []
    retraining = {"status": CREATE_PENDING, "creationDateTime": now}
    deps.resources.update(arn, {"_retraining": retraining}, when={ACTIVE})
    _start(deps, arn, retraining)
    return [arn]


def settle_retraining(deps: Deps, arn: str, status: str, **members: object) -> None:
    """Move the status of a retraining under way; the recommender itself stays ACTIVE and serves its old model."""
    retraining = {**deps.resources.get(arn)["_retraining"], **members, "status": status}
    deps.resources.update(arn, {"_retraining": retraining}, drop=("_progress",))


def serve_retrained(deps: Deps, work: Input, serving: Record, **members: object) -> None:
    """Let an ACTIVE recommender answer from its new model, unless it learns from other columns by now."""
    record = deps.resources.get(work["arn"])
    if record["recommenderConfig"].get("trainingDataConfig", {}) != work["columns"]:
        raise JobStopped(f"{work['arn']} was trained on other columns meanwhile")
    changes = {
        **members,
        "_serving": serving,
        "_retraining": {**record["_retraining"], "status": ACTIVE},
        "lastUpdatedDateTime": deps.clock(),
    }
    deps.resources.update(work["arn"], changes, when={ACTIVE}, drop=("_progress",))


def drop_older_models(deps: Deps, arn: str, replaced: str) -> None:
    """Remove the models before the one that was just replaced, which functions may still be loading."""
    prefix = recommender_prefix(arn)
    keys = [key for key, _, _ in deps.objects.list(deps.config.models_bucket, prefix)]
    for folder in {key.removeprefix(prefix).partition("/")[0] for key in keys}:
        if float(folder) < float(replaced.removeprefix(prefix).rstrip("/")):
            deps.objects.delete(deps.config.models_bucket, f"{prefix}{folder}/")


def _last_start(recommender: Record) -> float:
    """Return when the newest training started, be it the first one, an update's or a retraining."""
    read: float = recommender.get("_trained_on", {}).get("recorded_before", 0.0)
    asked: float = recommender.get("_retraining", {}).get("creationDateTime", 0.0)
    made: float = recommender["creationDateTime"]
    return max(read, asked, made)


def _start(deps: Deps, arn: str, retraining: Record) -> None:
    deps.workflows.start("training", arn, "retrain", attempt=f"{retraining['creationDateTime']:.6f}")
