"""All that could be shown to one user, with one log-odds per item: own items and new ones on the same scale."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tastemaker.recipes.attributes import contents, segments
from tastemaker.recipes.attributes.contexts import Contexts, Lifted
from tastemaker.recipes.attributes.descriptions import Descriptions, Vocabulary
from tastemaker.recipes.attributes.segments import Segments
from tastemaker.recipes.data import Floats, Indices, Mask, Newcomers, Query, TrainingData, extended
from tastemaker.recipes.histories import repeats
from tastemaker.recipes.histories.repeats import Own
from tastemaker.recipes.matrix.neighbours import Reached
from tastemaker.recipes.personal import discovery, logistic
from tastemaker.recipes.personal.discovery import LISTED, Discovery

OWN_WIDTH = repeats.WIDTH + discovery.WIDTH + repeats.HABIT_WIDTH
NEW_WIDTH = discovery.WIDTH + repeats.HABIT_WIDTH
# Before anything is learned, items without events of their own stand behind what is known to go with a history.
UNPROVEN = -4.0
STRANGERS = 100
Origin = Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds of own items (OWN_WIDTH + 1,) and new ones (NEW_WIDTH + 1,), intercepts last, and how they arose."""

    own: Floats
    new: Floats
    origin: Origin


@dataclass(frozen=True, slots=True)
class Panel:
    """Own and new items of one user with their features, and what is added to the log-odds of each in the end."""

    own_items: Indices
    own: Floats
    new_items: Indices
    new: Floats
    new_more: Floats | float = 0.0
    own_more: Floats | float = 0.0

    def log_odds(self, weights: Weights) -> tuple[Indices, Floats]:
        """Return all items with their log-odds."""
        odds = [logistic.logits(weights.own, self.own), logistic.logits(weights.new, self.new)]
        odds = [odds[0] + self.own_more, odds[1] + self.new_more]
        return np.concatenate([self.own_items, self.new_items]), np.concatenate(odds)


@dataclass(frozen=True, slots=True)
class Sources:
    """What panels are laid out from; `rates` (items,) and `usual` as `repeats` learns them, perhaps more."""

    found: Discovery
    rates: Floats
    usual: float
    segments: Segments | None = None
    leanings: Floats | None = None
    contexts: Contexts | None = None
    vocabulary: Vocabulary | None = None

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same with more items that nobody has met yet; none of them is aimed at."""
        more = len(newcomers)
        described = self.vocabulary.describe(newcomers.rows) if self.vocabulary else None
        return replace(
            self,
            found=self.found.grown(more, newcomers.users, described),
            rates=extended(self.rates, more, self.usual),
            leanings=None if self.leanings is None else extended(self.leanings, more, 0.0),
        )

    def lay_out(
        self,
        query: Query,
        k: int,
        allowed: Mask | None = None,
        *,
        strange: Mask | None = None,
        also: Indices | None = None,
    ) -> Panel:
        """Return the panel of a history: its own items, and at least k others where there are so many allowed.

        Items that are `strange` (items,) are found by what they are only, as if nobody had them; some others of them
        are there too, that do not fit: to learn from. Those given as `also` are there whatever speaks for them.
        """
        own = Own.of(query)
        scores, profile = self.found.scores(own), self.found.profile(own)
        kept = slice(None) if allowed is None else allowed[own.items]
        likely = self.found.candidates(own, scores, k, allowed if strange is None else ~strange)
        more = [self.found.alike(own, profile, allowed), self._liked(own, max(k, LISTED), allowed)]
        more.append(self._fitting(own, max(k, LISTED), allowed))
        if strange is not None:
            more.append(np.setdiff1d(_some(strange, query.user or 0), own.items))
        if also is not None:
            more.append(np.setdiff1d(also, own.items))
        new_items = np.unique(np.concatenate([likely, *more])).astype(np.int32)
        return self._panel(own, scores, kept, new_items, profile)

    def spoken_for(self, query: Query, k: int, allowed: Mask | None, items: Indices) -> Mask:
        """Return which items more speaks for than that they are popular among those allowed, or some k of them."""
        popular = self.found.trends.popular(self.found.trends.at(query.now), max(LISTED, k), None)
        spoken: Mask = np.isin(items, np.concatenate([query.history_items, popular]))
        if np.count_nonzero(spoken) >= k:
            return spoken
        own = Own.of(query)
        alike = self.found.alike(own, self.found.profile(own), allowed)
        found = np.concatenate([alike, self._liked(own, max(k, LISTED), allowed)])
        spoken |= self.found.scores(own).at(items).any(axis=0) | np.isin(items, found)
        return spoken

    def lay_out_list(self, query: Query, items: Indices) -> Panel:
        """Return the panel of a given list."""
        own = Own.of(query)
        new_items = np.setdiff1d(items, own.items).astype(np.int32)
        scores, profile = self.found.scores(own), self.found.profile(own)
        return self._panel(own, scores, np.isin(own.items, items), new_items, profile)

    def knowing(self, data: TrainingData, described: Descriptions | None, masked: Mask | None = None) -> "Sources":
        """Add what descriptions of items say beside the events of some users; masked items have no events."""
        if described is None:
            return self
        known = contents.learn(data, described, self.found.neighbours, masked)
        return replace(self, found=replace(self.found, contents=known), vocabulary=described.vocabulary)

    def _segment(self, own: Own) -> tuple[Indices, Floats]:
        if self.segments is None:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        return self.segments.of(own.query.user, len(own.inverse))

    def _liked(self, own: Own, k: int, allowed: Mask | None) -> Indices:
        """Return what users alike have, where the history does not say more than they do."""
        if len(own.inverse) > segments.SPOKEN:
            return np.empty(0, np.int32)
        items = segments.likely(self._segment(own), self.found.trends.share, k)
        items = items[~np.isin(items, own.items)]
        return items if allowed is None else items[allowed[items]]

    def _in_context(self, own: Own) -> Lifted | None:
        if self.contexts is None or not own.query.context:
            return None
        return self.contexts.of(own.query.context)

    def _fitting(self, own: Own, k: int, allowed: Mask | None) -> Indices:
        """Return what is chosen in the context that the question is asked in."""
        if (lifted := self._in_context(own)) is None:
            return np.empty(0, np.int32)
        items = segments.likely(lifted, self.found.trends.share, k)
        items = items[~np.isin(items, own.items)]
        return items if allowed is None else items[allowed[items]]

    def _panel(
        self, own: Own, scores: Reached, kept: Mask | slice, new_items: Indices, profile: Floats | None
    ) -> Panel:
        habit = repeats.habit(own, self.usual)
        mine = [repeats.features(own, self.rates), self.found.features(own, scores, own.items)]
        others = self.found.features(own, scores, new_items, profile)
        more = self._doubted(own, new_items), self._leaning(own.items)[kept]
        if lifted := self._in_context(own):
            more = more[0] + segments.added(lifted, new_items), more[1] + segments.added(lifted, own.items)[kept]
        return Panel(own.items[kept], _beside(habit, *mine)[kept], new_items, _beside(habit, others), *more)

    def _doubted(self, own: Own, items: Indices) -> Floats:
        """Return what is added to the log-odds of new items: users alike have it, it may be dead, it is aimed at."""
        added = segments.added(self._segment(own), items) + self._leaning(items)
        return added if self.found.contents is None else added + self.found.contents.doubt(items)

    def _leaning(self, items: Indices) -> Floats:
        return np.zeros(len(items), np.float32) if self.leanings is None else self.leanings[items]


def _some(strange: Mask, turn: int) -> Indices:
    """Return up to STRANGERS of the strange items, others each turn."""
    items = np.flatnonzero(strange)
    step = 1 + len(items) // STRANGERS
    return items[turn % step :: step].astype(np.int32)


def _beside(habit: Floats, *features: Floats) -> Floats:
    """Put the features of the user beside those of each item."""
    return np.concatenate([*features, np.broadcast_to(habit, (len(features[0]), len(habit)))], axis=1)


def untaught(usual: float, *, timeless: bool) -> Weights:
    """Return weights for data too small to learn from: repeats as everybody repeats, the mean of all kernels."""
    own, new = np.zeros(OWN_WIDTH + 1, np.float32), np.zeros(NEW_WIDTH + 1, np.float32)
    own[repeats.COUNT if timeless else repeats.STEADY] = 1.0
    own[-1] = usual
    new[discovery.SHARE - 1 if timeless else discovery.MEAN] = 1.0
    new[discovery.SHARE] = 0.25
    return supposing(Weights(own, new, {"own": "untaught", "new": "untaught"}), timeless=timeless)


def supposing(weights: Weights, *, timeless: bool) -> Weights:
    """Add weights of items that only their description speaks for, where there is too little to learn them from."""
    new = weights.new.copy()
    lifts = list(range(discovery.LIKELY, discovery.WIDTH - 2))[-1 if timeless else 0 :]
    new[lifts] = 1.0 / len(lifts)
    new[[discovery.WIDTH - 2, discovery.WIDTH - 1]] = 0.5, UNPROVEN
    return replace(weights, new=new)
