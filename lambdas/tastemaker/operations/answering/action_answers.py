"""One answer about actions: what it depends on, and the list that follows from that, now or when it is replayed."""

from tastemaker.domain.answers.histories import NEWEST, Cut
from tastemaker.domain.resources.arns import dataset_of
from tastemaker.operations.answering.answers import Items, LiveAnswer, reply_items
from tastemaker.serving.answerer import Reading
from tastemaker.store.ports import Event

# One place in 22 of an answer tries an action that too little is known of, as items with the usual exploration weight.
EXPLORING = {"chance": 0.045, "days": 0.0}


class LiveActionAnswer(LiveAnswer):
    """An answer about actions, which stand where items do in the model and so in the filter and the answer."""

    def events(self, cut: Cut | None = None) -> list[Event]:
        """Return what the user did with items lately, then all that was done with actions, since the training.

        With a cut, what was there then.
        """
        group, user, recorded = self.answerer.group, self.question.user_id or "", self.answerer.events
        of_actions, of_items = (Reading.of(self.model, user, signals=signals) for signals in (False, True))
        owner = dataset_of(group, "ACTION_INTERACTIONS")
        with_actions = recorded.since(owner, user, recorded_from=of_actions.begin, whole=True)
        if cut is None:
            with_items = recorded.since(group, user, recorded_from=of_items.begin, limit=NEWEST)
        else:
            whole = recorded.since(group, user, recorded_from=of_items.begin, whole=True)
            with_items, with_actions = cut.within(whole, NEWEST), cut.seen(with_actions)
        return [*of_items.events(with_items), *of_actions.events(with_actions)]

    def items(self, events: list[Event], seed: str) -> Items:
        """Return the list: the same one for the same events, moment and seed."""
        question = self.question
        actions = self.answerer.actions(
            self._asking(events), question.num_results, now=question.moment or 0.0, seed=seed
        )
        return reply_items(actions)
