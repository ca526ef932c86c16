"""One answer about actions: what it depends on, and the list that follows from that, now or when it is replayed."""

from dataclasses import dataclass
from typing import Any, Self

from tastemaker.domain.arns import dataset_of
from tastemaker.domain.filters import Filter, of_actions, on_items
from tastemaker.domain.histories import NEWEST, Cut
from tastemaker.errors import InvalidInput
from tastemaker.operations.answers import Question
from tastemaker.operations.context import Context
from tastemaker.operations.filtering import requested_filter
from tastemaker.store.ports import Event, Served

# One place in 22 of an answer tries an action that too little is known of, as items with the usual exploration weight.
EXPLORING = {"chance": 0.045, "days": 0.0}


@dataclass(frozen=True, slots=True)
class ActionsAsked:
    """A question about actions with everything it names at hand; the rule speaks of items, as the model does."""

    question: Question
    model: Served
    rule: Filter | None

    @classmethod
    def of(cls, ctx: Context, question: Question) -> Self:
        """Find the filter and the model, or say what is wrong with them."""
        rule = requested_filter(ctx, question.serving, question.filter_arn, question.filter_values)
        model = ctx.models.get(question.serving["artifact"])
        asked = cls(question, model, on_items(rule) if rule else None)
        if asked.rule and (lacking := model.lacks(asked.rule)):
            lacked = of_actions(lacking[0])
            raise InvalidInput(f"The deployed model has no data of {lacked}: import it and train a new version.")
        return asked

    def events(self, ctx: Context, cut: Cut | None = None) -> list[Event]:
        """Return what the user did with items lately, then all that was done with actions, since the training.

        With a cut, what was there then.
        """
        group, user = self.question.serving["group"], self.question.user_id or ""
        since = self.model.recorded_before
        of_actions_ = ctx.events.since(dataset_of(group, "ACTION_INTERACTIONS"), user, recorded_from=since, whole=True)
        if cut is None:
            return [*ctx.events.since(group, user, recorded_from=since, limit=NEWEST), *of_actions_]
        signals = ctx.events.since(group, user, recorded_from=since, whole=True)
        return [*cut.within(signals, NEWEST), *cut.seen(of_actions_)]

    def answer(self, events: list[Event], seed: str) -> list[dict[str, Any]]:
        """Return the list, `itemId` being the action's: the same one for the same events, moment and seed."""
        asked = self.question
        found = self.model.recommend_actions(
            asked.user_id or "",
            [event for event in events if "action_id" not in event],
            [{**event, "item_id": event["action_id"]} for event in events if "action_id" in event],
            k=asked.num_results,
            now=asked.moment or 0.0,
            chance=asked.serving["exploring"]["chance"],
            seed=seed,
            rule=self.rule,
        )
        return [
            {
                "itemId": each.item_id,
                "score": round(each.score or 0.0, 7),
                "_propensity": each.propensity,
                "_explored": each.explored,
            }
            for each in found
        ]
