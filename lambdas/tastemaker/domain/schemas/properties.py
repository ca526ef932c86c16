"""Properties of an event, item, user or action: JSON whose names and values are matched to a schema's columns."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from tastemaker.domain.schemas.readings import ID_CHARACTERS, Reading, Unreadable, Value, number_of
from tastemaker.domain.schemas.rules import rules_for
from tastemaker.domain.schemas.schema import parse_schema

# What a stored record says about itself beside its columns: no column can have this name.
RECORDED = "#recorded"
NOTHING_RESERVED: Mapping[str, str] = MappingProxyType({})


class InvalidProperties(ValueError):
    """A property breaks a rule; the message names the column, the value and the rule."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that properties may fill, by their plain names."""

    readings: Mapping[str, Reading]

    def values(self, properties: Mapping[str, object]) -> dict[str, Value]:
        """Return the typed values of plain properties by column, without nulls and without what has no column."""
        values = {reading.field.name: _value(reading, name, properties) for name, reading in self.readings.items()}
        return {name: value for name, value in values.items() if value is not None}


@lru_cache(256)
def columns_of(schema: str, dataset_type: str, domain: str | None = None) -> Columns:
    """Return the columns of a dataset that its records' own members (ids, times, event types) do not fill."""
    rules = rules_for(dataset_type, domain)
    if rules is None:
        raise ValueError(dataset_type)
    own_members = {*rules.keys, *rules.reserved} if "TIMESTAMP" in rules.keys else set(rules.keys)
    fields = [field for field in parse_schema(schema).fields if field.name not in own_members]
    return Columns({plain(field.name): Reading.of(field, rules) for field in fields})


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
    if not 0 < len(text) <= ID_CHARACTERS:
        raise InvalidProperties(f"{name} must be a string of 1 to {ID_CHARACTERS} characters, not {value!r:.100}.")
    return text


def number(name: str, value: object) -> float:
    """Return a number that stands in properties, as such or as text."""
    amount = number_of(value)
    if amount is None:
        raise InvalidProperties(f"{name} must be a finite number, not {value!r:.100}.")
    return float(amount)


def _value(reading: Reading, name: str, properties: Mapping[str, object]) -> Value | None:
    """Return a column's value. An empty one is missing, as an empty cell is; a name that is not there is not."""
    column = reading.field
    if name not in properties and not column.nullable:
        raise InvalidProperties(
            f"column {column.name} is missing: its type does not allow null, so it must be there, if only empty."
        )
    raw = properties.get(name)
    try:
        return reading.value_of(raw)
    except Unreadable as problem:
        raise InvalidProperties(f"column {column.name}: {raw!r:.100} {problem}.") from None
