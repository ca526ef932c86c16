"""Properties of an event, item, user or action: JSON whose names and values are matched to a schema's columns."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from tastemaker.domain.schemas.rules import rules_for
from tastemaker.domain.schemas.schema import Field, parse_schema

Value = str | int | float | bool
# What a stored record says about itself beside its columns: no column can have this name.
RECORDED = "#recorded"
NOTHING_RESERVED: Mapping[str, str] = MappingProxyType({})

_ID_CHARACTERS = 256
_STRING_CHARACTERS = 1_000
_TEXT_CHARACTERS = 20_000  # what follows is cut off, as an import does
# Python would also read 1_000, infinity and digits of other scripts.
_NUMBER = re.compile(r"[+-]?(\d{1,64}\.?\d{0,64}|\.\d{1,64})([eE][+-]?\d{1,4})?", re.ASCII)
_BITS = {"int": 32, "long": 64}
# Beyond its largest value, a column would hold infinity.
_LARGEST = {"float": 3.4028234663852886e38, "double": math.inf}


class InvalidProperties(ValueError):
    """A property breaks a rule; the message names the column, the value and the rule."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that properties may fill, by their plain names."""

    fields: Mapping[str, Field]
    ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def values(self, properties: Mapping[str, object]) -> dict[str, Value]:
        """Return the typed values of plain properties by column, without nulls and without what has no column."""
        values = {column.name: self._value(column, properties.get(name)) for name, column in self.fields.items()}
        return {name: value for name, value in values.items() if value is not None}

    def _value(self, column: Field, raw: object) -> Value | None:
        value = None if raw in (None, "", []) else _READERS[column.type](column, raw)
        if value is None and not column.nullable:
            raise InvalidProperties(f"column {column.name} is missing or null, and its schema does not allow null.")
        low, high = self.ranges.get(column.name, (-math.inf, math.inf))
        if isinstance(value, int | float) and not low <= value <= high:
            raise _wrong(column, raw, f"must be from {low} to {high}")
        return value


@lru_cache(256)
def columns_of(schema: str, dataset_type: str) -> Columns:
    """Return the columns of a dataset that its records' own members (ids, times, event types) do not fill."""
    rules = rules_for(dataset_type, None)
    if rules is None:
        raise ValueError(dataset_type)
    own_members = {*rules.keys, *rules.reserved} if "TIMESTAMP" in rules.keys else set(rules.keys)
    fields = [column for column in parse_schema(schema).fields if column.name not in own_members]
    ranges = {name: column.within for name, column in rules.reserved.items() if column.within}
    return Columns({plain(column.name): column for column in fields}, ranges)


def read_properties(text: str | None, reserved: Mapping[str, str] = NOTHING_RESERVED) -> dict[str, object]:
    """Return properties by their plain names: clients write `NUM_RATINGS`, `numRatings` and `num_ratings`.

    `reserved`: where the values belong whose plain names no property may have.
    """
    try:
        document = json.loads(text) if text else {}
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise InvalidProperties("Error parsing properties json: it must be a JSON object.")
    properties: dict[str, object] = {}
    for name, value in document.items():
        if place := reserved.get(plain(name)):
            raise InvalidProperties(f"properties must not hold {name!r:.100}, which is reserved: {place}.")
        if plain(name) in properties:
            raise InvalidProperties(f"properties have {name} twice, in different spellings.")
        properties[plain(name)] = value
    return properties


def plain(name: str) -> str:
    """Return a column's name as schemas compare them: no case, letters and digits only."""
    return "".join(filter(str.isalnum, name)).upper()


def identifier(name: str, value: object) -> str:
    """Return an id that stands in properties; old clients send numbers."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not 0 < len(text) <= _ID_CHARACTERS:
        raise InvalidProperties(f"{name} must be a string of 1 to {_ID_CHARACTERS} characters, not {value!r:.100}.")
    return text


def number(name: str, value: object) -> float:
    """Return a number that stands in properties, as such or as text."""
    amount = _number(value)
    if amount is None:
        raise InvalidProperties(f"{name} must be a finite number, not {value!r:.100}.")
    return float(amount)


def _wrong(column: Field, value: object, rule: str) -> InvalidProperties:
    return InvalidProperties(f"column {column.name}: {value!r:.100} {rule}.")


def _string(column: Field, value: object) -> str | None:
    if isinstance(value, list):
        if not column.categorical:
            raise _wrong(column, value, "must be one string; only categorical columns take lists")
        text = "|".join(filter(None, (_text(column, entry) for entry in value)))
    else:
        text = _text(column, value)
    if column.textual:
        return text[:_TEXT_CHARACTERS]
    if len(text) > _STRING_CHARACTERS:
        raise _wrong(column, value, f"has {len(text)} characters; at most {_STRING_CHARACTERS} are allowed")
    return text or None


def _text(column: Field, value: object) -> str:
    if isinstance(value, dict | list):
        raise _wrong(column, value, "must be a string")
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _whole(column: Field, value: object) -> int:
    bits = _BITS[column.type]
    whole = _number(value)
    if whole is None or whole != int(whole) or not -(1 << bits - 1) <= whole < 1 << bits - 1:
        raise _wrong(column, value, f"must be an integer of at most {bits} bits")
    return int(whole)


def _real(column: Field, value: object) -> float:
    real = _number(value)
    if real is None or abs(real) > _LARGEST[column.type]:
        raise _wrong(column, value, "must be a number")
    return float(real)


def _boolean(column: Field, value: object) -> bool:
    text = _text(column, value).strip().lower()
    if text not in {"true", "false"}:
        raise _wrong(column, value, "must be true or false")
    return text == "true"


def _number(value: object) -> int | float | None:
    """Return a finite number, given as such or as text; None for anything else."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        text = value.strip()
        value = float(text) if re.search(r"[.eE]", text) else int(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


_READERS: Mapping[str, Callable[[Field, object], Value | None]] = {
    "string": _string,
    "int": _whole,
    "long": _whole,
    "float": _real,
    "double": _real,
    "boolean": _boolean,
}
