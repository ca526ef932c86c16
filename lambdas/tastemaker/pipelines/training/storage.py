"""Where a model goes: its artifact, the manifest last, and beside it how it was measured."""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.domain.schemas.schema import Field
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.places import folder_of_content
from tastemaker.pipelines.training.assignments import folder_of, recipe_of
from tastemaker.pipelines.training.contexts import context_fields
from tastemaker.pipelines.training.learning import SEED, Outcome
from tastemaker.recipes.contract import Arrays, Recipe
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring.breakdown import breakdown
from tastemaker.recipes.measuring.evaluation import Evaluation
from tastemaker.serving import artifacts
from tastemaker.serving.artifacts import Artifact
from tastemaker.store.ports import Record

# Beside a model: how it was measured, in words and by user.
_MEASURED = ("evaluation.json", "evaluation.npz")


@dataclass(frozen=True, slots=True)
class Sample:
    """A model of some users, and how it was measured: files by name."""

    artifact: Artifact
    measured: Mapping[str, bytes]


def store_model(
    deps: Deps,
    work: Input,
    version: Record,
    data: TrainingData,
    outcome: Outcome,
    *,
    histories: Arrays | None = None,
    measured: Mapping[str, bytes] | None = None,
) -> dict[str, str]:
    """Store what was learned, and return the artifact's prefix and the digest of its manifest.

    The digest is in the prefix: a training may run twice (Step Functions asks again where an answer was lost), not
    every processor gives the same bytes, and what serves already must stay as it is. `histories` and how it was
    `measured` are given where they are not in what was learned from, and in the outcome.
    """
    recipe, contexts = recipe_of(version), context_fields(deps, version["datasetGroupArn"])
    extra = _manifest(work, version, outcome, contexts)
    with deps.workdir() as folder:
        artifacts.save(folder, recipe=recipe, model=outcome.model, data=data, histories=histories, manifest_extra=extra)
        digest = hashlib.sha256((folder / artifacts.MANIFEST).read_bytes()).hexdigest()
        prefix = folder_of_content(folder_of(version, work["recorded_before"]), digest)
        files = _measured(data, outcome.evaluation) if measured is None else measured
        _store(deps, deps.config.models_bucket, prefix, folder, files)
    return {"prefix": prefix, "sha256": digest}


def store_sample(deps: Deps, prefix: str, recipe: Recipe, data: TrainingData, outcome: Outcome) -> None:
    """Store a model of some users beside what it was learned for."""
    with deps.workdir() as folder:
        artifacts.save(folder, recipe=recipe, model=outcome.model, data=data)
        _store(deps, deps.config.data_bucket, prefix, folder, _measured(data, outcome.evaluation))


def fetched_sample(deps: Deps, prefix: str, folder: Path) -> Sample:
    """Bring a model of some users."""
    bucket = deps.config.data_bucket
    names = [key.removeprefix(prefix) for key, _, _ in deps.objects.list(bucket, prefix)]
    folder.mkdir()
    for name in names:
        deps.objects.download(bucket, f"{prefix}{name}", folder / name)
    return Sample(artifacts.load(folder), {name: (folder / name).read_bytes() for name in names if name in _MEASURED})


def _manifest(work: Input, version: Record, outcome: Outcome, contexts: list[Field]) -> dict[str, Any]:
    return {
        "trained_for": version["_arn"],
        "snapshots": work["snapshots"],
        "parameters": outcome.parameters,
        "seed": SEED,
        "metrics": outcome.metrics,
        "events": {
            "recorded_before": work["recorded_before"],
            "event_type": version.get("eventType"),
            "excluded_event": version.get("excludedEvent"),
            "context_columns": [field.name for field in contexts],
        },
    }


def _store(deps: Deps, bucket: str, prefix: str, folder: Path, measured: Mapping[str, bytes]) -> None:
    """Store how a model was measured, then its files, the manifest last."""
    for name, body in measured.items():
        deps.objects.write(bucket, f"{prefix}{name}", body)
    for name in artifacts.file_names(json.loads((folder / artifacts.MANIFEST).read_bytes())):
        deps.objects.upload(folder / name, bucket, f"{prefix}{name}")


def _measured(data: TrainingData, evaluation: Evaluation | None) -> dict[str, bytes]:
    """Return the intervals, and what each held-out user contributed, for paired comparisons."""
    if evaluation is None:
        return {}
    parts = breakdown(evaluation.asked, SEED) if evaluation.asked else {}
    users = len(evaluation.users)
    summary = {"metrics": evaluation.metrics, "intervals": evaluation.intervals, "users": users, **parts}
    body = io.BytesIO()
    np.savez_compressed(body, allow_pickle=False, users=data.user_ids[evaluation.users], **evaluation.per_user)
    return dict(zip(_MEASURED, (json.dumps(summary, indent=1).encode(), body.getvalue()), strict=True))
