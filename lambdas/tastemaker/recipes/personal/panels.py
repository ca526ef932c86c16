"""All that could be shown to one user, with one log-odds per item: own items and new ones on the same scale."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tastemaker.recipes import logistic
from tastemaker.recipes.attributes import contents, segments
from tastemaker.recipes.attributes.contexts import Contexts, Lifts
from tastemaker.recipes.attributes.descriptions import Descriptions, Vocabulary
from tastemaker.recipes.attributes.segments import Segments
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Newcomers, Query, TrainingData, extended
from tastemaker.recipes.histories.repeats import Own, among
from tastemaker.recipes.matrix import transitions
from tastemaker.recipes.matrix.neighbours import Reached
from tastemaker.recipes.personal import repetition
from tastemaker.recipes.personal.columns import NEW, OWN, REPEATS, numbers
from tastemaker.recipes.personal.discovery import LISTED, Discovery, distinct

# Before anything is learned, items without events of their own stand behind what is known to go with a history.
UNPROVEN = -4.0
# Items of no events that are there to learn from, whether they fit or not.
COLD = 100
Origin = Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights v of own items (REPEATS, OWN, intercept) and w of new ones (NEW, intercept), and how they arose."""

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
    """What panels are laid out from; `rates` (items,) and `usual` as `repeats` learns them, perhaps more.

    `leanings` (items,): what an objective adds to the log-odds.
    """

    discovery: Discovery
    rates: Floats
    usual: float
    segments: Segments | None = None
    leanings: Floats | None = None
    contexts: Contexts | None = None
    vocabulary: Vocabulary | None = None

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same with more items that nobody has met yet; none of them is aimed at."""
        more = len(newcomers)
        rows = self.vocabulary.describe(newcomers.rows) if self.vocabulary else None
        return replace(
            self,
            discovery=self.discovery.grown(more, newcomers.users, rows),
            rates=extended(self.rates, more, self.usual),
            leanings=None if self.leanings is None else extended(self.leanings, more, 0.0),
        )

    def lay_out(
        self,
        query: Query,
        k: int,
        allowed: Mask | None = None,
        *,
        cold: Mask | None = None,
        also: Indices | None = None,
    ) -> Panel:
        """Return the panel of a history: its own items, and at least k others where there are so many allowed.

        Items that are `cold` (items,) are found by what they are only, as if nobody had them; some others of them
        are there too, that do not fit: to learn from. Those given as `also` are there whatever speaks for them.
        """
        own = Own.of(query)
        scores, profile = self.discovery.scores(own), self.discovery.profile(own)
        mine = slice(None) if allowed is None else allowed[own.items]
        candidates = [
            self.discovery.candidates(own, scores, k, allowed if cold is None else ~cold),
            self.discovery.content_candidates(own, profile, allowed),
            self._segment_candidates(own, max(k, LISTED), allowed),
            self._context_candidates(own, max(k, LISTED), allowed),
        ]
        if cold is not None:
            candidates.append(np.setdiff1d(_some(cold, query.user or 0), own.items))
        if also is not None:
            candidates.append(np.setdiff1d(also, own.items))
        new_items = distinct(candidates)
        return self._panel(own, scores, mine, new_items, profile)

    def beyond_popularity(self, query: Query, k: int, allowed: Mask | None, items: Indices) -> Mask:
        """Return which items more speaks for than that they are popular among those allowed, or some k of them."""
        popularity, discovery = self.discovery.popularity, self.discovery
        popular = popularity.popular(popularity.at(query.now), max(LISTED, k), None)
        mask: Mask = among(items, distinct([query.history_items, popular]))
        if np.count_nonzero(mask) >= k:
            return mask
        own = Own.of(query)
        by_contents = discovery.content_candidates(own, discovery.profile(own), allowed)
        by_segment = self._segment_candidates(own, max(k, LISTED), allowed)
        mask |= discovery.scores(own).at(items).any(axis=0) | np.isin(items, np.concatenate([by_contents, by_segment]))
        return mask

    def lay_out_list(self, query: Query, items: Indices) -> Panel:
        """Return the panel of a given list."""
        own = Own.of(query)
        new_items = np.setdiff1d(items, own.items).astype(np.int32)
        scores, profile = self.discovery.scores(own), self.discovery.profile(own)
        return self._panel(own, scores, np.isin(own.items, items), new_items, profile)

    def with_contents(self, data: TrainingData, rows: Descriptions | None, cold: Mask | None = None) -> "Sources":
        """Add what descriptions of items say beside the events of some users, cold items as if they had no events."""
        if rows is None:
            return self
        discovery = replace(self.discovery, contents=contents.learn(data, rows, self.discovery.neighbours, cold))
        return replace(self, discovery=discovery, vocabulary=rows.vocabulary)

    def with_transitions(self, paired: Interactions) -> "Sources":
        """Add what came right after what, among the events of which pairs are counted."""
        return replace(self, discovery=replace(self.discovery, transitions=transitions.learn(paired)))

    def _segment(self, own: Own) -> tuple[Indices, Floats]:
        if self.segments is None:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        return self.segments.of(own.query.user, len(own.inverse))

    def _segment_candidates(self, own: Own, k: int, allowed: Mask | None) -> Indices:
        """Return what users alike have, where the history does not say more than they do."""
        if len(own.inverse) > segments.SPOKEN:
            return np.empty(0, np.int32)
        items = segments.likely(self._segment(own), self.discovery.popularity.share, k)
        items = items[~np.isin(items, own.items)]
        return items if allowed is None else items[allowed[items]]

    def _in_context(self, own: Own) -> Lifts | None:
        if self.contexts is None or not own.query.context:
            return None
        return self.contexts.of(own.query.context)

    def _context_candidates(self, own: Own, k: int, allowed: Mask | None) -> Indices:
        """Return what is chosen in the context that the question is asked in."""
        if (lifts := self._in_context(own)) is None:
            return np.empty(0, np.int32)
        items = segments.likely(lifts, self.discovery.popularity.share, k)
        items = items[~np.isin(items, own.items)]
        return items if allowed is None else items[allowed[items]]

    def _panel(
        self, own: Own, scores: Reached, mine: Mask | slice, new_items: Indices, profile: Floats | None
    ) -> Panel:
        habit = repetition.habit(own, self.usual)
        items, met = np.concatenate([own.items, new_items]), len(own.items)
        parts = self.discovery.features(own, scores, items, profile, met)
        new_more, own_more = self._new_more(own, new_items), self._leaning(own.items)[mine]
        if lifts := self._in_context(own):
            new_more = new_more + segments.added(lifts, new_items)
            own_more = own_more + segments.added(lifts, own.items)[mine]
        own_rows = _beside(habit, repetition.features(own, self.rates), parts[:met])[mine]
        new_rows = _beside(habit, parts[met:])
        return Panel(own.items[mine], own_rows, new_items, new_rows, new_more, own_more)

    def _new_more(self, own: Own, items: Indices) -> Floats:
        """Return what is added to the log-odds of new items: users alike have it, it may be dead, it is aimed at."""
        more = segments.added(self._segment(own), items) + self._leaning(items)
        return more if self.discovery.contents is None else more + self.discovery.contents.doubt(items)

    def _leaning(self, items: Indices) -> Floats:
        return np.zeros(len(items), np.float32) if self.leanings is None else self.leanings[items]


def _some(cold: Mask, turn: int) -> Indices:
    """Return up to COLD of the cold items, others each turn."""
    items = np.flatnonzero(cold)
    step = 1 + len(items) // COLD
    return items[turn % step :: step].astype(np.int32)


def _beside(habit: Floats, *features: Floats) -> Floats:
    """Put the features of the user beside those of each item."""
    return np.concatenate([*features, np.broadcast_to(habit, (len(features[0]), len(habit)))], axis=1)


def untaught(usual: float, *, timeless: bool) -> Weights:
    """Return weights for data too small to learn from: repeats as everybody repeats, the mean of all tempos."""
    own, new = np.zeros(OWN.weights, np.float32), np.zeros(NEW.weights, np.float32)
    own[REPEATS.count if timeless else REPEATS.steady] = 1.0
    own[logistic.INTERCEPT] = usual
    new[NEW.whole if timeless else NEW.mean] = 1.0
    new[NEW.share] = 0.25
    return supposing(Weights(own, new, {"own": "untaught", "new": "untaught"}), timeless=timeless)


def supposing(weights: Weights, *, timeless: bool) -> Weights:
    """Add weights of items that only their description speaks for, where there is too little to learn them from."""
    new = weights.new.copy()
    lifts = numbers(NEW.whole_lift if timeless else NEW.lifts)
    new[list(lifts)] = 1.0 / len(lifts)
    new[NEW.expected], new[NEW.described] = 0.5, UNPROVEN
    return replace(weights, new=new)
