"""The model of next-best-action: how likely a user is to take each action, and which of them may be shown."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.actions import weights as action_weights
from tastemaker.recipes.actions.contacts import DAY, TAKEN, Contacts
from tastemaker.recipes.actions.fading import Fading
from tastemaker.recipes.actions.features import (
    DEALINGS,
    PAIRS,
    Features,
    People,
    Tastes,
    has_history,
    history_features,
    pair_features,
)
from tastemaker.recipes.actions.weights import Weights
from tastemaker.recipes.additions import Additions
from tastemaker.recipes.contract import Arrays, Told
from tastemaker.recipes.data import Cause, Floats, Indices, Mask, Newcomers, Query, Ranking, TrainingData, extended

EXPIRATIONS: Final = ("EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP")
# Propensities that differ by less are equals.
DECIMALS = 7
# Features are logarithms and cosines: what differs by less says nothing. And how many standard deviations still do.
LEAST_SPREAD, FAR = 1e-3, 5.0


@dataclass(frozen=True, slots=True)
class Scales:
    """What features of histories and pairs are divided by, and the usual history: (features,) each."""

    middle: Floats
    history: Floats
    pairs: Floats

    @classmethod
    def learn(cls, features: Features) -> Self:
        """Measure the contacts' features; histories among those that are not empty."""
        history = features.history[features.has_history]
        if not len(history):
            blocks = features.history, features.history, features.pairs
            return cls(*(np.ones(block.shape[1], np.float32) for block in blocks))
        return cls(history.mean(axis=0), _scale(history), _scale(features.pairs))

    def users(self, features: Features) -> Floats:
        """Return the features of users; whoever has no history is as the usual user, and a stranger."""
        familiar = features.has_history[:, None]
        history = np.clip((features.history - self.middle) * self.history, -FAR, FAR) * familiar
        return np.concatenate([history, ~familiar, features.people], axis=1).astype(np.float32)


def _scale(rows: Floats) -> Floats:
    spread = rows.std(axis=0)
    return np.where(spread > LEAST_SPREAD, 1 / np.maximum(spread, LEAST_SPREAD), 0.0).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds of each action, (actions,): VALUE, when it expires (nan: never), days before it may come again."""

    values: Floats
    expires: NDArray[np.float64]
    repeats: NDArray[np.float64]

    @classmethod
    def of(cls, data: TrainingData) -> Self:
        """Read the columns of the Actions dataset."""
        columns = data.item_columns
        nothing = np.full(data.interactions.n_items, np.nan)
        value, repeats = (np.asarray(columns.get(name, nothing), float) for name in ("VALUE", "REPEAT_FREQUENCY"))
        expires = next((np.asarray(columns[name], float) for name in EXPIRATIONS if name in columns), nothing)
        return cls(np.nan_to_num(value).astype(np.float32), expires, np.nan_to_num(repeats))

    def grown(self, more: int) -> Self:
        """Return them with more actions, which never expire."""
        return type(self)(
            extended(self.values, more, 0.0), extended(self.expires, more, np.nan), extended(self.repeats, more, 0.0)
        )

    def put(self, additions: Additions) -> Self:
        """Return what holds of actions that were put since the training: a record replaces its predecessor wholly."""
        values, expires, repeats = self.values.copy(), self.expires.copy(), self.repeats.copy()
        for place, row in zip(additions.places.tolist(), additions.rows, strict=True):
            values[place], repeats[place] = (float(row.get(name) or 0.0) for name in ("VALUE", "REPEAT_FREQUENCY"))
            expires[place] = next((float(row[name]) for name in EXPIRATIONS if row.get(name)), np.nan)
        return type(self)(values, expires, repeats)

    def allow(self, query: Query) -> Mask:
        """Return which actions may be shown: not expired, and not taken so lately that they may not come again."""
        allowed: Mask = ~(self.expires <= query.now)
        takings = query.history_weights == TAKEN
        actions, times = query.history_items[takings], query.history_times[takings]
        waits = self.repeats[actions] * DAY
        allowed[actions[(waits > 0) & (query.now - times < waits)]] = False
        return allowed


@dataclass(frozen=True)
class NextBestAction:
    """Weights, what they are applied to, and the terms of each action.

    `states` (users, width) of signals at the moment `settings["at"]`; `counts` (actions,) of interactions; `scored`
    (actions,) are known well enough.
    """

    weights: Weights
    scales: Scales
    terms: Terms
    tastes: Tastes
    people: People
    states: Floats
    counts: Indices
    scored: Mask
    settings: dict[str, Any]

    @cached_property
    def fading(self) -> Fading:
        """Return how signals add up."""
        return self.tastes.fading

    @property
    def n_items(self) -> int:
        """Return the number of actions."""
        return len(self.scored)

    def knows(self, user: int) -> bool:
        """Whether a user did anything with items."""
        return bool(self.states[user].any())

    def signals(self, user: int | None, codes: Indices, times: NDArray[np.int64], now: int) -> Floats:
        """Return a user's state of signals (width,) at a moment: what was kept, and events since then."""
        fresh = self.fading.total(codes, times, now)
        if user is None:
            return fresh
        state = self.fading.forward(self.states[user : user + 1], np.array([now - self.settings["at"]]))
        return np.asarray(fresh + state[0], np.float32)

    def propensities(self, query: Query, signals: Floats | None = None) -> Floats:
        """Return how likely each action is to be taken by who asks, 0 where too little is known of it: (actions,).

        `signals` (width,): the user's state of signals, where it is newer than the model.
        """
        if signals is None:
            nothing = np.empty(0, np.int64)
            signals = self.signals(query.user, nothing.astype(np.int32), nothing, query.now)
        users, pairs = self._features(query, signals)
        logits = self.weights.users @ users + pairs @ self.weights.pairs + self.weights.base
        return np.where(self.scored, action_weights.sigmoid(logits), 0.0).astype(np.float32)

    def predict(self, contacts: Contacts, features: Features) -> NDArray[np.floating]:
        """Return how likely contacts are to succeed, whatever is known of their actions: (contacts,)."""
        users, pairs = self.scales.users(features), features.pairs * self.scales.pairs
        return action_weights.sigmoid(self.weights.logits(users, pairs, contacts.actions))

    def _features(self, query: Query, signals: Floats) -> tuple[Floats, Floats]:
        """Return the scaled features of who asks (features,) and of the pairs with every action (actions, features)."""
        actions, times, codes = query.history_items, query.history_times, query.history_weights.astype(np.int32)
        dealings = DEALINGS.total(codes, times, query.now)[None]
        pairs = np.zeros((self.n_items, PAIRS.table.shape[1]), np.float32)
        np.add.at(pairs, actions, PAIRS.forward(PAIRS.table[codes], query.now - times))
        last = np.full(self.n_items, np.nan)
        last[actions] = times  # oldest first: the newest stays
        user = np.array([-1 if query.user is None else query.user], np.int32)
        features = Features(
            history_features(signals[None], dealings),
            has_history(signals[None], dealings),
            self.people.of(user),
            pair_features(pairs, query.now - last),
        )
        return self.scales.users(features)[0], features.pairs * self.scales.pairs

    def best(self, propensities: Floats, k: int, allowed: Mask | None = None) -> Ranking:
        """Return up to k allowed actions, the likeliest first; of equals that of higher VALUE, then the first."""
        order = np.lexsort((-self.terms.values, -np.round(propensities.astype(np.float64), DECIMALS)))
        places = order[: k if allowed is None else len(order)]
        if allowed is not None:
            places = order[allowed[order]][:k]
        return Ranking(places.astype(np.int32), propensities[places])

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return the likeliest actions that may be shown."""
        may = self.terms.allow(query)
        return self.best(self.propensities(query), k, may if allowed is None else may & allowed)

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given actions, likeliest first."""
        mask = np.zeros(self.n_items, bool)
        mask[items] = True
        return self.best(self.propensities(query), len(items), mask)

    def causes(
        self, query: Query, items: Indices, allowed: Mask | None = None, *, listed: bool = False
    ) -> list[list[Cause]]:
        """Return nothing: answers about actions tell no reasons."""
        del query, allowed, listed
        return [[] for _ in items]

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same with more actions, of which too little is known."""
        more = len(newcomers)
        weights = self.weights.grown(more)
        counts, scored = extended(self.counts, more, 0), extended(self.scored, more, 0)
        return replace(self, weights=weights, terms=self.terms.grown(more), counts=counts, scored=scored)

    def with_users(self, keep: Mask, told: Told) -> Self:
        """Return the same without the states of some users and what is said of them."""
        del told
        return replace(self, people=self.people.with_users(keep), states=self.states[keep])

    @property
    def describes(self) -> bool:
        """Say no: an action needs to have been taken and refused."""
        return False

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything that was learned."""
        return {
            f"{part}_{name}": getattr(getattr(self, part), name) for part, names in _STORED.items() for name in names
        } | {"states": self.states, "counts": self.counts, "scored": self.scored}

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Read the model back."""
        of = {part: [arrays[f"{part}_{name}"] for name in names] for part, names in _STORED.items()}
        return cls(
            Weights(*of["weights"]),
            Scales(*of["scales"]),
            Terms(*of["terms"]),
            Tastes(*of["tastes"]),
            People(settings["marks"], *of["people"]),
            arrays["states"],
            arrays["counts"],
            arrays["scored"],
            dict(settings),
        )


_STORED: Final = {
    "weights": ("users", "pairs", "base"),
    "scales": ("middle", "history", "pairs"),
    "terms": ("values", "expires", "repeats"),
    "tastes": ("ids", "vectors"),
    "people": ("marks", "numbers"),
}
