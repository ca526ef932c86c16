"""Where a model goes: its artifact, the manifest last, and beside it how it was measured."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.domain.schemas.schema import Field
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.places import folder_of_content
from tastemaker.pipelines.training.assignments import folder_of, recipe_of
from tastemaker.pipelines.training.contexts import context_fields
from tastemaker.pipelines.training.learning import SEED, Outcome
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring.breakdown import breakdown
from tastemaker.recipes.measuring.evaluation import Evaluation
from tastemaker.serving import artifacts
from tastemaker.store.ports import Record


def store_model(deps: Deps, work: Input, version: Record, data: TrainingData, outcome: Outcome) -> dict[str, str]:
    """Store what was learned, and return the artifact's prefix and the digest of its manifest.

    The digest is in the prefix: a training may run twice (Step Functions asks again where an answer was lost), not
    every processor gives the same bytes, and what serves already must stay as it is.
    """
    with deps.workdir() as folder:
        extra = _manifest(work, version, outcome, context_fields(deps, version["datasetGroupArn"]))
        artifacts.save(folder, recipe=recipe_of(version), model=outcome.model, data=data, manifest_extra=extra)
        digest = hashlib.sha256((folder / artifacts.MANIFEST).read_bytes()).hexdigest()
        prefix = folder_of_content(folder_of(version, work["recorded_before"]), digest)
        if outcome.evaluation:
            _store_evaluation(deps, prefix, data, outcome.evaluation)
        _upload(deps, folder, prefix)
    return {"prefix": prefix, "sha256": digest}


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


def _upload(deps: Deps, folder: Path, prefix: str) -> None:
    """Store an artifact's files, the manifest last."""
    for name in artifacts.file_names(json.loads((folder / artifacts.MANIFEST).read_bytes())):
        deps.objects.upload(folder / name, deps.config.models_bucket, f"{prefix}{name}")


def _store_evaluation(deps: Deps, prefix: str, data: TrainingData, evaluation: Evaluation) -> None:
    """Keep the intervals, and what each held-out user contributed, beside the model for paired comparisons."""
    parts = breakdown(evaluation.asked, SEED) if evaluation.asked else {}
    users = len(evaluation.users)
    summary = {"metrics": evaluation.metrics, "intervals": evaluation.intervals, "users": users, **parts}
    deps.objects.write(deps.config.models_bucket, f"{prefix}evaluation.json", json.dumps(summary, indent=1).encode())
    body = io.BytesIO()
    np.savez_compressed(body, allow_pickle=False, users=data.user_ids[evaluation.users], **evaluation.per_user)
    deps.objects.write(deps.config.models_bucket, f"{prefix}evaluation.npz", body.getvalue())
