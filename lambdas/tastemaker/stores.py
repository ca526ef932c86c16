"""What operations and pipeline steps work on, made once per process and deployment and passed in."""

from collections.abc import Callable
from dataclasses import dataclass

from tastemaker.config import Config
from tastemaker.serving.ports import LiveModels
from tastemaker.store.ports import Answers, Events, Jobs, Keys, Metrics, Objects, Records, Resources, Workflows


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Every store, the models and the clock; what a function may not use is never touched by what it runs."""

    config: Config
    resources: Resources
    events: Events
    records: Records
    answers: Answers
    objects: Objects
    keys: Keys
    metrics: Metrics
    models: LiveModels
    workflows: Workflows
    jobs: Jobs
    sparks: Jobs
    clock: Callable[[], float]
