"""Lines of a batch job's input and the lines that answer them; what is wrong with a line becomes its answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tastemaker.domain.answers import reasons
from tastemaker.domain.answers.contexts import UnknownContext
from tastemaker.domain.answers.exploration import Shown
from tastemaker.domain.filters.expressions import Filter
from tastemaker.pipelines.batch.live import Recordings
from tastemaker.pipelines.batch.ranges import LONGEST_LINE
from tastemaker.pipelines.job_lines import BadLine, Line, bound, checked_id, filter_values, parsed, quoted
from tastemaker.serving.answerer import Answerer
from tastemaker.serving.asking import Asking
from tastemaker.store.ports import Record

_MOST_ITEMS = 500  # in a list that is to be ranked
Output = dict[str, object]


class Embellish(Protocol):
    """What a job's mode adds to the output of a line."""

    def __call__(self, output: Output, item_ids: Sequence[str]) -> Output:
        """Return the output with more in it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the output says of one line."""

    input: object
    output: Output | None = None
    error: str | None = None

    def to_json(self) -> bytes:
        """Return the line of the output."""
        members = {"input": self.input, "output": self.output, "error": self.error}
        return json.dumps(members, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class _Question:
    """What a line asks; `item_ids` are to be ranked."""

    line: dict[str, Any]
    user: str | None
    item: str | None
    item_ids: list[str] | None
    rule: Filter | None
    context: dict[str, str]


@dataclass(frozen=True, slots=True)
class LineAnswerer:
    """An answerer, and what a job asks of it with each line: up to `most` items that pass a filter.

    Where the job explores, its ARN and the line are the seed: a step that is repeated writes the same answers.
    """

    answerer: Answerer
    recordings: Recordings
    recipe: Record
    most: int | None
    rule: Filter | None
    arn: str
    embellish: Embellish | None = None
    strict: bool = False
    influence: Mapping[str, float] | None = None

    def answer(self, texts: Sequence[bytes]) -> list[Answer]:
        """Answer some lines."""
        questions = [self._read(text) for text in texts]
        users = [each.user for each in questions if isinstance(each, _Question) and each.user]
        known = self.recordings.of(users, [self.rule] if self.rule else [])
        return [each if isinstance(each, Answer) else self._answered(each, known) for each in questions]

    def _read(self, text: bytes) -> _Question | Answer:
        try:
            line = parsed(text, longest=LONGEST_LINE)
        except BadLine as problem:
            return Answer(quoted(text), error=str(problem))
        try:
            return self._question(dict(line))
        except BadLine as problem:
            return Answer(dict(line), error=str(problem))

    def _question(self, line: dict[str, Any]) -> _Question:
        user = self._id(line, "userId")
        rule, context = self._rule(line, user), self._context(line)
        if self.recipe["type"] == "PERSONALIZED_RANKING":
            return _Question(line, user, None, _list(line), rule, context)
        return _Question(line, user, self._id(line, "itemId"), None, rule, context)

    def _answered(self, question: _Question, known: Mapping[str, tuple[list[Any], Record | None]]) -> Answer:
        events, record = known.get(question.user or "", ([], None))
        asking = Asking(question.user, events, question.item, question.rule, question.context, record, self.influence)
        seed = f"{self.arn}\n{json.dumps(question.line, sort_keys=True)}" if self.answerer.exploring else ""
        items = self.answerer.answer(asking, self.most or 0, item_ids=question.item_ids, seed=seed)[: self.most]
        return Answer(question.line, self._output(items))

    def _id(self, line: Line, member: str) -> str | None:
        value = line.get(member)
        if value is None and member not in self.recipe["needs"]:
            return None
        return checked_id(member, value)

    def _context(self, line: Line) -> dict[str, str]:
        context = line.get("context") or {}
        if not isinstance(context, dict) or not all(isinstance(value, str) for value in context.values()):
            raise BadLine("context must be an object of strings.")
        try:
            return self.answerer.context(context)
        except UnknownContext as problem:
            raise BadLine(str(problem)) from None

    def _rule(self, line: Line, user: str | None) -> Filter | None:
        values = filter_values(line, self.rule)
        if self.rule is None:
            return None
        if self.rule.needs_user and not user:
            raise BadLine("userId is required: the filter looks at the user or at the user's interactions.")
        return bound(self.rule, values, strict=self.strict)

    def _output(self, items: Sequence[Shown]) -> Output:
        item_ids = [each.item_id for each in items]
        output: Output = {"recommendedItems": item_ids}
        if any(each.score is not None for each in items):
            output["scores"] = [each.score for each in items]
        if self.recipe["name"] in reasons.RECIPES:
            output["reasons"] = [[reasons.PLACEHOLDER] if each.placeholder else None for each in items]
        return self.embellish(output, item_ids) if self.embellish else output


def _list(line: Line) -> list[str]:
    """Return the items to rank."""
    items = line.get("itemList")
    if not isinstance(items, list) or not 0 < len(items) <= _MOST_ITEMS:
        raise BadLine(f"itemList is required: a list of 1 to {_MOST_ITEMS} item ids.")
    return [checked_id("itemList", item) for item in items]
