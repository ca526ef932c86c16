"""What a training chose, in a few words: which events counted, which contexts were learned, what weighs how much."""

from typing import Any

from tastemaker.pipelines.training.learning import Outcome
from tastemaker.pipelines.training.selections import Choice, Selection
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import TrainingData
from tastemaker.store.ports import Record


def learned(outcome: Outcome, data: TrainingData, version: Record) -> dict[str, Any]:
    """Return the numbers of a training that its owner may want to see, for the record of its version."""
    types = Selection.of(version).choices
    chosen = {"weights": outcome.model.settings.get("weights"), "contexts": _contexts(outcome.model, data)}
    return {
        "events": len(data.interactions),
        "eventTypes": [_type(each) for each in types],
        "parameters": outcome.parameters,
        **{name: value for name, value in chosen.items() if value},
    }


def _type(choice: Choice) -> dict[str, Any]:
    members = {"eventType": choice.event_type or "any", "weight": round(choice.weight, 6)}
    return members if choice.threshold is None else {**members, "eventValueThreshold": choice.threshold}


def _contexts(model: Model, data: TrainingData) -> dict[str, dict[str, float]]:
    """Return of each column how many values were learned, and how far they count: 0 where validation saw no use."""
    arrays = model.to_arrays()
    columns = arrays["contexts_columns"].tolist() if "contexts_columns" in arrays else []
    factor = round(float(arrays["contexts_factor"][0]), 6) if columns else 0.0
    names = data.contexts.columns if data.contexts else ()
    return {name: {"values": columns.count(name), "factor": factor if name in columns else 0.0} for name in names}
