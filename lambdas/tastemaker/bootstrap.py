"""Wires the pieces together: configuration to stores, stores to operations and steps. The only place that does."""

import time
import uuid
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from types import ModuleType
from typing import Any

from tastemaker.config import Config
from tastemaker.operations.context import Context
from tastemaker.pipelines.deps import Deps
from tastemaker.store.clients import client, hasty_client
from tastemaker.store.dynamo import DynamoResources
from tastemaker.store.dynamo_answers import DynamoAnswers
from tastemaker.store.dynamo_events import DynamoEvents, DynamoRecords
from tastemaker.store.models import ModelShelf
from tastemaker.store.ports import Served
from tastemaker.store.s3 import S3Objects
from tastemaker.store.workflows import StepFunctions
from tastemaker.wire.service import Service

Operation = Callable[..., dict[str, object]]
Step = Callable[[Deps, dict[str, Any]], dict[str, Any]]

# Each API's operations live in these modules; a function's name is its operation's, which is the whole registration.
_OPERATIONS = {
    "personalize": (
        "batch_inference_jobs",
        "batch_segment_jobs",
        "campaigns",
        "dataset_groups",
        "datasets",
        "deletion_jobs",
        "event_trackers",
        "export_jobs",
        "filters",
        "import_jobs",
        "insights",
        "metric_attributions",
        "recipes",
        "recommenders",
        "schemas",
        "solution_versions",
        "solutions",
        "tags",
    ),
    "personalize-events": ("events", "records"),
    "personalize-runtime": ("filter_explanations", "recommendations", "replays"),
}
# The names that state machines use, and where the steps live.
_STEPS = {
    "begin": "lifecycle.begin",
    "settle": "lifecycle.settle",
    "fail": "lifecycle.fail",
    "stopped": "lifecycle.stopped",
    "import.convert": "imports.convert",
    "import.publish": "imports.publish",
    "training.prepare": "training.prepare",
    "training.fit": "training.fit",
    "training.publish": "training.publish",
    "deployment.verify": "deployment.verify",
    "deployment.publish": "deployment.publish",
    "schedule.due": "schedule.due",
    "export.write": "exports.write",
    "export.publish": "exports.publish",
    "deletion.rewrite": "deletions.rewrite",
    "deletion.forget": "deletions.forget",
    "deletion.publish": "deletions.publish",
    "batch.run": "batch.run",
    "batch.publish": "batch.publish",
}


@cache
def service(api: str, config: Config) -> Service:
    """Return the service of one API, made once per process and deployment."""
    return Service(api, operation_table(api), partial(_context, config))


@cache
def operation_table(api: str) -> Mapping[str, Operation]:
    """Return an API's operations by their snake-cased name."""
    modules = [import_module(f"tastemaker.operations.{name}") for name in _OPERATIONS[api]]
    return {name: function for module in modules for name, function in _public_functions(module)}


def step(name: str) -> Step:
    """Return a pipeline step by the name that state machines use; its module is loaded now, not at a cold start."""
    module, _, function = _STEPS[name].partition(".")
    found: Step = getattr(import_module(f"tastemaker.pipelines.{module}"), function)
    return found


@cache
def deps(config: Config) -> Deps:
    """Return what pipeline steps use, made once per process and deployment."""
    return Deps(
        config=config,
        resources=_resources(config),
        events=_events(config),
        records=_records(config),
        answers=_answers(config),
        objects=_objects(config),
        models=_models(config),
        workflows=_workflows(config),
        clock=time.time,
    )


def _context(config: Config, request_id: str, wishes: Mapping[str, str]) -> Context:
    return Context(
        config=config,
        resources=_resources(config),
        events=_events(config),
        records=_records(config),
        objects=_objects(config),
        answers=_answers(config),
        workflows=_workflows(config),
        models=_models(config),
        clock=time.time,
        new_id=_new_id,
        request_id=request_id,
        wishes=wishes,
    )


def _public_functions(module: ModuleType) -> list[tuple[str, Operation]]:
    return [
        (name, value)
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
    ]


def _new_id() -> str:
    return str(uuid.uuid4())


@cache
def _resources(config: Config) -> DynamoResources:
    return DynamoResources(client("dynamodb", config.region), config.resources_table)


@cache
def _events(config: Config) -> DynamoEvents:
    return DynamoEvents(client("dynamodb", config.region), config.events_table)


@cache
def _records(config: Config) -> DynamoRecords:
    return DynamoRecords(client("dynamodb", config.region), config.records_table)


@cache
def _answers(config: Config) -> DynamoAnswers:
    hasty = partial(hasty_client, "dynamodb", config.region)
    return DynamoAnswers(client("dynamodb", config.region), config.answers_table, hasty=hasty)


@cache
def _objects(config: Config) -> S3Objects:
    return S3Objects(config.region)


@cache
def _workflows(config: Config) -> StepFunctions:
    return StepFunctions(client("stepfunctions", config.region), config.machines)


@cache
def _models(config: Config) -> ModelShelf:
    return ModelShelf(_objects(config), config.models_bucket, _open_model)


def _open_model(folder: Any) -> Served:  # noqa: ANN401
    opened: Served = import_module("tastemaker.recipes.serving").open_model(folder)
    return opened
