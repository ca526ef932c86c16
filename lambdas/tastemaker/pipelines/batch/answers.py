"""One line of a batch job's input and the line that answers it; what is wrong with a line becomes its answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tastemaker.domain.answers import reasons
from tastemaker.domain.answers.contexts import UnknownContext
from tastemaker.domain.answers.exploration import Shown
from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.filters.values import InvalidValues, bind
from tastemaker.pipelines.batch.files import LONGEST_LINE
from tastemaker.serving.answerer import Answerer
from tastemaker.serving.asking import Asking
from tastemaker.store.ports import Record

_MOST_ITEMS = 500  # in a list that is to be ranked
_LONGEST_ID = 256
_LONGEST_QUOTE = 1000  # characters of a line that is no JSON, in its answer
Line = Mapping[str, Any]


class BadLine(ValueError):
    """A line cannot be answered; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the output says of one line."""

    input: object
    output: dict[str, object] | None = None
    error: str | None = None

    def to_json(self) -> bytes:
        """Return the line of the output."""
        members = {"input": self.input, "output": self.output, "error": self.error}
        return json.dumps(members, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class LineAnswerer:
    """An answerer, and what a job asks of it with each line: up to `most` items that pass a filter.

    Where the job explores, its ARN and the line are the seed: a step that is repeated writes the same answers.
    """

    answerer: Answerer
    recipe: Record
    most: int | None
    rule: Filter | None
    arn: str
    strict: bool = False

    def answer(self, text: bytes) -> Answer:
        """Answer one line."""
        try:
            line = _parsed(text)
        except BadLine as problem:
            return Answer(text.decode(errors="replace").strip()[:_LONGEST_QUOTE], error=str(problem))
        try:
            return Answer(dict(line), self._output(self._items(line)))
        except BadLine as problem:
            return Answer(dict(line), error=str(problem))

    def _items(self, line: Line) -> Sequence[Shown]:
        user = self._id(line, "userId")
        rule, context = self._rule(line, user), self._context(line)
        if self.recipe["type"] == "PERSONALIZED_RANKING":
            item, item_ids = None, _list(line)
        else:
            item, item_ids = self._id(line, "itemId"), None
        events = self.answerer.history(user, [rule] if rule else [])
        seed = f"{self.arn}\n{json.dumps(line, sort_keys=True)}" if self.answerer.exploring else ""
        asking = Asking(user, events, item, rule, context)
        return self.answerer.answer(asking, self.most or 0, item_ids=item_ids, seed=seed)[: self.most]

    def _id(self, line: Line, member: str) -> str | None:
        value = line.get(member)
        if value is None and member not in self.recipe["needs"]:
            return None
        return _checked(member, value)

    def _context(self, line: Line) -> dict[str, str]:
        context = line.get("context") or {}
        if not isinstance(context, dict) or not all(isinstance(value, str) for value in context.values()):
            raise BadLine("context must be an object of strings.")
        try:
            return self.answerer.context(context)
        except UnknownContext as problem:
            raise BadLine(str(problem)) from None

    def _rule(self, line: Line, user: str | None) -> Filter | None:
        values = line.get("filterValues") or {}
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise BadLine("filterValues must be an object of strings.")
        if self.rule is None:
            if values:
                raise BadLine("filterValues needs a job with a filterArn.")
            return None
        if self.rule.needs_user and not user:
            raise BadLine("userId is required: the filter looks at the user or at the user's interactions.")
        try:
            return bind(self.rule, values, strict=self.strict)
        except InvalidValues as problem:
            raise BadLine(str(problem)) from None

    def _output(self, items: Sequence[Shown]) -> dict[str, object]:
        output: dict[str, object] = {"recommendedItems": [each.item_id for each in items]}
        if any(each.score is not None for each in items):
            output["scores"] = [each.score for each in items]
        if self.recipe["name"] in reasons.RECIPES:
            output["reasons"] = [[reasons.PLACEHOLDER] if each.placeholder else None for each in items]
        return output


def _parsed(text: bytes) -> Line:
    if len(text) > LONGEST_LINE:
        raise BadLine(f"The line is longer than {LONGEST_LINE} bytes.")
    try:
        line = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadLine("The line is not a JSON object in UTF-8.") from None
    if not isinstance(line, dict):
        raise BadLine("The line must be a JSON object.")
    return line


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _list(line: Line) -> list[str]:
    """Return the items to rank."""
    items = line.get("itemList")
    if not isinstance(items, list) or not 0 < len(items) <= _MOST_ITEMS:
        raise BadLine(f"itemList is required: a list of 1 to {_MOST_ITEMS} item ids.")
    return [_checked("itemList", item) for item in items]


def _checked(member: str, value: object) -> str:
    if value is None:
        raise BadLine(f"{member} is required.")
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        raise BadLine(f"{member} must be a string of 1 to {_LONGEST_ID} characters.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise BadLine(f"{member} holds half a surrogate pair, which is no character.")
    return value
