"""Stacks with custom resources are made after the answer to CreateStack, as on AWS: they may take as long as they need.

moto makes, changes and deletes a stack while its caller waits, and makes resources when their stack is looked at.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from graphlib import TopologicalSorter
from threading import Thread
from typing import Any
from unittest.mock import patch

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import CloudFormationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack, cloudformation_backends
from moto.cloudformation.parsing import OutputMap, ResourceMap
from moto.stepfunctions.parser.utils import TMP_THREADS

from tastemaker_local.emulation.cloudformation import kept
from tastemaker_local.emulation.cloudformation.custom import PREFIX, CustomResource, as_text, delete_together
from tastemaker_local.emulation.cloudformation.personalize import is_replayed
from tastemaker_local.emulation.executions import LeftBehind
from tastemaker_local.emulation.messages import report

_ROUNDS = 10  # of changes that follow from changes
_IN_PROGRESS = "_IN_PROGRESS"
_OUTPUTLESS = {"CREATE_PENDING", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}
_Work = Callable[[], object]


@contextmanager
def installed() -> Iterator[None]:
    """Put everything in place of what is there, moto's own or ours."""
    with ExitStack() as stack:
        for context in (
            patch.object(parsing, "CustomModel", CustomResource),
            patch.multiple(Stack, create_resources=_created(Stack.create_resources), update=_updated(Stack.update)),
            patch.multiple(
                CloudFormationBackend,
                delete_stack=_deleted(CloudFormationBackend.delete_stack),
                execute_change_set=_executed(CloudFormationBackend.execute_change_set),
            ),
            patch.multiple(ResourceMap, update=_changed(ResourceMap.update), delete=_emptied(ResourceMap.delete)),
            patch.object(Stack, "outputs", _at_rest(Stack.outputs)),
            patch.object(OutputMap, "exports", _settled(OutputMap.exports)),
            patch.object(Stack, "stack_resources", _made(Stack.stack_resources)),
        ):
            stack.enter_context(context)
        yield


def has_customs(template: dict[str, Any]) -> bool:
    """Say whether a template has a custom resource."""
    resources = (template or {}).get("Resources") or {}
    return any(str(each.get("Type", "")).startswith(PREFIX) for each in resources.values() if isinstance(each, dict))


def _created(original: Callable[[Stack], None]) -> Callable[[Stack], None]:
    def create_resources(stack: Stack) -> None:
        if not has_customs(stack.template_dict):
            original(stack)
        elif is_replayed():
            kept.prepare(stack.region_name)
            original(stack)
        else:
            work = partial(stack.resource_map.create, stack.template_dict)
            _begin(stack, "CREATE", work, undo=stack.resource_map.delete, after=partial(_export, stack))

    return create_resources


def _updated(original: Callable[..., None]) -> Callable[..., None]:
    def update(stack: Stack, template: str, *args: Any, **options: Any) -> None:  # noqa: ANN401 - moto's own
        if is_replayed() or not any(map(has_customs, (stack.template_dict, Stack.parse_template(template)))):
            original(stack, template, *args, **options)
        else:
            undo = partial(_return_to, stack, stack.template, stack.parameters)
            _begin(stack, "UPDATE", lambda: original(stack, template, *args, **options), undo)

    return update


def _executed(original: Callable[..., None]) -> Callable[..., None]:
    def execute_change_set(backend: CloudFormationBackend, change_set_name: str, stack_name: str | None = None) -> None:
        change_set = backend.describe_change_set(change_set_name)
        if is_replayed() or change_set is None or not has_customs(change_set.template_dict):
            original(backend, change_set_name, stack_name)
        else:
            stack = change_set.stack
            undo = partial(_return_to, stack, stack.template, stack.parameters)
            if change_set.change_set_type == "CREATE":
                _become(stack, change_set)
                undo = stack.resource_map.delete
            _begin(stack, change_set.change_set_type, partial(_apply, change_set), undo)

    return execute_change_set


def _become(stack: Stack, change_set: ChangeSet) -> None:
    """Give a stack a template; moto's own leaves the one of before, and its outputs."""
    stack.template, stack.parameters = change_set.template, change_set.parameters
    stack._parse_template()  # noqa: SLF001
    if change_set.change_set_type == "CREATE":
        stack.resource_map = stack._create_resource_map()  # noqa: SLF001
    stack.output_map = stack._create_output_map()  # noqa: SLF001


def _apply(change_set: ChangeSet) -> None:
    stack = change_set.stack
    if change_set.change_set_type == "CREATE":
        stack.resource_map.create(stack.template_dict)
    else:
        change_set.apply()
        _become(stack, change_set)
    change_set.execution_status = "EXECUTE_COMPLETE"


def _return_to(stack: Stack, template: Any, parameters: dict[str, Any]) -> None:  # noqa: ANN401 - moto's own
    """Change a stack back to what it was made of before."""
    stack.template, stack.parameters = template, parameters
    stack._parse_template()  # noqa: SLF001
    stack.resource_map.update(stack.template_dict, parameters)
    stack.output_map = stack._create_output_map()  # noqa: SLF001


def _deleted(original: Callable[..., None]) -> Callable[..., None]:
    def delete_stack(backend: CloudFormationBackend, name_or_stack_id: str) -> None:
        name = name_or_stack_id
        stack = next((each for each in backend.stacks.values() if name in {each.name, each.stack_id}), None)
        if stack is None or is_replayed() or not has_customs(stack.template_dict):
            original(backend, name)
        else:
            _begin(stack, "DELETE", stack.resource_map.delete, after=lambda: _gone(backend, stack))

    return delete_stack


def _export(stack: Stack) -> None:
    backend = cloudformation_backends[stack.account_id][stack.region_name]
    backend.exports.update({export.name: export for export in stack.exports})


def _gone(backend: CloudFormationBackend, stack: Stack) -> None:
    for name in [name for name, export in backend.exports.items() if export.exporting_stack_id == stack.stack_id]:
        backend.exports.pop(name)
    kept.forget(stack)
    backend.deleted_stacks[stack.stack_id] = backend.stacks.pop(stack.stack_id)


def _begin(stack: Stack, verb: str, work: _Work, undo: _Work | None = None, after: _Work = lambda: None) -> None:
    """Work on a stack in a thread of its own, which ends with the executions."""
    _note(stack, f"{verb}{_IN_PROGRESS}")
    kept.keep(stack, f"{verb}_FAILED")  # if nobody went on with it

    def run() -> None:
        try:
            work()
        except CloudFormationError as problem:
            _failed(stack, verb, problem.message, undo)
        except LeftBehind:  # with the whole service, or what it has begun anew from
            return
        except Exception as problem:  # noqa: BLE001 - whatever it is ends the stack's work, as on AWS
            report(f"stack {stack.name}")
            _failed(stack, verb, str(problem), undo)
        else:
            kept.keep(stack, f"{verb}_COMPLETE")
            after()
            _note(stack, f"{verb}_COMPLETE")

    thread = Thread(target=run, name=f"stack {stack.name}", daemon=True)
    TMP_THREADS.append(thread)
    thread.start()


def _failed(stack: Stack, verb: str, reason: str, undo: _Work | None) -> None:
    if undo is None:
        _note(stack, f"{verb}_FAILED", reason)
        kept.keep(stack, stack.status)
        return
    stack._add_stack_event(f"{verb}_FAILED", resource_status_reason=reason)  # noqa: SLF001 - a resource's, on AWS
    rollback = "ROLLBACK" if verb == "CREATE" else f"{verb}_ROLLBACK"
    _note(stack, f"{rollback}{_IN_PROGRESS}")
    try:
        undo()
    except CloudFormationError as problem:
        _note(stack, f"{rollback}_FAILED", problem.message)
    else:
        _note(stack, f"{rollback}_COMPLETE", reason)
    kept.keep(stack, stack.status)


def _note(stack: Stack, status: str, reason: str = "") -> None:
    if not stack.events or stack.events[-1].resource_status != status:
        stack._add_stack_event(status, resource_status_reason=reason or None)  # noqa: SLF001
    stack.status = status


def _changed(original: Callable[..., None]) -> Callable[..., None]:
    def update(resources: ResourceMap, template: dict[str, Any], *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Change everything else first, then what is custom in rounds, and take away what is no more at the end."""
        made, wanted = resources._parsed_resources, template["Resources"]  # noqa: SLF001
        removed = [name for name, each in made.items() if isinstance(each, CustomResource) and name not in wanted]
        gone = {name: made.pop(name) for name in removed}
        for name in resources._resource_json_map.keys() & wanted.keys():  # noqa: SLF001
            if isinstance(made.get(name), CustomResource):
                resources._resource_json_map[name] = wanted[name]  # noqa: SLF001
        try:
            original(resources, {**template, "Resources": _in_order(wanted)}, *args, **options)
            replaced = [] if is_replayed() else _follow(resources)
        except Exception:
            made.update(gone)
            raise
        delete_together([*replaced, *gone.values()])

    return update


def _in_order(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return resources with those before them that they depend on; moto looks at that only when it makes a stack."""
    depends = {name: each.get("DependsOn", []) for name, each in definitions.items()}
    graph = {name: [on] if isinstance(on, str) else on for name, on in depends.items()}
    return {name: definitions[name] for name in TopologicalSorter(graph).static_order() if name in definitions}


def _follow(resources: ResourceMap) -> list[CustomResource]:
    """Update every custom resource whose properties are other ones, and return what was replaced."""
    replaced: list[tuple[CustomResource, CustomResource]] = []
    try:
        for _ in range(_ROUNDS):
            if not [each for name, each in _customs(resources).items() if _differs(resources, name, each, replaced)]:
                break
    except Exception:
        for old, _new in reversed(replaced):
            resources._parsed_resources[old.logical_resource_id] = old  # noqa: SLF001
        delete_together([new for _, new in replaced])
        raise
    return [old for old, _ in replaced]


def _differs(
    resources: ResourceMap, name: str, old: CustomResource, replaced: list[tuple[CustomResource, CustomResource]]
) -> bool:
    definition = resources._resource_json_map[name]  # noqa: SLF001
    properties = as_text(parsing.clean_json(definition.get("Properties", {}), resources))
    if properties == old.properties and old.physical_id:
        return False
    new = CustomResource(old.stack_id, old.type, old.region, properties)
    new.logical_resource_id = name
    new.take_over(old)
    resources._parsed_resources[name] = new  # noqa: SLF001
    if old.physical_id not in {"", new.physical_id}:
        replaced.append((old, new))
    return True


def _emptied(original: Callable[[ResourceMap], None]) -> Callable[[ResourceMap], None]:
    def delete(resources: ResourceMap) -> None:
        """Delete what is custom at once: what others need waits until those are gone."""
        definitions = resources._resource_json_map  # noqa: SLF001
        mine = {
            name: each
            for name, each in _customs(resources).items()
            if definitions.get(name, {}).get("DeletionPolicy") != "Retain"
        }
        delete_together(list(mine.values()))
        for name in mine:
            resources._parsed_resources.pop(name)  # noqa: SLF001
        original(resources)

    return delete


def _customs(resources: ResourceMap) -> dict[str, CustomResource]:
    made = dict(resources._parsed_resources)  # noqa: SLF001
    return {name: each for name, each in made.items() if isinstance(each, CustomResource)}


def _at_rest(original: property) -> property:
    """Return what a stack has by now, and nothing while reading it would make what is not there yet."""

    def outputs(stack: Stack) -> Any:  # noqa: ANN401 - moto's own
        is_busy = stack.status.endswith(_IN_PROGRESS) or stack.status in _OUTPUTLESS
        is_there = not has_customs(stack.template_dict) or not is_busy
        return original.__get__(stack) if is_there else None

    return property(outputs)


def _settled(original: property) -> property:
    def exports(outputs: OutputMap) -> Any:  # noqa: ANN401 - moto's own
        made = outputs._resource_map._parsed_resources  # noqa: SLF001
        needed = outputs._resource_map._resource_json_map  # noqa: SLF001
        is_there = not has_customs(outputs._template) or needed.keys() <= made.keys()  # noqa: SLF001
        return original.__get__(outputs) if is_there else []

    return property(exports)


def _made(original: property) -> property:
    def stack_resources(stack: Stack) -> Any:  # noqa: ANN401 - moto's own
        if not has_customs(stack.template_dict):
            return original.__get__(stack)
        definitions = stack.resource_map._resource_json_map  # noqa: SLF001
        made = dict(stack.resource_map._parsed_resources)  # noqa: SLF001
        return [each for name, each in made.items() if name in definitions and each is not None]

    return property(stack_resources)
