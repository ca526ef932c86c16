"""A model of actions that answers in ids: propensities from a user's history in training and the events since then."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from tastemaker.domain.answers.exploration import Shown
from tastemaker.recipes.actions.contacts import CODES, DAY
from tastemaker.recipes.actions.model import NextBestAction
from tastemaker.recipes.additions import Additions
from tastemaker.recipes.data import Floats, Indices, Mask, Query
from tastemaker.serving import exploration
from tastemaker.serving.artifacts import Artifact
from tastemaker.serving.asking import Asking
from tastemaker.serving.exploration import Draw, Freshness
from tastemaker.serving.filtering import Filtering
from tastemaker.store.ports import Event

# As long as this after the newest event that is known, nothing has happened; of what comes then nobody has told.
UNTOLD = 7 * DAY


class ServedActions:
    """An artifact whose items are actions, with those that were put since its training."""

    def __init__(self, artifact: Artifact, filtering: Filtering, additions: Additions) -> None:
        model = artifact.model
        if not isinstance(model, NextBestAction):
            raise TypeError(f"recipe {artifact.recipe.name} does not recommend actions")
        self._artifact, self._filtering = artifact, filtering
        self._model = replace(model, terms=model.terms.put(additions))
        unknown = np.flatnonzero(~model.scored)
        # Those that were seen least take their turn first.
        self._unknown = unknown[np.argsort(model.counts[unknown], kind="stable")].astype(np.int32)
        self._fresh = Freshness(np.zeros(len(model.counts), np.float32), model.counts.astype(np.float32))

    def recommend(self, asking: Asking, k: int, *, now: int, chance: float, seed: str) -> list[Shown]:
        """Return up to k actions, the likeliest first, with some places given to those that too little is known of.

        What the user did with actions since the training has their ids as `action_id`, the other events are of items.
        """
        signals = [event for event in asking.events if "action_id" not in event]
        dealings = [{**event, "item_id": event["action_id"]} for event in asking.events if "action_id" in event]
        query = self._query(asking.user_id, dealings, now)
        # In the model and so in the filter, actions stand where items do.
        allowed = self._allowed(replace(asking, events=dealings), query)
        moment = self._moment(query, signals)
        states = self._signals(query.user, signals, moment)
        propensities = self._model.propensities(replace(query, now=moment), states)
        ranking = self._model.best(propensities, k, allowed)
        unknown = self._unknown[allowed[self._unknown]]
        number = exploration.seed_of(seed)
        draw = exploration.draw(self._model, query, ranking, self._fresh, unknown, chance=chance, seed=number)
        return self._shown(draw)

    def misses(self, user_id: str) -> bool:
        """Whether the model may know nothing of what a session of this id did with items."""
        user = self._artifact.user_index(user_id)
        return user is None or not self._model.knows(user) or self._filtering.misses(user_id)

    def _query(self, user_id: str | None, dealings: Iterable[Event], now: int) -> Query:
        """Ask for what a user did with actions, oldest first."""
        history = self._artifact.query(user_id)
        places = [(self._artifact.item_index(event["item_id"]), event) for event in dealings]
        fresh = [(place, event) for place, event in places if place is not None]
        actions = np.append(history.history_items, [place for place, _ in fresh])
        times = np.append(history.history_times, [event["timestamp"] for _, event in fresh])
        codes = np.append(history.history_weights, [CODES[event["event_type"]] for _, event in fresh])
        order = np.argsort(times, kind="stable")
        return Query.of(actions[order], times[order], codes[order], user=history.user, now=now)

    def _moment(self, query: Query, signals: Iterable[Event]) -> int:
        """Return until when a history fades: if nothing is known of the last weeks, that says nothing of the user."""
        newest = [self._model.settings["at"], *query.history_times[-1:], *(event["timestamp"] for event in signals)]
        return min(query.now, int(max(newest)) + UNTOLD)

    def _allowed(self, asking: Asking, query: Query) -> Mask:
        allowed = self._model.terms.allow(query)
        return allowed if asking.rule is None else allowed & self._filtering.allowed(asking.rule, asking)

    def _signals(self, user: int | None, events: Sequence[Event], now: int) -> Floats:
        codes: Indices = self._model.tastes.codes(np.array([event["item_id"] for event in events], np.str_))
        return self._model.signals(user, codes, np.array([event["timestamp"] for event in events], np.int64), now)

    def _shown(self, draw: Draw) -> list[Shown]:
        ids = self._artifact.names(draw.ranking.items)
        scores = [] if draw.ranking.scores is None else draw.ranking.scores.tolist()
        return [
            Shown(*each) for each in zip(ids, scores, draw.propensities.tolist(), draw.explored.tolist(), strict=True)
        ]
