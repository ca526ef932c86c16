"""One line of a batch job's input and the line that answers it; what is wrong with a line becomes its answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.domain.answers import reasons
from tastemaker.domain.answers.contexts import UnknownContext, context_of
from tastemaker.domain.answers.exploration import Exploring
from tastemaker.domain.answers.histories import most_events
from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.filters.values import InvalidValues, bind
from tastemaker.pipelines.batch.files import LONGEST_LINE
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Event, Record

_MOST_ITEMS = 500  # in a list that is to be ranked
_LONGEST_ID = 256
_LONGEST_TOLD = 1000  # characters of a line that is no JSON, in its answer
Line = Mapping[str, Any]
Found = list[tuple[str, float | None]]


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
        told = {"input": self.input, "output": self.output, "error": self.error}
        return json.dumps(told, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Answerer:
    """A model and what a job asks of it; `history` reads so many (None: all) of a user's events since training.

    Where the job explores, its ARN and the line are the seed: a step that is repeated writes the same answers.
    """

    model: Served
    recipe: Record
    most: int | None
    rule: Filter | None
    history: Callable[[str, int | None], list[Event]]
    exploring: Exploring | None = None
    seed: str = ""

    def answer(self, text: bytes) -> Answer:
        """Answer one line."""
        try:
            line = _parsed(text)
        except BadLine as problem:
            return Answer(text.decode(errors="replace").strip()[:_LONGEST_TOLD], error=str(problem))
        try:
            return Answer(dict(line), self._output(self._asked(line)))
        except BadLine as problem:
            return Answer(dict(line), error=str(problem))

    def _asked(self, line: Line) -> Found:
        user = _id(line, "userId", needed="userId" in self.recipe["needs"])
        rule, context = self._rule(line, user), self._context(line)
        if self.recipe["type"] == "PERSONALIZED_RANKING":
            items = _list(line)
            found = self.model.rank(user or "", self._events(user, rule), items, rule=rule, context=context)
            return found[: self.most]
        item = _id(line, "itemId", needed="itemId" in self.recipe["needs"])
        events, most = self._events(user, rule), self.most or 0
        if self.exploring is None:
            return self.model.recommend(user, events, item_id=item, k=most, rule=rule, context=context)
        seed = f"{self.seed}\n{json.dumps(line, sort_keys=True)}"
        shown = self.model.explore(
            user, events, k=most, exploring=self.exploring, seed=seed, rule=rule, context=context
        )
        return [(each.item_id, each.score) for each in shown]

    def _context(self, line: Line) -> dict[str, str]:
        given = line.get("context") or {}
        if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
            raise BadLine("context must be an object of strings.")
        try:
            return context_of(given, self.model.context_columns)
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
            return bind(self.rule, values)
        except InvalidValues as problem:
            raise BadLine(str(problem)) from None

    def _events(self, user: str | None, rule: Filter | None) -> list[Event]:
        if user is None:
            return []
        return self.history(user, most_events([rule] if rule else []))

    def _output(self, found: Found) -> dict[str, object]:
        output: dict[str, object] = {"recommendedItems": [item for item, _ in found]}
        if any(score is not None for _, score in found):
            output["scores"] = [None if score is None else round(score, 7) for _, score in found]
        if self.recipe["name"] in reasons.RECIPES:
            output["reasons"] = [None if score is not None else [reasons.PLACEHOLDER] for _, score in found]
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


def _id(line: Line, member: str, *, needed: bool) -> str | None:
    value = line.get(member)
    if value is None and not needed:
        return None
    return _checked(member, value)


def _list(line: Line) -> list[str]:
    """Return the items to rank, each once."""
    items = line.get("itemList")
    if not isinstance(items, list) or not 0 < len(items) <= _MOST_ITEMS:
        raise BadLine(f"itemList is required: a list of 1 to {_MOST_ITEMS} item ids.")
    return list(dict.fromkeys(_checked("itemList", item) for item in items))


def _checked(member: str, value: object) -> str:
    if value is None:
        raise BadLine(f"{member} is required.")
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        raise BadLine(f"{member} must be a string of 1 to {_LONGEST_ID} characters.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise BadLine(f"{member} holds half a surrogate pair, which is no character.")
    return value
