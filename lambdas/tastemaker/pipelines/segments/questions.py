"""One line of a batch segment job's input: what it asks for, or what is wrong with it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.filters.language import InvalidFilter, parse_attributes
from tastemaker.domain.filters.values import InvalidValues, bind
from tastemaker.serving.finding import Finder, NoTarget, Target

_LONGEST_LINE = 100_000  # bytes: an expression of 2,500 characters and 25 values of 1,000 fit
_LONGEST_ID = 256
_LONGEST_QUOTE = 1000  # characters of a line that is no JSON, in its answer
_IDS_AT_ONCE = 100_000
# How many lines one object may have, by what a line names (guide, the recipes' pages).
MOST_LINES = {"itemId": 500, "itemAttributes": 10}
Line = Mapping[str, Any]


class BadLine(ValueError):
    """A line cannot be answered; the message says why."""


@dataclass(frozen=True, slots=True)
class Question:
    """A line, and who is to be found: of a target, those who pass a filter; or the `error` that there is in it."""

    line: object
    target: Target | None = None
    rule: Filter | None = None
    error: str | None = None

    @classmethod
    def of(cls, text: bytes, finder: Finder, *, member: str, rule: Filter | None) -> Self:
        """Read a line that names its target under a `member`."""
        try:
            line = _parsed(text)
        except BadLine as problem:
            return cls(text.decode(errors="replace").strip()[:_LONGEST_QUOTE], error=str(problem))
        try:
            return cls(line, _target(line, member, finder), _bound(line, rule))
        except BadLine as problem:
            return cls(line, error=str(problem))

    def answer(self, users: Iterator[Sequence[str]] | None) -> Iterator[bytes]:
        """Yield the answer piece by piece; the real service's outputs say `usersList`, its guide `recommendedUsers`.

        `users` are pieces of the list, best first.
        """
        yield b'{"input":' + _json(self.line)
        if users is None:
            yield b',"output":null,"error":' + _json(self.error) + b"}\n"
            return
        yield b',"output":{"usersList":['
        pieces = list[bytes]()
        for ids in users:
            piece = b"," * bool(pieces) + _json(ids)[1:-1]
            pieces.append(piece)
            yield piece
        yield b'],"recommendedUsers":['
        yield from pieces
        yield b']},"error":null}\n'


def _target(line: Line, member: str, finder: Finder) -> Target:
    value = line.get(member)
    if value is None:
        raise BadLine(f"{member} is required.")
    try:
        if member == "itemId":
            return finder.item(_checked_id(value))
        if not isinstance(value, str):
            raise BadLine(f'{member} must be a string, an expression such as ITEMS.GENRE = "Comedy".')
        return finder.kind(parse_attributes(value))
    except InvalidFilter as problem:
        raise BadLine(f"{member}: {problem.reason}") from None
    except NoTarget as problem:
        raise BadLine(str(problem) if member == "itemId" else f"{member}: {problem}") from None


def _bound(line: Line, rule: Filter | None) -> Filter | None:
    values = line.get("filterValues") or {}
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise BadLine("filterValues must be an object of strings.")
    if rule is None:
        if values:
            raise BadLine("filterValues needs a job with a filterArn.")
        return None
    try:
        return bind(rule, values)
    except InvalidValues as problem:
        raise BadLine(str(problem)) from None


def _parsed(text: bytes) -> Line:
    if len(text) > _LONGEST_LINE:
        raise BadLine(f"The line is longer than {_LONGEST_LINE} bytes.")
    try:
        line = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadLine("The line is not a JSON object in UTF-8.") from None
    if not isinstance(line, dict):
        raise BadLine("The line must be a JSON object.")
    return line


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _checked_id(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        raise BadLine(f"itemId must be a string of 1 to {_LONGEST_ID} characters.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise BadLine("itemId holds half a surrogate pair, which is no character.")
    return value


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
