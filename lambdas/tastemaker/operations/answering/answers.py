"""One answer: what it depends on, and the list that follows from that. A replay asks the same question again."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from tastemaker.domain.answers import reasons
from tastemaker.domain.answers.contexts import UnknownContext, context_of
from tastemaker.domain.answers.exploration import Exploring, Shown
from tastemaker.domain.answers.histories import Cut, most_events
from tastemaker.domain.filters.expressions import Filter
from tastemaker.errors import InvalidInput
from tastemaker.operations.answering.individual_records import Seen, live_model, model_of_then, put_user
from tastemaker.operations.answering.promotions import Promotion, requested_promotion
from tastemaker.operations.call import Call
from tastemaker.operations.rules.filtering import check_answerable, requested_filter
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Event, Record

# A predicted item as the reply has it, with its `_propensity` and `_explored`, which stay inside.
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
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with everything it names at hand."""

    question: Question
    model: Served
    rule: Filter | None
    promotion: Promotion | None
    context: dict[str, str]

    @classmethod
    def of(cls, call: Call, question: Question, seen: Seen | None = None) -> Self:
        """Find the filters and the model, or say what is wrong with them; for a replay as it was `seen`."""
        serving = question.serving
        rule = requested_filter(call, serving, question.filter_arn, question.filter_values)
        promotion = requested_promotion(call, serving, question.promotions, question.num_results)
        model = model_of_then(call, serving, seen) if seen else live_model(call, serving)
        asked = cls(question, model, rule, promotion, _context(model, question.context))
        check_answerable(asked.rules, asked.model, question.user_id)
        if seen and seen.user is None:
            return asked
        return replace(asked, model=put_user(call, serving, model, question.user_id, asked.rules))

    @property
    def rules(self) -> list[Filter]:
        """All filters that the answer goes through."""
        return [rule for rule in (self.rule, self.promotion and self.promotion.rule) if rule]

    def events(self, call: Call, cut: Cut | None = None) -> list[Event]:
        """Return what was recorded last of the user since training, or all of it where a filter asks for that.

        With a cut, what was there then.
        """
        question, most = self.question, most_events(self.rules)
        if not question.user_id:
            return []
        since, group = self.model.recorded_before, question.serving["group"]
        if cut is None:
            return call.events.since(group, question.user_id, recorded_from=since, limit=most)
        return cut.within(call.events.since(group, question.user_id, recorded_from=since, whole=True), most)

    def answer(self, events: list[Event], seed: str) -> Items:
        """Return the list: the same one for the same events and seed."""
        if self.question.input_list is not None:
            return self._ranked(events, self.question.input_list)
        found = self._explored(events, seed) if self.question.serving["exploring"] else self._found(events)
        if self.promotion is None:
            return found
        mixed = self.promotion.mix(self._best(events, self.promotion.places, self.promotion.rule), found, seed=seed)
        # Where an item stands depends on the promoted ones too, so its propensity no longer holds.
        return [{**item, "_propensity": None} for item in mixed]

    def with_reasons(self, events: list[Event], items: Items) -> Items:
        """Add why each item is there; of what a promotion, chance or a filter put there that is all there is to say."""
        by_model = [item["itemId"] for item in items if not _set_reason(item)]
        asked = self.question
        found = self.model.reasons(
            asked.user_id,
            events,
            by_model,
            item_id=asked.item_id,
            rule=self.rule,
            context=self.context,
            listed=asked.input_list is not None,
        )
        told = dict(zip(by_model, map(reasons.texts, found), strict=True))
        why = [_set_reason(item) or told[item["itemId"]] for item in items]
        return [{**item, "reason": each} if each else item for item, each in zip(items, why, strict=True)]

    def _ranked(self, events: list[Event], input_list: Sequence[str]) -> Items:
        items = list(dict.fromkeys(input_list))
        user = self.question.user_id or ""
        return _predicted(self.model.rank(user, events, items, rule=self.rule, context=self.context))

    def _found(self, events: list[Event]) -> Items:
        asked = self.question
        return _with_placeholders(self._best(events, asked.num_results, self.rule), asked.serving["recipe"])

    def _best(self, events: list[Event], k: int, rule: Filter | None) -> Items:
        asked = self.question
        return _predicted(
            self.model.recommend(asked.user_id, events, item_id=asked.item_id, k=k, rule=rule, context=self.context)
        )

    def _explored(self, events: list[Event], seed: str) -> Items:
        asked = self.question
        shown = self.model.explore(
            asked.user_id,
            events,
            k=asked.num_results,
            exploring=Exploring(**asked.serving["exploring"]),
            seed=seed,
            rule=self.rule,
            context=self.context,
        )
        return shown_items(shown)


def _context(model: Served, given: dict[str, str] | None) -> dict[str, str]:
    try:
        return context_of(given, model.context_columns)
    except UnknownContext as problem:
        raise InvalidInput(str(problem)) from None


def shown_items(shown: Iterable[Shown]) -> Items:
    """Return items that chance had a part in."""
    return [
        {**_item(each.item_id, each.score), "_propensity": each.propensity, "_explored": each.explored}
        for each in shown
    ]


def _predicted(found: list[tuple[str, float | None]]) -> Items:
    """Return items that nothing was left to chance for."""
    return [{**_item(*each), "_propensity": 1.0} for each in found]


def _set_reason(item: dict[str, Any]) -> list[str] | None:
    """Return why an item is there if it is not for its score."""
    if item.get("_promoted"):
        return [reasons.PROMOTED]
    if item.get("_explored"):
        return [reasons.EXPLORED]
    return item.get("reason")


def _with_placeholders(found: Items, recipe: str) -> Items:
    """Say of items without a score that they are placeholders, where a recipe has such."""
    if recipe not in reasons.RECIPES:
        return found
    return [item if item["score"] is not None else {**item, "reason": [reasons.PLACEHOLDER]} for item in found]


def _item(item_id: str, score: float | None) -> dict[str, Any]:
    return {"itemId": item_id, "score": None if score is None else round(score, 7)}
