"""The steps of a training: fix the data, measure and fit, publish the artifact."""

import hashlib
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.domain.resources import arns
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import ACTIVE, CREATE_IN_PROGRESS
from tastemaker.domain.schemas.schema import Field
from tastemaker.errors import JobStopped
from tastemaker.pipelines.datasets.switching import reading
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.changes import finish
from tastemaker.pipelines.lifecycle.following import follow
from tastemaker.pipelines.lifecycle.retraining import drop_older_models, serve_retrained
from tastemaker.pipelines.lifecycle.serving import serve, verified
from tastemaker.pipelines.lifecycle.stopping import heeding_stops
from tastemaker.pipelines.training import actions, peaks
from tastemaker.pipelines.training.assignments import assignment, recipe_of, recommends_actions
from tastemaker.pipelines.training.assignments import prefix as prefix_of
from tastemaker.pipelines.training.contexts import context_fields
from tastemaker.pipelines.training.limits import check_memory
from tastemaker.pipelines.training.quotes import predict, with_truth
from tastemaker.pipelines.training.sets import load_training_data
from tastemaker.pipelines.training.updates import Before, taken_over
from tastemaker.recipes import contract
from tastemaker.recipes.contract import Model, Progress, Recipe
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring import tuning
from tastemaker.recipes.measuring.evaluation import Evaluation, evaluate
from tastemaker.serving import artifacts
from tastemaker.store.ports import Record

_SEED = 0  # every training of the same data with the same configuration gives the same bytes
_TRAINED = ("INTERACTIONS", "ITEMS", "USERS")


def prepare(deps: Deps, work: Input) -> Input:
    """Fix what is trained on: the datasets' snapshots and the events recorded until now."""
    read = {
        "snapshots": _snapshots(deps, deps.resources.get(work["arn"])),
        "recorded_before": deps.clock(),
    }
    # The schedule asks it whether there is anything new to learn.
    deps.note(work["arn"], {"_trained_on": read})
    return {**work, **read, "started": deps.clock()}


def fit(deps: Deps, work: Input) -> Input:
    """Measure the recipe on held-out users, fit it on all of them, and store the artifact, its manifest last."""
    began = deps.clock()
    peaks.forget()
    version = assignment(deps, work["arn"], work["change"])
    recipe = recipe_of(version)
    report = _reporter(deps, work["arn"])
    report(0.0, "reading the data")
    work, data = _read(deps, work, version)
    check_memory(deps.config, recipe, data.interactions)
    quote = predict(deps, recipe, data.interactions, _parameters(version), version, seed=_SEED)
    deps.note(work["arn"], {"_quote": quote})
    learned = _learn(recipe, data, version, taken_over(deps, version), report)
    report(0.95, "storing the model")
    prefix = prefix_of(version, work["recorded_before"])
    with deps.workdir() as folder:
        extra = _manifest(work, version, learned, context_fields(deps, version["datasetGroupArn"]))
        artifacts.save(folder, recipe=recipe, model=learned.model, data=data, manifest_extra=extra)
        digest = _upload(deps, folder, prefix)
    if learned.measured:
        _store_evaluation(deps, prefix, data, learned.measured)
    return {
        **work,
        "artifact": {"prefix": prefix, "sha256": digest},
        "metrics": learned.metrics,
        "tuned": learned.tuned,
        "quote": with_truth(quote, deps.clock() - began),
        "recipe": _about(recipe),
        "columns": (version.get("solutionConfig") or {}).get("trainingDataConfig", {}),
    }


@dataclass(frozen=True, slots=True)
class _Learned:
    """A model with the parameters it was learned with, those that were searched for, and how good it is."""

    model: Model
    parameters: dict[str, str]
    tuned: dict[str, str]
    metrics: dict[str, float]
    measured: Evaluation | None = None


def _learn(recipe: Recipe, data: TrainingData, version: Record, before: Before | None, report: Progress) -> _Learned:
    """Search, measure and fit; an update takes over what was found and measured before it, and fits."""
    given = _parameters(version)
    if before:
        settled = replace(data, like=before.model)
        model = recipe.fit(settled, given | before.tuned, seed=_SEED, progress=contract.share(report, 0.05, 0.95))
        return _Learned(model, given | before.tuned, before.tuned, before.metrics)
    tuned, begun = _tuned(recipe, data, version, report)
    parameters = given | tuned
    half = (begun + 0.95) / 2
    measured = evaluate(recipe, data, parameters, seed=_SEED, progress=contract.share(report, begun, half))
    # What was chosen on nine users of ten is good for all of them; searching again would double the time.
    settled = replace(data, like=measured.model)
    model = recipe.fit(settled, parameters, seed=_SEED, progress=contract.share(report, half, 0.95))
    return _Learned(model, parameters, tuned, measured.metrics, measured)


def _tuned(recipe: Recipe, data: TrainingData, version: Record, report: Progress) -> tuple[dict[str, str], float]:
    """Return what a search of hyperparameters found, and how far the training has come by then."""
    if not version.get("performHPO"):
        return {}, 0.05
    wanted = (version.get("solutionConfig") or {}).get("hpoConfig", {})
    part = contract.share(report, 0.05, 0.6)
    return tuning.tune(recipe, data, _parameters(version), wanted, seed=_SEED, progress=part), 0.6


def publish(deps: Deps, work: Input) -> Input:
    """Make the version ACTIVE and let campaigns follow it; a recommender serves its model at once."""
    end = _deploy if arns.kind_of(work["arn"]) is KINDS["recommender"] else _finish_version
    try:
        with heeding_stops(deps, work["arn"]):
            end(deps, work)
    except JobStopped:
        _discard(deps, work)
        raise
    if end is _finish_version:
        follow(deps, deps.resources.get(work["arn"])["solutionArn"])
    return {"arn": work["arn"], "change": work["change"]}


def _snapshots(deps: Deps, record: Record) -> dict[str, str]:
    """Return the snapshots that the datasets point at which a version or recommender reads, by type."""
    types = actions.TYPES if recommends_actions(record) else _TRAINED
    datasets = deps.resources.every("dataset", parent=record["datasetGroupArn"])
    # A dataset on its way out would be gone in the middle of the training.
    staying = (d for d in datasets if d["status"] == ACTIVE and d.get("_snapshot"))
    found: dict[str, str] = {d["datasetType"]: d["_snapshot"] for d in staying}
    return {type_: found[type_] for type_ in types if type_ in found}


def _read(deps: Deps, work: Input, version: Record) -> tuple[Input, TrainingData]:
    """Read the data that was fixed; where an import or a deletion has replaced it meanwhile, what is there now."""
    fixed = iter((work["snapshots"],))
    load = actions.load_action_data if recommends_actions(version) else load_training_data

    def read() -> tuple[Input, TrainingData]:
        chosen = next(fixed, None) or _snapshots(deps, version)
        data = load(deps, version, chosen, recorded_before=work["recorded_before"])
        return {**work, "snapshots": chosen}, data

    return reading(read)


def _deploy(deps: Deps, work: Input) -> None:
    record = deps.resources.get(work["arn"])
    serving = verified(deps, work["artifact"], record["datasetGroupArn"], work["recipe"])
    put = serve_retrained if work["change"] == "retrain" else serve
    put(deps, work, serving, modelMetrics=work["metrics"])
    old = record.get("_serving", {}).get("artifact")
    if old and old != work["artifact"]:
        drop_older_models(deps, work["arn"], old["prefix"])


def _discard(deps: Deps, work: Input) -> None:
    """Remove a model that nobody wants any more; a step that is repeated must not remove one that serves."""
    record = deps.resources.find(work["arn"]) or {}
    if work["artifact"] not in (record.get("_artifact"), record.get("_serving", {}).get("artifact")):
        deps.objects.delete(deps.config.models_bucket, work["artifact"]["prefix"])


def _finish_version(deps: Deps, work: Input) -> None:
    """Write what was learned, in one write."""
    tuned = {"tunedHPOParams": {"algorithmHyperParameters": work["tuned"]}} if work["tuned"] else {}
    members = {
        **tuned,
        "status": ACTIVE,
        "trainingHours": round((deps.clock() - work["started"]) / 3600, 3),
        "_artifact": work["artifact"],
        "_metrics": work["metrics"],
        "_recipe": work["recipe"],
        "_quote": work["quote"],
    }
    finish(deps, work, members, when={CREATE_IN_PROGRESS, ACTIVE})


def _about(recipe: Recipe) -> dict[str, Any]:
    """Return what serving must know of a recipe; its metadata need numpy's neighbourhood, a record does not."""
    needs = {"userId": recipe.metadata.needs_user, "itemId": recipe.metadata.needs_item}
    return {
        "name": recipe.name,
        "type": recipe.metadata.type,
        "needs": [name for name, needed in needs.items() if needed],
    }


def _parameters(version: Record) -> dict[str, str]:
    config = version.get("solutionConfig") or {}
    return {**config.get("featureTransformationParameters", {}), **config.get("algorithmHyperParameters", {})}


def _manifest(work: Input, version: Record, learned: _Learned, contexts: list[Field]) -> dict[str, Any]:
    return {
        "trained_for": version["_arn"],
        "snapshots": work["snapshots"],
        "parameters": learned.parameters,
        "seed": _SEED,
        "metrics": learned.metrics,
        "events": {
            "recorded_before": work["recorded_before"],
            "event_type": version.get("eventType"),
            "excluded_event": version.get("excludedEvent"),
            "context_columns": [field.name for field in contexts],
        },
    }


def _upload(deps: Deps, folder: Path, prefix: str) -> str:
    """Store an artifact's files, the manifest last, and return the manifest's SHA-256."""
    manifest = (folder / artifacts.MANIFEST).read_bytes()
    for name in artifacts.file_names(json.loads(manifest)):
        deps.objects.upload(folder / name, deps.config.models_bucket, f"{prefix}{name}")
    return hashlib.sha256(manifest).hexdigest()


def _store_evaluation(deps: Deps, prefix: str, data: TrainingData, measured: Evaluation) -> None:
    """Keep the intervals, and what each held-out user contributed, beside the model for paired comparisons."""
    summary = {"metrics": measured.metrics, "intervals": measured.intervals, "users": len(measured.users)}
    deps.objects.write(deps.config.models_bucket, f"{prefix}evaluation.json", json.dumps(summary, indent=1).encode())
    body = io.BytesIO()
    np.savez_compressed(body, allow_pickle=False, users=data.user_ids[measured.users], **measured.per_user)
    deps.objects.write(deps.config.models_bucket, f"{prefix}evaluation.npz", body.getvalue())


def _reporter(deps: Deps, arn: str) -> Progress:
    """Return a callback that notes progress on the resource, at most once per percent or phrase."""
    last: list[object] = []

    def report(fraction: float, phrase: str) -> None:
        step = [int(fraction * 100), phrase]
        if step != last:
            last[:] = step
            deps.progress(arn, fraction, phrase)

    return report
