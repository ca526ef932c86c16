"""GetEvaluation, an operation of our own: how sure the metrics of a model are, where it is good and beside what."""

import json
from contextlib import suppress
from typing import Any

from tastemaker.domain.resources import arns
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.store.ports import Record

_VERSION, _RECOMMENDER = KINDS["solution-version"], KINDS["recommender"]
_OF_ANOTHER = "Nothing was measured anew: these are the metrics of the training that this one continues."
_NOT_ASKED = "This recipe has metrics of its own: no simple list answers what it is asked."


def get_evaluation(call: Call, *, resource_arn: str) -> dict[str, object]:
    """Return the metrics of a solution version or a recommender with intervals, by segment, and what is certain."""
    kind = arns.kind_of(resource_arn)
    record = resources.lookup_active(call, kind if kind == _RECOMMENDER else _VERSION, resource_arn)
    stored = _stored(call, record)
    return {
        "resourceArn": resource_arn,
        "metrics": record.get("modelMetrics") or record.get("_metrics", {}),
        "users": stored.get("users", 0),
        "summary": stored.get("summary", _NOT_ASKED if stored else _OF_ANOTHER),
        "segments": stored.get("segments") or _whole(stored),
    }


def _stored(call: Call, record: Record) -> dict[str, Any]:
    """Return what was stored beside a model; nothing where a training took over what an older one had measured."""
    artifact = record.get("_artifact") or record.get("_serving", {}).get("artifact") or {}
    with suppress(FileNotFoundError, PermissionError, KeyError):
        found: dict[str, Any] = json.loads(
            call.objects.read(call.config.models_bucket, f"{artifact['prefix']}evaluation.json")
        )
        return found
    return {}


def _whole(stored: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what has intervals only as one segment."""
    if not stored.get("intervals"):
        return []
    metrics = [
        {"metric": name, "value": stored["metrics"][name], "low": low, "high": high, "lessBaselines": []}
        for name, (low, high) in sorted(stored["intervals"].items())
    ]
    about = {"segment": "all", "description": "all that was held out", "users": stored["users"]}
    return [{**about, "metrics": metrics}]
