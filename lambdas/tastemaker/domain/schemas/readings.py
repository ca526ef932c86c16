"""How a value becomes a column's: the one table of rules for cells of CSV files and for values of Put calls.

`Reading.value_of` reads JSON; pipelines/datasets/columns.py makes DuckDB's expressions of the same members. The test
tests/unit/operations/events/test_both_doors.py sends the same values through both doors.
"""

import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from tastemaker.domain.moments import in_seconds, unit_of
from tastemaker.domain.schemas.rules import Rules
from tastemaker.domain.schemas.schema import Field

Value = str | int | float | bool

# Words for yes and no, in any case; pandas writes 1.0 once a column of booleans has held an empty cell.
TRUE = ("true", "t", "yes", "y", "1", "1.0")
FALSE = ("false", "f", "no", "n", "0", "0.0")
# What may stand around a number, a boolean or a word of a list.
BLANKS = " \t\n\v\f\r"
ID_CHARACTERS = 256
STRING_CHARACTERS = 1_000
TEXT_CHARACTERS = 20_000  # what follows is cut off
EMPTY = "must not be empty"
# Python would also read 1_000, infinity and digits of other scripts.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)
_BITS = {"int": 32, "long": 64}
_MUST = {
    "int": "must be an integer of at most 32 bits",
    "long": "must be an integer of at most 64 bits",
    "float": "must be a number",
    "double": "must be a number",
    "boolean": "must be true or false",
}


class Unreadable(ValueError):
    """A value breaks a column's rule, which is the message."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A column's rules; only a required one refuses empty values, and a file with a cell that cannot be read."""

    field: Field
    required: bool
    is_id: bool
    within: tuple[int, int] | None = None
    words: tuple[str, ...] = ()
    is_moment: bool = False

    @classmethod
    def of(cls, field: Field, rules: Rules) -> Self:
        """Return how a column of a dataset type is read.

        The guide wants `null` in the type of every column with empty cells; public clients leave it out (a year missing
        in a film's title), and Amazon Personalize imports their files.
        """
        own = rules.columns.get(field.name)
        required = {name for names in (*rules.keys, *rules.required) for name in names.split("|")}
        return cls(
            field,
            required=field.name in required,
            is_id=field.name in rules.keys and field.name.endswith("_ID"),
            within=own.within if own else None,
            words=own.words if own else (),
            is_moment=own.is_moment if own else False,
        )

    @property
    def is_lenient(self) -> bool:
        """Whether a cell that cannot be read is missing, rather than a reason to refuse the file."""
        return not self.required and self.field.type != "string"

    @property
    def characters(self) -> int:
        """How long a string may be."""
        return ID_CHARACTERS if self.is_id else STRING_CHARACTERS

    @property
    def rule(self) -> str:
        """What a value must be to be read."""
        if self.words:
            *others, last = (word.replace("_", " ").title() for word in self.words)
            return f"must be {', '.join(others)} or {last}"
        return "must be an integer" if self.is_moment and self.field.type == "long" else _MUST[self.field.type]

    @property
    def range_rule(self) -> str:
        """What a number must be besides."""
        low, high = self.within or (-math.inf, math.inf)
        return f"must be from {low} to {high}"

    def value_of(self, raw: object) -> Value | None:
        """Return what a value of JSON is; None for an empty one."""
        if raw in (None, "", []):
            if self.required:
                raise Unreadable(EMPTY)
            return None
        value = _READERS[self.field.type](self, raw)
        self._check(value)
        return value

    def _check(self, value: Value | None) -> None:
        if isinstance(value, str | bool) or value is None:
            return
        low, high = self.within or (-math.inf, math.inf)
        if not low <= value <= high:
            raise Unreadable(self.range_rule)
        if self.is_moment and (unit := unit_of(value)):
            raise Unreadable(in_seconds(unit))


def number_of(value: object) -> int | float | None:
    """Return a finite number, given as such or as text; None for anything else."""
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value := value.strip(BLANKS)) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def holds_float(number: float) -> bool:
    """Whether a number is none that 32 bits would make infinite."""
    try:
        struct.pack("<f", number)
    except OverflowError:
        return False
    return True


def spelt(text: str) -> str:
    """Return a word of a list as the list has it: "Not Taken" in one place of the guide is NOT_TAKEN in another."""
    return text.strip(BLANKS).upper().replace(" ", "_")


def _string(reading: Reading, value: object) -> str | None:
    field = reading.field
    if isinstance(value, list):
        if not field.categorical:
            raise Unreadable("must be one string; only categorical columns take lists")
        text = "|".join(filter(None, map(_text, value)))
    else:
        text = _text(value)
    if reading.words and spelt(text) not in reading.words:
        raise Unreadable(reading.rule)
    if field.textual:
        return text[:TEXT_CHARACTERS]
    if len(text) > reading.characters:
        raise Unreadable(f"has {len(text)} characters; at most {reading.characters} are allowed")
    return (spelt(text) if reading.words else text) or None


def _text(value: object) -> str:
    if isinstance(value, dict | list):
        raise Unreadable("must be a string")
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    if "\0" in text:  # which files may not hold either
        raise Unreadable("must be text without NUL characters")
    return text


def _whole(reading: Reading, value: object) -> int:
    limit = 1 << _BITS[reading.field.type] - 1
    number = number_of(value)
    if number is None or not -limit <= number <= limit:  # far from it: the digits need not be looked at
        raise Unreadable(reading.rule)
    whole = _rounded(value)
    # 3.0 is a 3 once pandas has seen an empty cell beside it; 3.5 is none.
    if float(whole) != float(number) or not -limit <= whole < limit:
        raise Unreadable(reading.rule)
    return whole


def _rounded(value: object) -> int:
    """Return the integer next to a number, to the last digit of its text, as DuckDB does."""
    exact = Decimal(value.strip(BLANKS) if isinstance(value, str) else value)  # type: ignore[arg-type]
    return int(exact.to_integral_value(ROUND_HALF_UP))


def _real(reading: Reading, value: object) -> float:
    number = number_of(value)
    if number is None or (reading.field.type == "float" and not holds_float(number)):
        raise Unreadable(reading.rule)
    return float(number)


def _boolean(reading: Reading, value: object) -> bool:
    text = _text(value).strip(BLANKS).lower()
    if text not in TRUE + FALSE:
        raise Unreadable(reading.rule)
    return text in TRUE


_READERS: Mapping[str, Callable[[Reading, object], Value | None]] = {
    "string": _string,
    "int": _whole,
    "long": _whole,
    "float": _real,
    "double": _real,
    "boolean": _boolean,
}
