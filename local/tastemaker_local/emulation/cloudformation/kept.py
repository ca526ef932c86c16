"""What custom resources are and how their stacks stand, kept as objects: a data folder brings them back with those."""

import json
from collections.abc import Iterator
from typing import Any

from moto.cloudformation.models import Stack, cloudformation_backends
from moto.s3.models import S3Backend, s3_backends
from moto.utilities.utils import get_partition

from tastemaker_local.emulation.cloudformation.custom import CustomResource
from tastemaker_local.emulation.messages import ACCOUNT


def customs(stack: Stack) -> list[CustomResource]:
    """Return a stack's custom resources in the order in which they were made."""
    made = list(stack.resource_map._parsed_resources.values())  # noqa: SLF001 - looking must not make any
    return [each for each in made if isinstance(each, CustomResource)]


def keep(stack: Stack, status: str) -> None:
    """Write down a stack that is at rest."""
    bucket, store = _bucket(stack.region_name)
    resources = {each.logical_resource_id: _described(each) for each in customs(stack)}
    told = {"status": status, "resources": resources}
    store.put_object(bucket, stack.stack_id, json.dumps(told).encode())


def recall() -> None:
    """Give the stacks of a replayed journal what they were; one that was not at rest has failed."""
    for stack in _stacks():
        bucket, store = _bucket(stack.region_name)
        found = store.get_object(bucket, stack.stack_id)
        told = json.loads(found.value) if found else {"status": "UPDATE_FAILED", "resources": {}}
        for each in customs(stack):
            vars(each).update(told["resources"].get(each.logical_resource_id, {}))
        stack.status = told["status"]
        stack.output_map = stack._create_output_map()  # noqa: SLF001 - what it has read was not there yet


def prepare(region: str) -> None:
    """Make the bucket, which no journal has."""
    _bucket(region)


def _described(resource: CustomResource) -> dict[str, Any]:
    return {name: getattr(resource, name) for name in ("physical_id", "data", "properties")}


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
