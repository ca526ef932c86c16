"""A template's properties as the API's members: CloudFormation hands numbers and truth values on as text."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from tastemaker.domain.resources.kinds import titled
from tastemaker.errors import Refused
from tastemaker.stacks.kinds import StackKind
from tastemaker.wire.models import Shape

# What a template says to CloudFormation and to us, and not to the API.
_OTHERS: Final = frozenset({"servicetoken", "servicetimeout", "wait"})
_TRUTH: Final = {"true": True, "false": False}
_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    **dict.fromkeys(("integer", "long"), int),
    **dict.fromkeys(("float", "double"), float),
    "boolean": lambda text: _TRUTH[text.lower()],
    "string": str,
}


def members_of(kind: StackKind, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the API is asked for; a property that it does not know is refused."""
    own = {name: value for name, value in properties.items() if name.lower() not in _OTHERS}
    members: dict[str, Any] = _read(kind.type_name, own, kind.shape)
    return members


def waits(properties: Mapping[str, Any]) -> bool:
    """Say whether the stack goes on only when the resource is ACTIVE."""
    return str(properties.get("Wait", "true")).lower() != "false"


def narrowed(value: Any, shape: Shape) -> Any:  # noqa: ANN401 - values of any depth
    """Return of a structure what a narrower one has as well."""
    if shape.type_name != "structure" or not isinstance(value, Mapping):
        return value
    return {name: narrowed(inner, shape.members[name]) for name, inner in value.items() if name in shape.members}


def differences(kind: StackKind, members: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what was asked for and what is, by member, where they differ; what nobody asked for does not count."""
    told = kind.described.members
    asked = {name: _as_stored(name, value) for name, value in members.items()}
    compared = {name: value for name, value in asked.items() if name in told and not _follows_newest(value)}
    pairs = {name: (value, record.get(name)) for name, value in compared.items()}
    return {name: (value, found) for name, (value, found) in pairs.items() if not _covered(value, found)}


def _as_stored(member: str, value: object) -> object:
    return str(value).upper() if member == "datasetType" else value


def _follows_newest(value: object) -> bool:
    return isinstance(value, str) and value.endswith("/$LATEST")


def _covered(asked: Any, found: Any) -> bool:  # noqa: ANN401 - as above
    """Whether what was asked for is part of what is; JSON texts by what they mean."""
    if isinstance(asked, Mapping):
        return isinstance(found, Mapping) and all(_covered(value, found.get(name)) for name, value in asked.items())
    if isinstance(asked, str) and isinstance(found, str):
        return asked == found or _same_document(asked, found)
    return bool(asked == found)


def _same_document(asked: str, found: str) -> bool:
    try:
        return bool(json.loads(asked) == json.loads(found))
    except ValueError:
        return False


def _read(path: str, value: Any, shape: Shape) -> Any:  # noqa: ANN401 - as above
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return _structure(path, value, shape)
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {name: _read(f"{path}.{name}", inner, shape.value) for name, inner in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_read(path, inner, shape.member) for inner in value]
    return _scalar(path, value, shape.type_name)


def _structure(path: str, value: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    known = {name.lower(): name for name in shape.members}
    if unknown := sorted(set(value) - {name for name in value if name.lower() in known}):
        raise Refused(
            "InvalidInputException", f"{path} has no {unknown[0]}; it has {', '.join(map(titled, shape.members))}."
        )
    pairs = ((known[name.lower()], name, inner) for name, inner in value.items())
    return {member: _read(f"{path}.{name}", inner, shape.members[member]) for member, name, inner in pairs}


def _scalar(path: str, value: Any, type_name: str) -> object:  # noqa: ANN401 - as above
    try:
        return _READERS[type_name](str(value) if isinstance(value, bool | int | float | str) else "")
    except (KeyError, ValueError):
        raise Refused("InvalidInputException", f"{path} must be of type {type_name}, not {value!r}.") from None
