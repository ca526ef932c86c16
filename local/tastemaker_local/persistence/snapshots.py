"""Remembers what moto held at one moment, and returns to it: faster than deploying again."""

import copy
from collections.abc import Callable
from typing import Any

from moto.batch.models import BatchBackend
from moto.core.base_backend import BackendDict, BaseBackend
from moto.dynamodb.models import DynamoDBBackend
from moto.events.models import EventBus, EventsBackend
from moto.s3.models import S3Backend, s3_backends
from moto.ssm.models import ParameterDict
from moto.stepfunctions.models import StepFunctionBackend

from tastemaker_local.emulation import dynamodb

# (service, account, region): one backend.
Place = tuple[str, str, str]


class Snapshot:
    """The containers of every backend, each copied one level deep: in tests whole resources come and go."""

    def __init__(self) -> None:
        self._kept = {place: _containers(backend) for place, backend in _backends()}
        self._names = dict(s3_backends.bucket_accounts)
        self._rules = [(bus.rules, dict(bus.rules)) for bus in _event_buses()]

    def restore(self) -> None:
        """Return every backend to its state at the snapshot; one that came later starts anew."""
        for place, backend in list(_backends()):
            if place not in self._kept:
                backend.reset()
                continue
            _empty(backend)
            for name, content in self._kept[place].items():
                setattr(backend, name, _copied(content))
            # A transaction that moto rolled back has put copies in the place of all tables; the kept ones hold items.
            _empty(backend)
        for rules, before in self._rules:
            rules.clear()
            rules.update(before)
        # The names of all buckets of all accounts, which moto keeps outside of its backends.
        s3_backends.bucket_accounts.clear()
        s3_backends.bucket_accounts.update(self._names)


def _backends() -> list[tuple[Place, BaseBackend]]:
    return [
        ((backends.service_name + str(id(backends)), account, region), backend)
        for backends in list(BackendDict._instances)  # type: ignore[misc] # noqa: SLF001 - moto has no public list
        for account, region, backend in backends.iter_backends()
    ]


def _event_buses() -> list[EventBus]:
    backends = [backend for _, backend in _backends() if isinstance(backend, EventsBackend)]
    return [bus for backend in backends for bus in backend.event_buses.values()]


def _containers(backend: BaseBackend) -> dict[str, Any]:
    return {name: _copied(value) for name, value in vars(backend).items() if isinstance(value, dict | list | set)}


def _copied(container: Any) -> Any:  # noqa: ANN401 - whatever backends keep things in
    copied = copy.copy(container)
    if isinstance(container, ParameterDict):  # its copy is empty: the constructor wants something else than it gets
        vars(copied).update(vars(container))
        copied.update(container)
    return copied


def _empty(backend: BaseBackend) -> None:
    """Remove contents that lie deeper than the copies, and close files that wait for it."""
    for kind, empty in _EMPTIERS.items():
        if isinstance(backend, kind):
            empty(backend)


def _empty_tables(backend: DynamoDBBackend) -> None:
    for table in backend.tables.values():
        dynamodb.empty(table)


def _empty_buckets(backend: S3Backend) -> None:
    for bucket in backend.buckets.values():
        for name in list(bucket.keys):
            bucket.keys.pop(name)
        for upload in bucket.multiparts.values():
            upload.dispose()
        bucket.multiparts.clear()


def _empty_queues(backend: BatchBackend) -> None:
    for queue in backend._job_queues.values():  # noqa: SLF001 - what moto lists are those in a certain state
        for job in queue.jobs:
            job.terminate("the local service begins anew")
        queue.jobs.clear()


def _empty_machines(backend: StepFunctionBackend) -> None:
    for machine in backend.state_machines:
        machine.executions.clear()


_EMPTIERS: dict[type[BaseBackend], Callable[[Any], None]] = {
    DynamoDBBackend: _empty_tables,
    S3Backend: _empty_buckets,
    BatchBackend: _empty_queues,
    StepFunctionBackend: _empty_machines,
}
