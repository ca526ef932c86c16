"""Lines of a job's input: JSON objects, read the same way by all such jobs; what is wrong with one is its answer."""

import json
from collections.abc import Mapping
from typing import Any

from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.filters.values import InvalidValues, bind

_LONGEST_ID = 256
_LONGEST_QUOTE = 1000  # characters of a line that is no JSON, in its answer
Line = Mapping[str, Any]


class BadLine(ValueError):
    """A line cannot be answered; the message says why."""


def parsed(text: bytes, *, longest: int) -> Line:
    """Read a line of so many bytes at most."""
    if len(text) > longest:
        raise BadLine(f"The line is longer than {longest} bytes.")
    try:
        line = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadLine("The line is not a JSON object in UTF-8.") from None
    if not isinstance(line, dict):
        raise BadLine("The line must be a JSON object.")
    return line


def quoted(text: bytes) -> str:
    """Return a line that cannot be read as its answer shows it."""
    return text.decode(errors="replace").strip()[:_LONGEST_QUOTE]


def checked_id(member: str, value: object) -> str:
    """Return the id that a member holds."""
    if value is None:
        raise BadLine(f"{member} is required.")
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        raise BadLine(f"{member} must be a string of 1 to {_LONGEST_ID} characters.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise BadLine(f"{member} holds half a surrogate pair, which is no character.")
    return value


def filter_values(line: Line, rule: Filter | None) -> dict[str, str]:
    """Return a line's `filterValues` for the filter of its job."""
    values = line.get("filterValues") or {}
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise BadLine("filterValues must be an object of strings.")
    if rule is None and values:
        raise BadLine("filterValues needs a job with a filterArn.")
    return values


def bound(rule: Filter, values: Mapping[str, str], *, strict: bool = False) -> Filter:
    """Return a job's filter with the values of a line in it."""
    try:
        return bind(rule, values, strict=strict)
    except InvalidValues as problem:
        raise BadLine(str(problem)) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
