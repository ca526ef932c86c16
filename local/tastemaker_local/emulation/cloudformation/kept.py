"""What custom resources are and how their stacks stand, kept as objects: a data folder brings them back with those."""

import json
from collections.abc import Iterator
from typing import Any, Protocol

from moto.cloudformation.models import Stack, cloudformation_backends
from moto.s3.models import S3Backend, s3_backends
from moto.utilities.utils import get_partition

from tastemaker_local.emulation.messages import ACCOUNT

_MEMBERS = ("physical_id", "data", "properties")


class Custom(Protocol):
    """A custom resource."""

    stack_id: str
    region: str
    logical_resource_id: str


def customs(stack: Stack) -> list[Any]:
    """Return a stack's custom resources in the order in which they were made."""
    made = list(stack.resource_map._parsed_resources.values())  # noqa: SLF001 - looking must not make any
    return [each for each in made if hasattr(each, "physical_id")]


def keep(stack: Stack, status: str) -> None:
    """Write down how a stack stands, or would if nobody went on with it."""
    _write(stack.region_name, stack.stack_id, {"status": status})


def note(resource: Custom) -> None:
    """Write down what a custom resource has become."""
    told = {name: getattr(resource, name) for name in _MEMBERS}
    _write(resource.region, f"{resource.stack_id}/{resource.logical_resource_id}", told)


def forget(stack: Stack) -> None:
    """Leave nothing of a stack that is gone."""
    bucket, store = _bucket(stack.region_name)
    for key in [name for name in store.buckets[bucket].keys if name.startswith(stack.stack_id)]:
        store.delete_object(bucket, key)


def recall() -> None:
    """Give the stacks of a replayed journal what they were."""
    for stack in _stacks():
        for each in customs(stack):
            vars(each).update(_read(stack.region_name, f"{stack.stack_id}/{each.logical_resource_id}"))
        stack.status = _read(stack.region_name, stack.stack_id).get("status", "CREATE_FAILED")
        stack.output_map = stack._create_output_map()  # noqa: SLF001 - what it has read was not there yet


def prepare(region: str) -> None:
    """Make the bucket, which no journal has."""
    _bucket(region)


def _write(region: str, key: str, told: dict[str, Any]) -> None:
    bucket, store = _bucket(region)
    store.put_object(bucket, key, json.dumps(told).encode())


def _read(region: str, key: str) -> dict[str, Any]:
    bucket, store = _bucket(region)
    found = store.get_object(bucket, key)
    told: dict[str, Any] = json.loads(found.value) if found else {}
    return told


def _stacks() -> Iterator[Stack]:
    for region in list(cloudformation_backends[ACCOUNT]):
        backend = cloudformation_backends[ACCOUNT][region]
        yield from (stack for stack in backend.stacks.values() if customs(stack))


def _bucket(region: str) -> tuple[str, S3Backend]:
    """Return where it is kept: AWS puts answers into a bucket of such a name."""
    name, store = f"cloudformation-custom-resource-response-{region}", s3_backends[ACCOUNT][get_partition(region)]
    if name not in store.buckets:
        store.create_bucket(name, region)
    return name, store
