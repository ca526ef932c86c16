"""Values made from the service models: a valid one per shape, and each constraint broken once."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

from tests.patterns import PATTERNS

APIS = ("personalize", "personalize-events", "personalize-runtime")
ABSENT = object()


WRONG_TYPES = {
    "string": 5,
    "boolean": "true",
    "integer": 1.5,
    "long": 1.5,
    "float": "1",
    "double": "1",
    "timestamp": "noon",
    "list": {},
    "map": [],
    "structure": [],
}


@dataclass(frozen=True)
class Violation:
    """One value at one place of an otherwise valid request, and the place as messages write it."""

    what: str
    keys: tuple
    value: object
    path: str

    def applied_to(self, request: dict) -> dict:
        changed = copy.deepcopy(request)
        inner = changed
        for key in self.keys[:-1]:
            inner = inner[key]
        if self.value is ABSENT:
            del inner[self.keys[-1]]
        else:
            inner[self.keys[-1]] = self.value
        return changed


def operations() -> Iterator[tuple[str, OperationModel]]:
    """Walk through all operations of the three services, read independently of the wire."""
    for api in APIS:
        model = ServiceModel(Loader().load_service_model(api, "service-2"), api)
        for name in model.operation_names:
            yield api, model.operation_model(name)


def sample(shape: Shape) -> object:
    """Return a valid value with every member present."""
    if shape.type_name == "structure":
        return {name: sample(member) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [sample(shape.member)]
    if shape.type_name == "map":
        return {sample(shape.key): sample(shape.value)}
    return _scalar(shape)


def _scalar(shape: Shape) -> object:
    if shape.serialization.get("jsonvalue"):
        return '{"device":"tv"}'
    if shape.type_name == "string":
        return (
            shape.enum[0]
            if shape.enum
            else PATTERNS[shape.metadata["pattern"]][0]
            if "pattern" in shape.metadata
            else "x"
        )
    return {"boolean": True, "integer": 1, "long": 1, "float": 0.5, "double": 0.5, "timestamp": 1700000000}[
        shape.type_name
    ]


def violations(shape: Shape, keys: tuple = (), path: str = "") -> Iterator[Violation]:
    """Break every constraint of a shape and of what is inside it, one at a time."""
    if keys:
        yield Violation("type", keys, WRONG_TYPES[shape.type_name], path)
        yield from _own(shape, keys, path)
    yield from _inner(shape, keys, path)


def _own(shape: Shape, keys: tuple, path: str) -> Iterator[Violation]:
    limits = shape.metadata
    if limits.get("min", 0) > 0 or (shape.type_name in ("integer", "double") and "min" in limits):
        yield Violation("min", keys, _sized(shape, limits["min"] - 1), path)
    if "max" in limits:
        yield Violation("max", keys, _sized(shape, limits["max"] + 1), path)
    if "pattern" in limits:
        yield Violation("pattern", keys, PATTERNS[limits["pattern"]][1], path)
    if shape.enum if shape.type_name == "string" else False:
        yield Violation("enum", keys, "UNHEARD_OF", path)


def _sized(shape: Shape, size: int) -> object:
    if shape.type_name == "string":
        return "x" * size
    if shape.type_name == "list":
        return [sample(shape.member)] * size
    if shape.type_name == "map":
        return {f"key{place}": sample(shape.value) for place in range(size)}
    return size


def _inner(shape: Shape, keys: tuple, path: str) -> Iterator[Violation]:
    if shape.type_name == "structure":
        inner = f"{path}." if path else ""
        for name in shape.required_members:
            yield Violation("required", (*keys, name), ABSENT, inner + name)
        for name, member in shape.members.items():
            yield from violations(member, (*keys, name), inner + name)
    if shape.type_name == "list":
        yield Violation("null", (*keys, 0), None, f"{path}.1.member")
        yield from violations(shape.member, (*keys, 0), f"{path}.1.member")
    if shape.type_name == "map":
        key = sample(shape.key)
        for broken in _own(shape.key, ("key",), "key"):
            yield Violation(f"key {broken.what}", keys, {broken.value: sample(shape.value)}, f"{path}.key")
        yield Violation("null", (*keys, key), None, f"{path}.{key}")
        yield from violations(shape.value, (*keys, key), f"{path}.{key}")
