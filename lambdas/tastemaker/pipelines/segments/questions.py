"""One line of a batch segment job's input: what it asks for, or what is wrong with it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.filters.language import InvalidFilter, parse_attributes
from tastemaker.pipelines.job_lines import BadLine, Line, bound, checked_id, filter_values, parsed, quoted
from tastemaker.serving.finding import Finder, NoTarget, Target

_LONGEST_LINE = 100_000  # bytes: an expression of 2,500 characters and 25 values of 1,000 fit
_IDS_AT_ONCE = 100_000
# How many lines one object may have, by what a line names (guide, the recipes' pages).
MOST_LINES = {"itemId": 500, "itemAttributes": 10}
LEAST_LINE = len('{"itemId":"1"}')  # bytes


def member_of(recipe: str) -> str:
    """Return what a line names its target under."""
    return "itemId" if recipe == "aws-item-affinity" else "itemAttributes"


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
            line = parsed(text, longest=_LONGEST_LINE)
        except BadLine as problem:
            return cls(quoted(text), error=str(problem))
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
            return finder.item(checked_id(member, value))
        if not isinstance(value, str):
            raise BadLine(f'{member} must be a string, an expression such as ITEMS.GENRE = "Comedy".')
        return finder.kind(parse_attributes(value))
    except InvalidFilter as problem:
        raise BadLine(f"{member}: {problem.reason}") from None
    except NoTarget as problem:
        raise BadLine(str(problem) if member == "itemId" else f"{member}: {problem}") from None


def _bound(line: Line, rule: Filter | None) -> Filter | None:
    values = filter_values(line, rule)
    return None if rule is None else bound(rule, values)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
