"""A whole control plane in memory: real boto3 clients, operations and steps, and stores that are dictionaries."""

import copy
import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType, SimpleNamespace
from weakref import WeakKeyDictionary, proxy

import boto3
import botocore.session
import pytest
from botocore.config import Config as ClientConfig
from botocore.loaders import Loader

from tastemaker import bootstrap
from tastemaker.config import Config
from tastemaker.domain.resources.quotas import Quotas
from tastemaker.operations.call import Call
from tastemaker.pipelines.deps import Deps
from tastemaker.serving.live_models import LiveModels
from tastemaker.serving.shelf import ModelShelf
from tastemaker.store.memory import (
    MemoryAnswers,
    MemoryEvents,
    MemoryObjects,
    MemoryRecords,
    MemoryResources,
    MemoryWorkflows,
)
from tastemaker.wire.models import EXTRAS
from tastemaker.wire.service import Service
from tests.transport import ENDPOINT, answer_with
from tests.unit.operations.executions import Execution

APIS = ("personalize", "personalize-events", "personalize-runtime")
CONFIG = Config(
    region="us-east-1",
    account="123456789012",
    partition="aws",
    resources_table="r",
    events_table="e",
    records_table="i",
    answers_table="a",
    data_bucket="data",
    models_bucket="models",
    lifecycle_machine="",
    import_machine="",
    training_machine="",
    deployment_machine="",
    export_machine="",
    deletion_machine="",
    batch_machine="",
    answer_days=7,
)


_MODELS: WeakKeyDictionary[MemoryObjects, LiveModels] = WeakKeyDictionary()


class Present:
    """A world's records and clock as they are by now: a test may put others in their place."""

    def __init__(self, world: "World") -> None:
        self._world = proxy(world)  # models that held their world would keep themselves alive

    def __getattr__(self, name: str) -> object:
        return getattr(self._world.records, name)

    def clock(self) -> float:
        return self._world.clock()


def _models(world: "World") -> LiveModels:
    shelf = ModelShelf(proxy(world.objects), CONFIG.models_bucket, bootstrap._open_model, room=1 << 30)
    present = Present(world)
    return LiveModels(shelf, present, present.clock)


class InterleavedResources(MemoryResources):
    """Lets somebody else act between what an operation has read and the next change that it writes."""

    def __init__(self) -> None:
        super().__init__()
        self.others: list = []

    def update(self, arn: str, changes: object, **conditions: object) -> dict:
        if self.others:
            self.others.pop(0)()
        return super().update(arn, changes, **conditions)

    def create(self, record: dict) -> None:
        if self.others:
            self.others.pop(0)()
        super().create(record)


@dataclass
class World:
    """The service with nothing outside: time stands still until a test moves it, workflows wait until it runs them."""

    resources: InterleavedResources = field(default_factory=InterleavedResources)
    events: MemoryEvents = field(default_factory=MemoryEvents)
    records: MemoryRecords = field(default_factory=MemoryRecords)
    answers: MemoryAnswers = field(default_factory=MemoryAnswers)
    objects: MemoryObjects = field(default_factory=MemoryObjects)
    workflows: MemoryWorkflows = field(default_factory=MemoryWorkflows)
    now: float = 1_750_000_000.0
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    config: Config = CONFIG

    def allow(self, **quotas: int) -> None:
        """Change quotas, named with underscores."""
        changed = Quotas.of({name.replace("_", "-"): value for name, value in quotas.items()})
        self.config = replace(CONFIG, quotas=changed)

    def draw_alike(self) -> None:
        """Let every run of a test explore the same: ids of answers are their seeds."""
        ids = itertools.count()
        self.new_id = lambda: f"00000000-0000-4000-8000-{next(ids):012}"

    def keep_no_answers(self) -> None:
        """Switch the log of answers off."""
        self.config = replace(self.config, answer_days=0)

    def clock(self) -> float:
        self.now += 0.001
        return self.now

    def meanwhile(self, *others: Callable[[], object]) -> None:
        """Let others act right before each of the next changes is written."""
        self.resources.others.extend(others)

    def copy(self) -> "World":
        """Return a world that goes its own way from here."""
        lock = self.resources._lock
        return copy.deepcopy(self, {id(lock): type(lock)()})

    @property
    def parts(self) -> dict:
        models = _MODELS.get(self.objects) or _MODELS.setdefault(self.objects, _models(self))
        own = {
            n: getattr(self, n) for n in ("resources", "events", "records", "answers", "objects", "workflows", "clock")
        }
        return {"config": self.config, "models": models, **own}

    def context(self, request_id: str, wishes: Mapping[str, str] = MappingProxyType({})) -> Call:
        return Call(**self.parts, new_id=self.new_id, request_id=request_id, wishes=wishes)

    def stop_at_first_progress(self, version: str) -> None:
        """Let somebody stop a training while it reads its data."""
        update = self.resources.update

        def noticing(arn: str, changes: dict, **conditions: object) -> dict:
            if arn == version and isinstance(changes, dict) and "_progress" in changes:
                changes = {**changes, "status": "CREATE STOPPING"}
            return update(arn, changes, **conditions)

        self.resources.update = noticing

    def run(self) -> None:
        """Run every workflow that was started, state by state as its definition says."""
        while self.workflows.started:
            self.run_one()

    def run_one(self) -> None:
        """Run the workflow that was started first."""
        machine, work = self.workflows.started.pop(0)
        run_machine(machine, work, Deps(**self.parts))

    def cold_start(self) -> None:
        """Let a process answer that has no model yet."""
        _MODELS.pop(self.objects, None)

    def forget_starts(self) -> None:
        """Let what was started be lost, as if the process had died before it could start anything."""
        self.workflows = MemoryWorkflows()

    def look(self, *, day: float = 86_400) -> list[str]:
        """Let the schedule look for what is due, run that, and return what it was."""
        started = run_machine("schedule", {"day": day}, Deps(**self.parts))["started"]
        self.run()
        return started

    def later(self, *, days: float) -> None:
        """Let time pass."""
        self.now += days * 86_400


def run_machine(name: str, work: dict, deps: Deps) -> dict:
    """Run a definition to its end, and return what its last step gave."""
    execution = Execution(name, work)
    while not execution.ended:
        execution.advance(deps)
    return execution.given


@pytest.fixture(scope="session")
def raw_clients():
    models = botocore.session.Session()
    models.register_component("data_loader", Loader(extra_search_paths=[str(EXTRAS)]))  # our own operations too
    session = boto3.Session("key", "secret", region_name="us-east-1", botocore_session=models)
    config = ClientConfig(retries={"total_max_attempts": 1}, parameter_validation=False)
    return {api: session.client(api, endpoint_url=ENDPOINT, config=config) for api in APIS}


@pytest.fixture
def world():
    return World()


@pytest.fixture(scope="session")
def furniture(raw_clients):
    """A furnished world, made once, and what its resources are called."""
    from tests.unit.operations.matrix.furniture import furnish  # noqa: PLC0415 - it builds on this module

    world = World()
    services = {api: Service(api, bootstrap.operation_table(api), world.context) for api in APIS}
    with answer_with(raw_clients, services):
        names = furnish(Builder(world, raw_clients["personalize"]))
    world.allow(dataset_groups=10, campaigns=10)  # those of the furnished world leave no room for a test's own
    return world, names


@pytest.fixture
def furnished(furniture, raw_clients):
    """A furnished world of a test's own, with clients that tell what was on the wire."""
    from tests.unit.operations.matrix.furniture import Furnished  # noqa: PLC0415

    world, names = furniture[0].copy(), furniture[1]
    services = {api: Service(api, bootstrap.operation_table(api), world.context) for api in APIS}
    with answer_with(raw_clients, services):
        yield Furnished(world, raw_clients, names)


@pytest.fixture
def clients(world, raw_clients):
    """The three clients, each answered by the operations of its API."""
    services = {api: Service(api, bootstrap.operation_table(api), world.context) for api in APIS}
    with answer_with(raw_clients, services):
        yield SimpleNamespace(**{api.replace("-", "_"): client for api, client in raw_clients.items()})


@pytest.fixture
def personalize(clients):
    return clients.personalize


@pytest.fixture
def build(world, clients):
    """Makes resources with everything they need, each ACTIVE unless a test asks for less."""
    return Builder(world, clients.personalize)


class Builder:
    def __init__(self, world: World, client) -> None:
        self.world, self.client, self.counter = world, client, itertools.count()

    def name(self) -> str:
        return f"thing-{next(self.counter)}"

    def group(self, **members) -> str:
        arn = self.client.create_dataset_group(name=self.name(), **members)["datasetGroupArn"]
        self.world.run()
        return arn

    def schema(self, type_: str = "Interactions", *fields: dict, **members) -> str:
        own = FIELDS[type_]
        schema = {"type": "record", "name": type_, "namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
        text = json.dumps({**schema, "fields": [*own, *fields]})
        return self.client.create_schema(name=self.name(), schema=text, **members)["schemaArn"]

    def dataset(self, group: str | None = None, type_: str = "Interactions", *fields: dict) -> str:
        arn = self.client.create_dataset(
            name=self.name(),
            datasetGroupArn=group or self.group(),
            datasetType="Action_Interactions" if type_ == "ActionInteractions" else type_,
            schemaArn=self.schema(type_, *fields),
        )["datasetArn"]
        self.world.run()
        return arn

    def tracker(self, group: str) -> str:
        tracking_id = self.client.create_event_tracker(name=self.name(), datasetGroupArn=group)["trackingId"]
        self.world.run()
        return tracking_id

    def imported(self, dataset: str, text: str, **members) -> str:
        self.world.objects.write("bucket", "data.csv", text.encode())
        arn = self.client.create_dataset_import_job(
            jobName=self.name(), datasetArn=dataset, dataSource={"dataLocation": "s3://bucket/data.csv"}, **members
        )["datasetImportJobArn"]
        self.world.run()
        return arn

    def solution(self, group: str, recipe: str = "aws-popularity-count", **members) -> str:
        return self.client.create_solution(
            name=self.name(), datasetGroupArn=group, recipeArn=f"arn:aws:personalize:::recipe/{recipe}", **members
        )["solutionArn"]

    def version(self, solution: str) -> str:
        arn = self.client.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        self.world.run()
        return arn

    def campaign(self, version: str, **members) -> str:
        arn = self.client.create_campaign(name=self.name(), solutionVersionArn=version, **members)["campaignArn"]
        self.world.run()
        return arn


INTERACTIONS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
]
ITEMS = [{"name": "ITEM_ID", "type": "string"}, {"name": "GENRE", "type": ["null", "string"], "categorical": True}]
USERS = [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": "int"}]
ACTIONS = [{"name": "ACTION_ID", "type": "string"}, {"name": "VALUE", "type": ["null", "long"]}]
ACTION_INTERACTIONS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ACTION_ID", "type": "string"},
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
]
FIELDS = {
    "Interactions": INTERACTIONS,
    "Items": ITEMS,
    "Users": USERS,
    "Actions": ACTIONS,
    "ActionInteractions": ACTION_INTERACTIONS,
}


def pytest_addoption(parser):
    """How long test_stateful.py and test_filter_meaning.py run, where they are asked for by their paths."""
    parser.addoption("--sequences", type=int, default=40, help="random sequences of operations")
    parser.addoption("--steps", type=int, default=30, help="steps of each sequence")
    parser.addoption("--filters", type=int, default=120, help="random filters")
    parser.addoption("--filter-data", type=int, default=2, help="random data sets that they are asked on")
