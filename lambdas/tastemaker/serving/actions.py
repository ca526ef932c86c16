"""A model of actions that speaks in ids: propensities from a user's history in training and the events since then."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tastemaker.domain.answers.exploration import Shown
from tastemaker.domain.filters.expressions import Filter
from tastemaker.recipes.actions.contacts import CODES, DAY
from tastemaker.recipes.actions.model import NextBestAction
from tastemaker.recipes.additions import Additions, Row
from tastemaker.recipes.data import Floats, Indices, Mask, Query
from tastemaker.serving import exploration
from tastemaker.serving.artifacts import Artifact
from tastemaker.serving.exploration import Drawn, Freshness
from tastemaker.serving.filtering import Asker, Filtering

# As long as this after the newest event that is known, nothing has happened; of what comes then nobody has told.
UNTOLD = 7 * DAY
Events = Sequence[Mapping[str, Any]]


class ServedActions:
    """An artifact whose items are actions; events with actions carry their ids as `item_id`.

    `added` are the actions that were put since its training, `row` the cells of the one user who asks, if put since.
    """

    def __init__(self, artifact: Artifact, filtering: Filtering, added: Additions, row: Row | None) -> None:
        model = artifact.model
        if not isinstance(model, NextBestAction):
            raise TypeError(f"recipe {artifact.recipe.name} does not recommend actions")
        self._artifact, self._filtering, self._row = artifact, filtering, row
        self._model = replace(model, terms=model.terms.put(added))
        unknown = np.flatnonzero(~model.scored)
        # Those that were seen least take their turn first.
        self._unknown = unknown[np.argsort(model.counts[unknown], kind="stable")].astype(np.int32)
        self._fresh = Freshness(np.zeros(len(model.counts), np.float32), model.counts.astype(np.float32))

    def recommend(
        self,
        user_id: str,
        signals: Events,
        dealings: Events,
        *,
        k: int,
        now: int,
        chance: float,
        seed: str,
        rule: Filter | None = None,
    ) -> list[Shown]:
        """Return up to k actions, the likeliest first, with some places given to those that too little is known of.

        `signals` and `dealings`: what the user did with items and with actions since the training.
        """
        query = self._query(user_id, dealings, now)
        allowed = self._allowed(user_id, dealings, query, rule)
        moment = self._moment(query, signals)
        states = self._signals(query.user, signals, moment)
        propensities = self._model.propensities(replace(query, now=moment), states)
        ranking = self._model.best(propensities, k, allowed)
        unknown = self._unknown[allowed[self._unknown]]
        chosen = exploration.seed_of(seed)
        drawn = exploration.draw(self._model, query, ranking, self._fresh, unknown, chance=chance, seed=chosen)
        return self._shown(drawn)

    def _query(self, user_id: str, dealings: Events, now: int) -> Query:
        """Ask for what a user did with actions, oldest first."""
        kept = self._artifact.query(user_id)
        places = [self._artifact.item_index(event["item_id"]) for event in dealings]
        fresh = [(place, event) for place, event in zip(places, dealings, strict=True) if place is not None]
        actions = np.append(kept.history_items, [place for place, _ in fresh])
        times = np.append(kept.history_times, [event["timestamp"] for _, event in fresh])
        codes = np.append(kept.history_weights, [CODES[event["event_type"]] for _, event in fresh])
        order = np.argsort(times, kind="stable")
        return Query.of(actions[order], times[order], codes[order], user=kept.user, now=now)

    def _moment(self, query: Query, signals: Events) -> int:
        """Return until when a history fades: if nothing is known of the last weeks, that says nothing of the user."""
        newest = [self._model.settings["at"], *query.history_times[-1:], *(event["timestamp"] for event in signals)]
        return min(query.now, int(max(newest)) + UNTOLD)

    def _allowed(self, user_id: str, dealings: Events, query: Query, rule: Filter | None) -> Mask:
        allowed = self._model.terms.allow(query)
        return (
            allowed
            if rule is None
            else allowed & self._filtering.allowed(rule, Asker(user_id, dealings, row=self._row))
        )

    def _signals(self, user: int | None, events: Events, now: int) -> Floats:
        codes: Indices = self._model.tastes.codes(np.array([event["item_id"] for event in events], np.str_))
        return self._model.signals(user, codes, np.array([event["timestamp"] for event in events], np.int64), now)

    def _shown(self, drawn: Drawn) -> list[Shown]:
        ids = self._artifact.names(drawn.ranking.items)
        scores = [] if drawn.ranking.scores is None else drawn.ranking.scores.tolist()
        return [
            Shown(*each) for each in zip(ids, scores, drawn.propensities.tolist(), drawn.explored.tolist(), strict=True)
        ]
