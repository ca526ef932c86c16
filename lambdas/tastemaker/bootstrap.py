"""Wires the pieces together: configuration to stores, stores to operations and steps. The only place that does."""

import time
import uuid
from collections.abc import Callable, Mapping
from errno import ENOSPC
from functools import cache, partial
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tastemaker.config import Config
from tastemaker.errors import JobFailed, JobOutgrown, KeyUnusable
from tastemaker.operations.answering.unreadable import answered
from tastemaker.operations.call import Call
from tastemaker.pipelines.deps import Deps
from tastemaker.serving.live_models import LiveModels
from tastemaker.serving.ports import Served, TooLarge
from tastemaker.serving.shelf import LARGEST, PAGED, ModelShelf
from tastemaker.stacks.provider import Provider
from tastemaker.store.announcer import Announcer
from tastemaker.store.batch import BatchJobs
from tastemaker.store.clients import client, client_at, find_aws_at, hasty_client
from tastemaker.store.cloudwatch import CloudWatch
from tastemaker.store.dynamo_answers import DynamoAnswers
from tastemaker.store.dynamo_events import DynamoEvents
from tastemaker.store.dynamo_records import DynamoRecords
from tastemaker.store.dynamo_resources import DynamoResources, RecentResources
from tastemaker.store.emr import Application, SparkJobs
from tastemaker.store.kms import KmsKeys
from tastemaker.store.own_api import OwnApi
from tastemaker.store.recent import Recent
from tastemaker.store.releases import OtherReleases
from tastemaker.store.s3 import UNSAID, S3Objects
from tastemaker.store.sealing import Seals
from tastemaker.store.stacks import CloudFormationStacks
from tastemaker.store.workflows import StepFunctions
from tastemaker.wire.origins import Origins
from tastemaker.wire.readers import Readers
from tastemaker.wire.service import Service

if TYPE_CHECKING:
    from tastemaker.recipes.data import Encoder

Operation = Callable[..., dict[str, object]]
Step = Callable[[Deps, dict[str, Any]], dict[str, Any]]

# Each API's operations live in a folder; a function's name is its operation's, which is the whole registration.
_OPERATIONS = {"personalize": "control", "personalize-events": "events", "personalize-runtime": "runtime"}
_ROOM = 1_024  # MB
_NO_LIMIT = 1 << 30  # MB
# Its operations write no resources and answer many times a second.
_ANSWERING = "personalize-runtime"
_LESS = "training on fewer interactions or items, or importing in several jobs, takes less"
# Not imported for its name: most functions do without it.
_DUCKDB_MEMORY = "OutOfMemoryException"
# The names that state machines use, and where the steps live.
_STEPS = {
    "begin": "lifecycle.steps.begin",
    "settle": "lifecycle.steps.settle",
    "fail": "lifecycle.steps.fail",
    "stopped": "lifecycle.steps.stopped",
    "ladder.start": "ladder.steps.start",
    "ladder.look": "ladder.steps.look",
    "ladder.climb": "ladder.steps.climb",
    "import.place": "imports.steps.place",
    "import.gather": "imports.steps.gather",
    "import.adopt": "imports.steps.adopt",
    "import.convert": "imports.steps.convert",
    "import.publish": "imports.steps.publish",
    "training.prepare": "training.steps.prepare",
    "training.fit": "training.steps.fit",
    "training.gather": "training.spread.steps.gather",
    "training.assemble": "training.spread.steps.assemble",
    "training.publish": "training.steps.publish",
    "deployment.verify": "deployment.steps.verify",
    "deployment.publish": "deployment.steps.publish",
    "schedule.due": "upkeep.steps.due",
    "schedule.recorded": "upkeep.steps.recorded",
    "schedule.unanswering": "upkeep.steps.unanswering",
    "export.place": "exports.steps.place",
    "export.write": "exports.steps.write",
    "export.publish": "exports.steps.publish",
    "deletion.place": "deletions.steps.place",
    "deletion.rewrite": "deletions.steps.rewrite",
    "deletion.forget": "deletions.steps.forget",
    "deletion.strip": "deletions.steps.strip",
    "deletion.publish": "deletions.steps.publish",
    "batch.plan": "batch.steps.plan",
    "batch.answer": "batch.steps.answer",
    "batch.join": "batch.steps.join",
    "batch.publish": "batch.steps.publish",
    "segments.prepare": "segments.steps.prepare",
    "segments.run": "segments.steps.run",
    "segments.publish": "segments.steps.publish",
}


@cache
def service(api: str, config: Config) -> Service:
    """Return the service of one API, made once per process and deployment."""
    find_aws_at(config.aws_endpoint)
    resources = (_recent_resources if api == _ANSWERING else _resources)(config.region, config.resources_table)
    if api == _ANSWERING:
        _prepare_to_answer(config)
    call = partial(Call, **_stores(config, resources), new_id=_new_id)
    return Service(
        api,
        operation_table(api),
        lambda request_id, wishes: call(request_id=request_id, wishes=wishes),
        origins=Origins.of(config.cors_origins),
        readers=Readers.of(config.read_only_principals),
        strict=config.strict,
        **({"hand_on": _releases(config).answer} if api == _ANSWERING and config.function else {}),
    )


@cache
def operation_table(api: str) -> Mapping[str, Operation]:
    """Return an API's operations by their snake-cased name."""
    folder = _OPERATIONS[api]
    names = [module.name for module in iter_modules(import_module(f"tastemaker.operations.{folder}").__path__)]
    modules = [import_module(f"tastemaker.operations.{folder}.{name}") for name in names]
    table = {name: function for module in modules for name, function in _public_functions(module)}
    return {name: answered(function) for name, function in table.items()} if api == _ANSWERING else table


def announcer(config: Config) -> Announcer:
    """Return what tells of changed statuses."""
    find_aws_at(config.aws_endpoint)
    # Functions are called by their deployment and their handler.
    return Announcer(client("events", config.region), config.function.rpartition("-")[0])


def provider(config: Config) -> Provider:
    """Return what answers CloudFormation."""
    find_aws_at(config.aws_endpoint)
    stacks = CloudFormationStacks(client("stepfunctions", config.region), config.provider_machine)
    api = OwnApi(partial(client_at, "personalize", config.region, config.api_url, "execute-api"))
    return Provider(api, stacks, time.time)


def step(name: str) -> Step:
    """Return a pipeline step by the name that state machines use; its module is loaded now, not at a cold start."""
    module, _, attribute = _STEPS[name].rpartition(".")
    function: Step = getattr(import_module(f"tastemaker.pipelines.{module}"), attribute)
    return function


def run_step(name: str, deps: Deps, work: dict[str, Any]) -> dict[str, Any]:
    """Run a step with what may store things of its resource's dataset group; a key that is refused is its failure.

    What takes more than there is where it runs may have it elsewhere.
    """
    try:
        return step(name)(deps.of(work.get("arn")), work)
    except KeyUnusable as problem:
        raise JobFailed(str(problem)) from problem
    except Exception as problem:
        if isinstance(problem, MemoryError) or type(problem).__name__ == _DUCKDB_MEMORY:
            raise JobOutgrown(f"A step of this job has no memory left ({problem}): {_LESS}.") from problem
        if isinstance(problem, TooLarge):
            raise JobOutgrown(f"The model of this job is larger than a step holds ({problem}): {_LESS}.") from problem
        if isinstance(problem, OSError) and problem.errno == ENOSPC:
            raise JobOutgrown(f"A step of this job has filled its disk ({problem}): {_LESS}.") from problem
        raise


@cache
def deps(config: Config) -> Deps:
    """Return what pipeline steps use, made once per process and deployment."""
    find_aws_at(config.aws_endpoint)
    return Deps(**_stores(config, _resources(config.region, config.resources_table)), find_encoder=installed_encoder)


@cache
def installed_encoder() -> "Encoder | None":
    """Return what a package offers under the entry points `tastemaker.encoders`; the first by name, made once."""
    offered = sorted(entry_points(group="tastemaker.encoders"), key=lambda each: each.name)
    return next((each.load()() for each in offered), None)


def _stores(config: Config, resources: DynamoResources | RecentResources) -> dict[str, Any]:
    """Return the fields of `Stores`."""
    return {
        "config": config,
        "resources": resources,
        "events": _events(config),
        "records": _records(config),
        "answers": _answers(config),
        "objects": _objects(config),
        "keys": KmsKeys(config.region, partial(client, "kms", config.region)),
        "metrics": _metrics(config),
        "models": _models(config),
        "workflows": _workflows(config),
        "sparks": SparkJobs(partial(client, "emr-serverless", config.region), _application(config)),
        "jobs": BatchJobs(partial(client, "batch", config.region), config.job_queue, config.job_definition),
        "clock": time.time,
    }


def _application(config: Config) -> Application:
    return Application(config.spark_application, config.spark_script, config.spark_role, config.data_bucket)


def _prepare_to_answer(config: Config) -> None:
    """Do at the start of a process what its first answer would have to wait for."""
    import_module("tastemaker.serving.model")
    import_module("tastemaker.recipes.personal.personalizers")
    client("s3", config.region)


def _public_functions(module: ModuleType) -> list[tuple[str, Operation]]:
    return [
        (name, value)
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
    ]


def _new_id() -> str:
    return str(uuid.uuid4())


@cache
def _resources(region: str, table: str) -> DynamoResources:
    return DynamoResources(client("dynamodb", region), table, _recent(region, table))


@cache
def _recent_resources(region: str, table: str) -> RecentResources:
    return RecentResources(client("dynamodb", region), table, _recent(region, table))


@cache
def _recent(_region: str, _table: str) -> Recent:
    # Of a table and not of a function: where all functions share a process, each sees at once what the others write.
    return Recent()


@cache
def _events(config: Config) -> DynamoEvents:
    return DynamoEvents(client("dynamodb", config.region), config.events_table, _seals(config))


@cache
def _records(config: Config) -> DynamoRecords:
    return DynamoRecords(client("dynamodb", config.region), config.records_table, _seals(config))


@cache
def _answers(config: Config) -> DynamoAnswers:
    hasty = partial(hasty_client, "dynamodb", config.region)
    return DynamoAnswers(client("dynamodb", config.region), config.answers_table, hasty=hasty, seals=_seals(config))


@cache
def _seals(config: Config) -> Seals:
    groups = _recent_resources(config.region, config.resources_table)
    return Seals(groups.find, partial(client, "kms", config.region))


@cache
def _objects(config: Config) -> S3Objects:
    return S3Objects(config.region, kms_key=UNSAID)


@cache
def _metrics(config: Config) -> CloudWatch:
    return CloudWatch(config.region, partial(client, "cloudwatch", config.region))


@cache
def _workflows(config: Config) -> StepFunctions:
    return StepFunctions(partial(client, "stepfunctions", config.region), config.machines)


def _releases(config: Config) -> OtherReleases:
    return OtherReleases(partial(client, "lambda", config.region), config.function, time.monotonic)


@cache
def _models(config: Config) -> LiveModels:
    shelf = _shelf(config.region, config.models_bucket, config.model_room, _paged(config))
    return LiveModels(shelf, _records(config), time.time)


@cache
def _shelf(region: str, bucket: str, megabytes: int, paged: int) -> ModelShelf:
    # Of a bucket and not of a function: where all functions share a process, a model is there once.
    room = (megabytes or _ROOM) << 20
    return ModelShelf(S3Objects(region), bucket, _open_model, room=room, most=LARGEST << 20, paged=paged << 20)


def _paged(config: Config) -> int:
    """Return how many MB of a large model's blocks are kept: steps go through all of it, as far as they have memory."""
    return max(PAGED, config.memory) if config.model_room else _NO_LIMIT


def _open_model(folder: Any, paged: Any) -> Served:  # noqa: ANN401
    model: Served = import_module("tastemaker.serving.model").open_model(folder, paged)
    return model
