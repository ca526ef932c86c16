"""One answer about actions: what it depends on, and the list that follows from that, now or when it is replayed."""

from tastemaker.domain.answers.histories import NEWEST, Cut
from tastemaker.domain.resources.arns import dataset_of
from tastemaker.operations.answering.answers import Items, LiveAnswer, reply_items
from tastemaker.store.ports import Event

# One place in 22 of an answer tries an action that too little is known of, as items with the usual exploration weight.
EXPLORING = {"chance": 0.045, "days": 0.0}


class LiveActionAnswer(LiveAnswer):
    """An answer about actions, which stand where items do in the model and so in the filter and the answer."""

    def events(self, cut: Cut | None = None) -> list[Event]:
        """Return what the user did with items lately, then all that was done with actions, since the training.

        With a cut, what was there then.
        """
        group, user, since = self.answerer.group, self.question.user_id or "", self.model.recorded_before
        events = self.answerer.events
        with_actions = events.since(dataset_of(group, "ACTION_INTERACTIONS"), user, recorded_from=since, whole=True)
        if cut is None:
            return [*events.since(group, user, recorded_from=since, limit=NEWEST), *with_actions]
        with_items = events.since(group, user, recorded_from=since, whole=True)
        return [*cut.within(with_items, NEWEST), *cut.seen(with_actions)]

    def items(self, events: list[Event], seed: str) -> Items:
        """Return the list: the same one for the same events, moment and seed."""
        question = self.question
        actions = self.answerer.actions(
            self._asking(events), question.num_results, now=question.moment or 0.0, seed=seed
        )
        return reply_items(actions)
