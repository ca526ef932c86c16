"""A whole control plane in memory: operations and steps, on stores that are dictionaries."""

import copy
import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from weakref import WeakKeyDictionary, proxy

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
    MemoryJobs,
    MemoryMetrics,
    MemoryObjects,
    MemoryRecords,
    MemoryResources,
    MemoryWorkflows,
)
from tastemaker.store.memory_keys import MemoryKeys
from tastemaker.wire.models import APIS
from tastemaker.wire.service import Service
from tests.unit.operations.executions import run_machine

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
    segments_machine="",
    answer_days=7,
    event_days=30,
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
    keys: MemoryKeys = field(default_factory=MemoryKeys)
    metrics: MemoryMetrics = field(default_factory=MemoryMetrics)
    workflows: MemoryWorkflows = field(default_factory=MemoryWorkflows)
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    sparks: MemoryJobs = field(default_factory=MemoryJobs)
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

    def be_strict(self) -> None:
        """Refuse from now on what AWS would refuse."""
        self.config = replace(self.config, strict=True)

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

    def become(self, other: "World") -> None:
        """Go on from a copy of another world; whoever holds this one sees that."""
        vars(self).update(vars(other.copy()))

    @property
    def parts(self) -> dict:
        models = _MODELS.get(self.objects) or _MODELS.setdefault(self.objects, _models(self))
        names = (
            "resources",
            "events",
            "records",
            "answers",
            "objects",
            "keys",
            "metrics",
            "workflows",
            "jobs",
            "sparks",
            "clock",
        )
        own = {name: getattr(self, name) for name in names}
        return {"config": self.config, "models": models, **own}

    def services(self) -> dict[str, Service]:
        """Return what answers each API's client."""
        return {
            api: Service(api, bootstrap.operation_table(api), self.context, strict=self.config.strict) for api in APIS
        }

    def context(self, request_id: str, wishes: Mapping[str, str] = MappingProxyType({})) -> Call:
        return Call(**self.parts, new_id=self.new_id, request_id=request_id, wishes=wishes)

    def stop_at_first_progress(self, version: str) -> None:
        """Let somebody stop a training while it reads its data."""
        update = self.resources.update

        def noticing(arn: str, changes: object, **conditions: object) -> dict:
            noted = changes(self.resources.get(arn)) if callable(changes) else changes
            if arn == version and "_progress" in noted:
                changes = {**noted, "status": "CREATE STOPPING"}
            return update(arn, changes, **conditions)

        self.resources.update = noticing

    def manifest(self, arn: str) -> dict:
        """Return what the model of a version says of itself."""
        prefix = self.resources.get(arn)["_artifact"]["prefix"]
        return json.loads(self.objects.read(CONFIG.models_bucket, f"{prefix}manifest.json"))

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

    def look(self, *, day: float = 86_400, **given: bool) -> list[str]:
        """Let the schedule look for what is due, run that, and return what it was."""
        started = run_machine("schedule", {"day": day, **given}, Deps(**self.parts))["started"]
        self.run()
        return started

    def later(self, *, days: float) -> None:
        """Let time pass."""
        self.now += days * 86_400
