"""Stacks are made whole or not at all and refuse what nobody can make; moto ignores that, and keeps half stacks."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap

from tastemaker_local.emulation.cloudformation import personalize

# moto's own leaves a stack that fails to whoever undoes it.
create_stack, _change = CloudFormationBackend.create_stack, CloudFormationBackend.create_change_set
_update_stack = Stack.update
_load, _update, _diff = ResourceMap.load, ResourceMap.update, ResourceMap.build_change_set_actions
_validate_outputs = ResourceMap.validate_outputs


@contextmanager
def installed() -> Iterator[None]:
    """Put everything in place of moto's own."""
    made = property(lambda stack: [each for each in stack.resource_map.values() if each is not None])
    with ExitStack() as stack:
        for context in (
            patch.multiple(CloudFormationBackend, create_stack=_whole(create_stack), create_change_set=_whole(_change)),
            patch.object(Stack, "update", _update_stack_checked),
            patch.multiple(ResourceMap, load=_load_checked, update=_update_checked, build_change_set_actions=_diffed),
            patch.object(ResourceMap, "validate_outputs", _validated),
            patch.object(Stack, "stack_resources", made),
            # It logs the same line, and a warning would be an error where a test's filter says so.
            patch.object(parsing, "warnings", SimpleNamespace(warn=lambda *_, **__: None)),
        ):
            stack.enter_context(context)
        yield


def _whole(create: Callable[..., Any]) -> Callable[..., Any]:
    def method(backend: CloudFormationBackend, *args: object, **options: object) -> object:
        before = set(backend.stacks)
        try:
            return create(backend, *args, **options)
        except Exception:
            for stack_id in set(backend.stacks) - before:
                stack = backend.stacks.pop(stack_id)
                with suppress(Exception):  # the first problem is the one to tell of
                    stack.resource_map.delete()
            raise

    return method


def _update_stack_checked(stack: Stack, template: str, *args: Any, **options: Any) -> None:  # noqa: ANN401
    _check(Stack.parse_template(template))
    _update_stack(stack, template, *args, **options)


def _check(template: dict[str, Any]) -> None:
    if unknown := personalize.unknown_types(template):
        raise ValidationError(message=f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")


def _load_checked(resources: ResourceMap) -> None:
    _check(resources._template)  # noqa: SLF001 - it has no other name
    _load(resources)


def _update_checked(resources: ResourceMap, template: dict[str, Any], *args: Any, **options: Any) -> None:  # noqa: ANN401
    _check(template)
    _update(resources, template, *args, **options)


def _diffed(resources: ResourceMap, template: dict[str, Any]) -> Any:  # noqa: ANN401 - moto's own
    _check(template)
    return _diff(resources, template)


def _validated(resources: ResourceMap) -> None:
    try:
        _validate_outputs(resources)
    except CloudFormationError:
        raise
    except AttributeError as problem:
        raise NotImplementedError("an output reads an attribute of a type that moto cannot make") from problem
