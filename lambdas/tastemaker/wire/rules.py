"""One rule per kind of shape: each checks a value, notes every problem, and returns the value cleaned."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from re import Pattern
from typing import Protocol

from tastemaker.domain.moments import unit_of
from tastemaker.wire.documents import canonical_object
from tastemaker.wire.models import Shape
from tastemaker.wire.patterns import compile_pattern

_ECHOED = 200
# After so many problems the rest of a list is not looked at: six megabytes of wrong entries took seconds.
_ENOUGH = 100
_INTEGER = 2**31
_LONG = 2**63
# Seconds from year 1 to year 9999: what a datetime can hold. Milliseconds, a common slip, fall outside.
_FIRST_MOMENT, _LAST_MOMENT = -62_135_596_800, 253_402_300_799


class Rule(Protocol):
    """Return the value as operations see it; append what is wrong, in AWS's words, to `problems`."""

    def __call__(self, value: object, path: str, problems: list[str]) -> object: ...


def rule_for(shape: Shape) -> Rule:
    """Build the rule of a shape and of everything inside it."""
    if shape.serialization.get("jsonvalue"):
        return DocumentRule(_string_rule(shape))
    return _BUILDERS[shape.type_name](shape)


def problem(value: object, path: str, constraint: str, *, sensitive: bool = False) -> str:
    """Word a problem as AWS does; members marked sensitive and containers are named, not repeated."""
    return f"Value{_shown(value, sensitive=sensitive)} at '{path}' failed to satisfy constraint: {constraint}"


def _shown(value: object, *, sensitive: bool) -> str:
    if value is None:
        return " null"
    if isinstance(value, dict | list):
        return f" with {len(value)} entries"
    if sensitive:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f" '{text}'" if len(text) <= _ECHOED else f" '{text[:_ECHOED]}...'"


def _size_problem(size: float, minimum: float, maximum: float, what: str = "length") -> str | None:
    if size < minimum:
        return f"Member must have {what} greater than or equal to {minimum}"
    if size > maximum:
        return f"Member must have {what} less than or equal to {maximum}"
    return None


@dataclass(frozen=True, slots=True)
class StringRule:
    """Length, then enum or pattern: a pattern never meets a string longer than the model allows."""

    minimum: float
    maximum: float
    enum: Collection[str]
    pattern: Pattern[str] | None
    text: str
    sensitive: bool

    def __call__(self, value: object, path: str, problems: list[str]) -> object:
        constraint = self.broken(value) if isinstance(value, str) else "Member must be a string"
        if constraint:
            problems.append(problem(value, path, constraint, sensitive=self.sensitive))
        return value

    def broken(self, value: str) -> str | None:
        """Name the first constraint that a string breaks."""
        if wrong_size := _size_problem(len(value), self.minimum, self.maximum):
            return wrong_size
        if self.enum and value not in self.enum:
            return f"Member must satisfy enum value set: [{', '.join(self.enum)}]"
        if self.pattern and not self.pattern.fullmatch(value):
            return f"Member must satisfy regular expression pattern: {self.text}"
        return None


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """JSON inside JSON (`properties`): boto3 sends text, other SDKs an object; operations always get text."""

    text: StringRule

    def __call__(self, value: object, path: str, problems: list[str]) -> object:
        if isinstance(value, str) and self.text.broken(value):
            return self.text(value, path, problems)
        document = canonical_object(value)
        if document is None:
            constraint = "Member must be a JSON object, of finite numbers, nested at most 20 deep"
            problems.append(problem(value, path, constraint, sensitive=self.text.sensitive))
            return value
        return self.text(document, path, problems)


@dataclass(frozen=True, slots=True)
class BooleanRule:
    """True or false, nothing that merely resembles them."""

    def __call__(self, value: object, path: str, problems: list[str]) -> object:
        if not isinstance(value, bool):
            problems.append(problem(value, path, "Member must be a boolean"))
        return value


@dataclass(frozen=True, slots=True)
class IntegerRule:
    """A whole number that fits the model's type and range."""

    minimum: float
    maximum: float
    sensitive: bool

    def __call__(self, value: object, path: str, problems: list[str]) -> object:
        if isinstance(value, bool) or not isinstance(value, int):
            constraint: str | None = "Member must be an integer"
        else:
            constraint = _size_problem(value, self.minimum, self.maximum, "value")
        if constraint:
            problems.append(problem(value, path, constraint, sensitive=self.sensitive))
        return value


@dataclass(frozen=True, slots=True)
class FloatRule:
    """A finite number; operations always get a float."""

    minimum: float
    maximum: float
    sensitive: bool

    def __call__(self, value: object, path: str, problems: list[str]) -> object:
        number = _finite(value)
        if number is None:
            constraint: str | None = "Member must be a finite number"
        else:
            constraint = _size_problem(number, self.minimum, self.maximum, "value")
        if constraint:
            problems.append(problem(value, path, constraint, sensitive=self.sensitive))
        return number


@dataclass(frozen=True, slots=True)
class TimestampRule:
    """Epoch seconds as a number."""

    def __call__(self, value: object, path: str, problems: list[str]) -> object:
        number = _finite(value)
        if number is None or not _FIRST_MOMENT <= number <= _LAST_MOMENT:
            unit = unit_of(number) if number is not None else None
            likely = f"; it looks like {unit}" if unit else ""
            rule = f"Member must be a timestamp in seconds since 1970-01-01T00:00:00Z{likely}"
            problems.append(problem(value, path, rule))
        return value


@dataclass(frozen=True, slots=True)
class ListRule:
    """A list of the right size; one that is too long is not looked into, a very wrong one not to its end."""

    minimum: float
    maximum: float
    member: Rule

    def __call__(self, value: object, path: str, problems: list[str]) -> object:
        if not isinstance(value, list):
            problems.append(problem(value, path, "Member must be a list"))
            return value
        if wrong_size := _size_problem(len(value), self.minimum, self.maximum):
            problems.append(problem(value, path, wrong_size))
            return value
        entries = []
        for place, entry in enumerate(value, 1):
            entries.append(self._entry(entry, f"{path}.{place}.member", problems))
            if len(problems) >= _ENOUGH:
                break
        return entries

    def _entry(self, entry: object, path: str, problems: list[str]) -> object:
        if entry is None:
            problems.append(problem(None, path, "Member must not be null"))
            return None
        return self.member(entry, path, problems)


@dataclass(frozen=True, slots=True)
class MapRule:
    """A map of the right size, right keys and right values."""

    minimum: float
    maximum: float
    key: Rule
    value: Rule

    def __call__(self, value: object, path: str, problems: list[str]) -> object:
        if not isinstance(value, dict):
            problems.append(problem(value, path, "Member must be a map"))
            return value
        if wrong_size := _size_problem(len(value), self.minimum, self.maximum):
            problems.append(problem(value, path, wrong_size))
            return value
        return {key: self._entry(key, entry, path, problems) for key, entry in value.items()}

    def _entry(self, key: str, entry: object, path: str, problems: list[str]) -> object:
        before = len(problems)
        self.key(key, f"{path}.key", problems)
        if len(problems) > before:
            return entry
        if entry is None:
            problems.append(problem(None, f"{path}.{key}", "Member must not be null"))
            return None
        return self.value(entry, f"{path}.{key}", problems)


@dataclass(frozen=True, slots=True)
class StructureRule:
    """Modelled members only; a null member is an absent one."""

    members: Mapping[str, Rule]
    required: tuple[str, ...]

    def __call__(self, value: object, path: str, problems: list[str]) -> object:
        if not isinstance(value, dict):
            problems.append(problem(value, path, "Member must be an object"))
            return value
        return self.members_of(value, f"{path}.", problems)

    def members_of(self, value: Mapping[str, object], inner: str, problems: list[str]) -> dict[str, object]:
        """Check each member; `inner` is what comes before the member's name in messages."""
        problems.extend(
            problem(None, inner + name, "Member must not be null") for name in self.required if value.get(name) is None
        )
        return {
            name: rule(value[name], inner + name, problems)
            for name, rule in self.members.items()
            if value.get(name) is not None
        }


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _bounds(shape: Shape) -> tuple[float, float]:
    return shape.metadata.get("min", -math.inf), shape.metadata.get("max", math.inf)


def _string_rule(shape: Shape) -> StringRule:
    pattern = shape.metadata.get("pattern", "")
    return StringRule(
        *_bounds(shape),
        enum=tuple(shape.enum),
        pattern=compile_pattern(pattern) if pattern else None,
        text=pattern,
        sensitive=bool(shape.metadata.get("sensitive")),
    )


def _integer_rule(shape: Shape, limit: int) -> IntegerRule:
    minimum, maximum = _bounds(shape)
    return IntegerRule(max(minimum, -limit), min(maximum, limit - 1), bool(shape.metadata.get("sensitive")))


def _float_rule(shape: Shape) -> FloatRule:
    return FloatRule(*_bounds(shape), bool(shape.metadata.get("sensitive")))


def structure_rule(shape: Shape) -> StructureRule:
    """Build the rule of a structure, such as an operation's whole input."""
    members = {name: rule_for(member) for name, member in shape.members.items()}
    return StructureRule(members, tuple(shape.required_members))


_BUILDERS: Mapping[str, Callable[[Shape], Rule]] = {
    "string": _string_rule,
    "boolean": lambda _: BooleanRule(),
    "integer": partial(_integer_rule, limit=_INTEGER),
    "long": partial(_integer_rule, limit=_LONG),
    "float": _float_rule,
    "double": _float_rule,
    "timestamp": lambda _: TimestampRule(),
    "list": lambda shape: ListRule(*_bounds(shape), rule_for(shape.member)),
    "map": lambda shape: MapRule(*_bounds(shape), rule_for(shape.key), rule_for(shape.value)),
    "structure": structure_rule,
}
