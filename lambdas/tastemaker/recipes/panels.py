"""All that could be shown to one user, with one log-odds per item: own items and new ones on the same scale."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tastemaker.recipes import discovery, logistic, repeats
from tastemaker.recipes.data import Floats, Indices, Mask, Query
from tastemaker.recipes.discovery import Discovery
from tastemaker.recipes.repeats import Own

OWN_WIDTH = repeats.WIDTH + discovery.WIDTH + repeats.HABIT_WIDTH
NEW_WIDTH = discovery.WIDTH + repeats.HABIT_WIDTH
Origin = Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds of own items (OWN_WIDTH + 1,) and new ones (NEW_WIDTH + 1,), intercepts last, and how they arose."""

    own: Floats
    new: Floats
    origin: Origin


@dataclass(frozen=True, slots=True)
class Panel:
    """Own and new items of one user with their features."""

    own_items: Indices
    own: Floats
    new_items: Indices
    new: Floats

    def log_odds(self, weights: Weights) -> tuple[Indices, Floats]:
        """Return all items with their log-odds."""
        odds = [logistic.logits(weights.own, self.own), logistic.logits(weights.new, self.new)]
        return np.concatenate([self.own_items, self.new_items]), np.concatenate(odds)


@dataclass(frozen=True, slots=True)
class Sources:
    """What panels are laid out from; `rates` (items,) and `usual` as `repeats` learns them."""

    found: Discovery
    rates: Floats
    usual: float

    def lay_out(self, query: Query, k: int, allowed: Mask | None = None) -> Panel:
        """Return the panel of a history: its own items, and at least k others where there are so many allowed."""
        own = Own.of(query)
        scores = self.found.scores(own)
        kept = slice(None) if allowed is None else allowed[own.items]
        return self._panel(own, scores, kept, self.found.candidates(own, scores, k, allowed))

    def lay_out_list(self, query: Query, items: Indices) -> Panel:
        """Return the panel of a given list."""
        own = Own.of(query)
        new_items = np.setdiff1d(items, own.items).astype(np.int32)
        return self._panel(own, self.found.scores(own), np.isin(own.items, items), new_items)

    def _panel(self, own: Own, scores: Floats, kept: Mask | slice, new_items: Indices) -> Panel:
        habit = repeats.habit(own, self.usual)
        mine = [repeats.features(own, self.rates), self.found.features(own, scores, own.items)]
        others = self.found.features(own, scores, new_items)
        return Panel(own.items[kept], _beside(habit, *mine)[kept], new_items, _beside(habit, others))


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
    return Weights(own, new, {"own": "untaught", "new": "untaught"})
