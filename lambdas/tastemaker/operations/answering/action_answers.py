"""One answer about actions: what it depends on, and the list that follows from that, now or when it is replayed."""

from tastemaker.domain.answers.histories import NEWEST, Cut
from tastemaker.domain.resources.arns import dataset_of
from tastemaker.operations.answering.answers import Asked, Items, shown_items
from tastemaker.operations.call import Call
from tastemaker.store.ports import Event

# One place in 22 of an answer tries an action that too little is known of, as items with the usual exploration weight.
EXPLORING = {"chance": 0.045, "days": 0.0}


class ActionsAsked(Asked):
    """A question about actions, which stand where items do in the model and so in the rule and the answer."""

    def events(self, call: Call, cut: Cut | None = None) -> list[Event]:
        """Return what the user did with items lately, then all that was done with actions, since the training.

        With a cut, what was there then.
        """
        group, user, since = self.question.serving["group"], self.question.user_id or "", self.model.recorded_before
        with_actions = call.events.since(
            dataset_of(group, "ACTION_INTERACTIONS"), user, recorded_from=since, whole=True
        )
        if cut is None:
            return [*call.events.since(group, user, recorded_from=since, limit=NEWEST), *with_actions]
        with_items = call.events.since(group, user, recorded_from=since, whole=True)
        return [*cut.within(with_items, NEWEST), *cut.seen(with_actions)]

    def answer(self, events: list[Event], seed: str) -> Items:
        """Return the list: the same one for the same events, moment and seed."""
        asked = self.question
        shown = self.model.recommend_actions(
            asked.user_id or "",
            [event for event in events if "action_id" not in event],
            [{**event, "item_id": event["action_id"]} for event in events if "action_id" in event],
            k=asked.num_results,
            now=asked.moment or 0.0,
            chance=asked.serving["exploring"]["chance"],
            seed=seed,
            rule=self.rule,
        )
        return shown_items(shown)
