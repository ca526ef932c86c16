"""The steps of a training: fix the data, measure and fit, publish the artifact."""

from typing import Any, NamedTuple

from tastemaker.domain.resources import arns
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import ACTIVE, CREATE_IN_PROGRESS
from tastemaker.errors import JobStopped
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.changes import finish
from tastemaker.pipelines.lifecycle.following import follow
from tastemaker.pipelines.lifecycle.readings import note_reading
from tastemaker.pipelines.lifecycle.refreshing import serve_refreshed
from tastemaker.pipelines.lifecycle.retraining import drop_older_models, serve_retrained
from tastemaker.pipelines.lifecycle.serving import present, serve, verified
from tastemaker.pipelines.lifecycle.stopping import heeding_stops
from tastemaker.pipelines.training import actions, contests, peaks
from tastemaker.pipelines.training.assignments import (
    about,
    arn_of,
    assignment,
    is_to_choose,
    recipe_of,
    recommends_actions,
)
from tastemaker.pipelines.training.foresight import placed
from tastemaker.pipelines.training.learned import learned
from tastemaker.pipelines.training.learning import SEED, Outcome, learn, parameters_of
from tastemaker.pipelines.training.limits import check_memory
from tastemaker.pipelines.training.progress import reporter
from tastemaker.pipelines.training.quotes import predict, predict_choice, with_truth
from tastemaker.pipelines.training.readings import read_fixed, snapshots_of
from tastemaker.pipelines.training.sets import load_training_data
from tastemaker.pipelines.training.spread.places import tidy
from tastemaker.pipelines.training.storage import store_model
from tastemaker.pipelines.training.updates import taken_over
from tastemaker.recipes.contract import Progress
from tastemaker.recipes.data import TrainingData
from tastemaker.store.ports import Record


def prepare(deps: Deps, work: Input) -> Input:
    """Fix what is trained on, the datasets' snapshots and the events recorded until now, and where."""
    read = {
        "snapshots": snapshots_of(deps, deps.resources.get(work["arn"])),
        "recorded_before": deps.clock(),
    }
    # The schedule asks it whether there is anything new to learn; what only refreshes a version is no training.
    if not _refreshes(work):
        deps.note(work["arn"], {"_trained_on": read})
    version = assignment(deps, work["arn"], work["change"])
    return placed(deps, {**work, **read, "started": deps.clock()}, version)


def fit(deps: Deps, work: Input) -> Input:
    """Measure the recipe on held-out users, fit it on all of them, and store the artifact, its manifest last."""
    began = deps.clock()
    peaks.forget()
    version = assignment(deps, work["arn"], work["change"])
    report = reporter(deps, work["arn"])
    note_reading(deps, work)
    report(0.0, "reading the data")
    load = actions.load_action_data if recommends_actions(version) else load_training_data
    work, data = read_fixed(
        deps, work, version, lambda keys: load(deps, version, keys, recorded_before=work["recorded_before"])
    )
    # Of a quote: where this could be learned, and where it is.
    version |= {"_rungs": work.get("rungs", []), "_rung": work.get("rung")}
    version, trained = (_choose if is_to_choose(version) else _train)(deps, version, data, report)
    report(0.95, "storing the model")
    outcome = trained.outcome
    return {
        **work,
        "artifact": store_model(deps, work, version, data, outcome),
        "metrics": outcome.metrics,
        "tuned": outcome.tuned,
        "quote": with_truth(trained.quote, deps.clock() - began, work),
        "learned": learned(outcome, data, version),
        "recipe": about(recipe_of(version)),
        "columns": (version.get("solutionConfig") or {}).get("trainingDataConfig", {}),
        **trained.choice,
    }


class _Trained(NamedTuple):
    """What was learned, what it was to take, and the members by which a version tells that its recipe was chosen."""

    outcome: Outcome
    quote: dict[str, Any]
    choice: dict[str, Any] = {}  # noqa: RUF012  never written to


def _train(deps: Deps, version: Record, data: TrainingData, report: Progress) -> tuple[Record, _Trained]:
    """Learn with the recipe that a version names."""
    recipe = recipe_of(version)
    quote = predict(deps, recipe, data.interactions, parameters_of(version), version, seed=SEED)
    if not version.get("_refreshes"):
        deps.note(version["_arn"], {"_quote": quote})
    # Told first: what has outgrown its place finds a larger one by it.
    check_memory(deps.config, recipe, data.interactions)
    return version, _Trained(learn(recipe, data, version, taken_over(deps, version), report), quote)


def _choose(deps: Deps, version: Record, data: TrainingData, report: Progress) -> tuple[Record, _Trained]:
    """Learn with the best of several recipes, and name it in the version's members."""
    field = contests.enter(deps, version, data)
    quote = predict_choice(deps, field.recipes, data.interactions, version, seed=SEED)
    deps.note(version["_arn"], {"_quote": quote})
    recipe, outcome, judged = contests.learn_best(deps, version, data, field, report)
    table = contests.table(judged, field.out, contests.rules_of(version).metric, quote["billedMemory"])
    arn = arn_of(recipe, deps.config.partition)
    return {**version, "recipeArn": arn}, _Trained(outcome, quote, {"recipeArn": arn, "automl": table})


def publish(deps: Deps, work: Input) -> Input:
    """Make the version ACTIVE and let campaigns follow it; a recommender serves its model at once."""
    is_version = arns.kind_of(work["arn"]) is not KINDS["recommender"]
    end = serve_refreshed if _refreshes(work) else _finish_version if is_version else _deploy
    try:
        with heeding_stops(deps, work["arn"]):
            end(deps, work)
    except JobStopped:
        _discard(deps, work)
        raise
    if "legs" in work:
        tidy(deps, work)
    if end is _finish_version:
        follow(deps, deps.resources.get(work["arn"])["solutionArn"])
    return {"arn": work["arn"], "change": work["change"]}


def _refreshes(work: Input) -> bool:
    """Whether a version gets a newer model."""
    return bool(work["change"] == "retrain" and arns.kind_of(work["arn"]) is not KINDS["recommender"])


def _deploy(deps: Deps, work: Input) -> None:
    record = deps.resources.get(work["arn"])
    serving = verified(deps, work["artifact"], record["datasetGroupArn"], work["recipe"])
    put = serve_retrained if work["change"] == "retrain" else serve
    put(deps, work, serving, modelMetrics=work["metrics"], _learned=work.get("learned", {}), _trained_on=_read_of(work))
    old = record.get("_serving", {}).get("artifact")
    if old and old != work["artifact"]:
        drop_older_models(deps, work["arn"], old["prefix"])


def _discard(deps: Deps, work: Input) -> None:
    """Remove a model that nobody wants any more; a step that is repeated must not remove one that serves."""
    record, artifact = deps.resources.find(work["arn"]) or {}, present(deps, work["artifact"])
    if artifact not in (record.get("_artifact"), record.get("_serving", {}).get("artifact")):
        for one in (artifact, work["artifact"]):
            deps.objects.delete(deps.config.models_bucket, one["prefix"])


def _read_of(work: Input) -> Record:
    """Return what the model has read."""
    return {name: work[name] for name in ("snapshots", "recorded_before")}


def _finish_version(deps: Deps, work: Input) -> None:
    """Write what was learned, in one write."""
    search = {"tunedHPOParams": {"algorithmHyperParameters": work["tuned"]}} if work["tuned"] else {}
    members = {
        **search,
        "status": ACTIVE,
        "trainingHours": round((deps.clock() - work["started"]) / 3600, 3),
        "_artifact": present(deps, work["artifact"]),
        # What `prepare` has noted may be another run's, and `fit` may have read what came since.
        "_trained_on": _read_of(work),
        "_metrics": work["metrics"],
        "_recipe": work["recipe"],
        "_quote": work["quote"],
        "_learned": work.get("learned", {}),
        **({"recipeArn": work["recipeArn"], "_automl": work["automl"]} if "automl" in work else {}),
    }
    finish(deps, work, members, when={CREATE_IN_PROGRESS, ACTIVE})
