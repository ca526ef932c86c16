"""What the functions of a deployment are given, in memory but for the objects: benchmarks of steps begin here."""

import time
from dataclasses import fields
from typing import Any

from tastemaker.config import Config
from tastemaker.domain.resources.quotas import Quotas
from tastemaker.pipelines.deps import Deps
from tastemaker.store import memory
from tastemaker.store.memory_keys import MemoryKeys
from tastemaker.store.ports import Objects

MODELS = "models"


def given(objects: Objects, *, model_room: int = 0, event_days: int = 0, **stores: Any) -> Deps:  # noqa: ANN401  stores by name
    """Return stores that know nothing yet, some of them replaced; models are objects of the bucket MODELS."""
    names: dict[str, Any] = {field.name: "data" for field in fields(Config)}
    numbers = {"memory": 0, "answer_days": 0, "batch_concurrency": 0}
    numbers |= {"model_room": model_room, "event_days": event_days}
    settings = {"models_bucket": MODELS, "quotas": Quotas(), "strict": False, **numbers}
    parts: dict[str, Any] = {
        "resources": memory.MemoryResources(),
        "events": memory.MemoryEvents(),
        "records": memory.MemoryRecords(),
        "answers": memory.MemoryAnswers(),
        "metrics": memory.MemoryMetrics(),
        "workflows": memory.MemoryWorkflows(),
        "jobs": memory.MemoryJobs(),
        "sparks": memory.MemoryJobs(),
        "keys": MemoryKeys(),
        "models": None,
        "clock": time.time,
    }
    return Deps(config=Config(**names | settings), objects=objects, **parts | stores)
