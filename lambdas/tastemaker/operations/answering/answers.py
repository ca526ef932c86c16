"""One answer: what it depends on, and the list that follows from that. A replay asks the same question again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from tastemaker.domain.answers import reasons
from tastemaker.domain.answers.contexts import UnknownContext
from tastemaker.domain.answers.exploration import Exploring, Shown
from tastemaker.domain.answers.histories import Cut
from tastemaker.domain.filters.expressions import Filter
from tastemaker.errors import InvalidInput
from tastemaker.operations.answering.individual_records import View, live_model, model_of_then, put_user
from tastemaker.operations.answering.promotions import Promotion, requested_promotion
from tastemaker.operations.call import Call
from tastemaker.operations.rules.filtering import check_answerable, requested_filter
from tastemaker.serving.answerer import Answerer
from tastemaker.serving.asking import Asking
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Event, Record

# Items as the reply has them, with `_propensity` and `_explored`, which stay inside.
Items = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks of what a campaign or recommender serves: JSON, as the log keeps it.

    `serving` says {artifact, group, recipe, recipe_type, exploring, ...}; `input_list` is there for rankings only,
    and the `moment` for actions, which expire.
    """

    serving: Record
    user_id: str | None = None
    item_id: str | None = None
    num_results: int = 0
    input_list: Sequence[str] | None = None
    filter_arn: str | None = None
    filter_values: dict[str, str] | None = None
    promotions: list[dict[str, Any]] | None = None
    context: dict[str, str] | None = None
    moment: float | None = None

    def to_json(self) -> Record:
        """Return the members that are not empty."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """An answer in the making: a question with everything it names at hand, and the user's record if a filter looks."""

    question: Question
    answerer: Answerer
    rule: Filter | None
    promotion: Promotion | None
    context: dict[str, str]
    record: Record | None

    @classmethod
    def of(cls, call: Call, question: Question, view: View | None = None) -> Self:
        """Find the filters and the model, or say what is wrong with them; for a replay as the answer's `view` was."""
        serving, user_id = question.serving, question.user_id
        rule = requested_filter(call, serving, question.filter_arn, question.filter_values)
        promotion = requested_promotion(call, serving, question.promotions, question.num_results)
        model = model_of_then(call, serving, view) if view else live_model(call, serving)
        answerer = _answerer(call, serving, model)
        context = _context(answerer, question.context)
        rules = _rules(rule, promotion)
        check_answerable(rules, model, user_id)
        record = None if view and view.user is None else put_user(call, serving, model, user_id, rules)
        return cls(question, answerer, rule, promotion, context, record)

    @property
    def model(self) -> Served:
        """Return the model that answers."""
        return self.answerer.model

    def events(self, cut: Cut | None = None) -> list[Event]:
        """Return what was recorded of the user since training, as far as it counts; with a cut, what was there then."""
        return self.answerer.history(self.question.user_id, _rules(self.rule, self.promotion), cut)

    def items(self, events: list[Event], seed: str) -> Items:
        """Return the list: the same one for the same events and seed."""
        question, asking = self.question, self._asking(events)
        answer = self.answerer.answer(asking, question.num_results, item_ids=question.input_list, seed=seed)
        if self.promotion is None:
            return reply_items(answer)
        promoted = self.answerer.best(replace(asking, rule=self.promotion.rule), self.promotion.places)
        mixture = self.promotion.mix(reply_items(promoted), reply_items(answer), seed=seed)
        # Where an item stands depends on the promoted ones too, so its propensity no longer holds.
        return [{**item, "_propensity": None} for item in mixture]

    def with_reasons(self, events: list[Event], items: Items) -> Items:
        """Add why each item is there; of what a promotion, chance or a filter put there that is all there is to say."""
        by_model = [item["itemId"] for item in items if not _set_reason(item)]
        is_ranking = self.question.input_list is not None
        causes = self.model.reasons(self._asking(events), by_model, listed=is_ranking)
        texts = dict(zip(by_model, map(reasons.texts, causes), strict=True))
        why = [_set_reason(item) or texts[item["itemId"]] for item in items]
        return [{**item, "reason": each} if each else item for item, each in zip(items, why, strict=True)]

    def _asking(self, events: list[Event]) -> Asking:
        question = self.question
        influence = question.serving.get("influence")
        return Asking(question.user_id, events, question.item_id, self.rule, self.context, self.record, influence)


def _answerer(call: Call, serving: Record, model: Served) -> Answerer:
    exploring = Exploring(**serving["exploring"]) if serving["exploring"] else None
    return Answerer(model, serving["recipe"], call.events, serving["group"], exploring)


def _context(answerer: Answerer, context: dict[str, str] | None) -> dict[str, str]:
    try:
        return answerer.context(context)
    except UnknownContext as problem:
        raise InvalidInput(str(problem)) from None


def _rules(rule: Filter | None, promotion: Promotion | None) -> list[Filter]:
    """Return all filters that an answer goes through."""
    return [each for each in (rule, promotion and promotion.rule) if each]


def reply_items(answer: Iterable[Shown]) -> Items:
    """Return the items of an answer as a reply has them."""
    return [
        {
            "itemId": item_id,
            "score": score,
            "_propensity": propensity,
            "_explored": explored,
            **({"reason": [reasons.PLACEHOLDER]} if placeholder else {}),
        }
        for item_id, score, propensity, explored, placeholder in answer
    ]


def _set_reason(item: dict[str, Any]) -> list[str] | None:
    """Return why an item is there if it is not for its score."""
    if item.get("_promoted"):
        return [reasons.PROMOTED]
    if item.get("_explored"):
        return [reasons.EXPLORED]
    return item.get("reason")
