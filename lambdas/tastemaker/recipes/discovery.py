"""What a user has not met yet: candidates from SeqRidge and from what is popular now, with their features."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Indices, Mask
from tastemaker.recipes.repeats import Own
from tastemaker.recipes.seqridge import Neighbours
from tastemaker.recipes.trends import Trends

# How far back a history is looked at, in baskets; the last one sees all of it alike.
KERNELS = (3.0, 10.0, np.inf)
FEATURES = len(KERNELS) + 3
# The columns that alone are plain SeqRidge and plain popularity.
PLAIN = 1
POPULARITY = len(KERNELS)
FLOOR = 0.01
# Only this many own items, the newest, are looked up: the rest adds time and next to nothing else.
LOOKED_UP = 150
LISTED = 200


@dataclass(frozen=True, slots=True)
class Discovery:
    """The item-item matrix, popularity, and `scale` (kernels,): what a strong score is for each kernel."""

    neighbours: Neighbours
    trends: Trends
    scale: Floats

    def scores(self, own: Own) -> Floats:
        """Return (kernels, head) scores of one history, 1 for a strong one."""
        weights = history_weights(own)
        strongest = np.argsort(-weights.sum(axis=0), kind="stable")[:LOOKED_UP]
        return self.neighbours.scores(own.items[strongest], weights[:, strongest]) / self.scale[:, None]

    def candidates(self, own: Own, scores: Floats, limit: int, allowed: Mask | None) -> Indices:
        """Return the allowed items that are worth a closer look and are not the user's own, sorted."""
        total = scores.sum(axis=0)
        if allowed is not None:
            total = np.where(allowed[self.neighbours.head], total, -np.inf)
        count = min(limit, len(total))
        best = self.neighbours.head[np.argpartition(total, len(total) - count)[len(total) - count :]]
        listed = self.trends.popular(self.trends.at(own.query.now), max(LISTED, limit // 2) + len(own.items), allowed)
        return self._fresh(own, np.concatenate([best, listed]), allowed)

    def _fresh(self, own: Own, items: Indices, allowed: Mask | None) -> Indices:
        items = np.unique(items)
        keep = ~np.isin(items, own.items, assume_unique=True)
        if allowed is not None:
            keep &= allowed[items]
        return items[keep]

    def features(self, own: Own, scores: Floats, items: Indices) -> Floats:
        """Return (items, FEATURES): log scores by kernel, log share, trends."""
        rows = self.neighbours.position[items]
        found = np.where(rows >= 0, scores[:, rows], 0.0)
        logs = np.log(np.maximum(found, 0) + FLOOR).T
        trends = self.trends.features(self.trends.at(own.query.now), items)
        return np.concatenate([logs, trends], axis=1, dtype=np.float32)


def history_weights(own: Own) -> Floats:
    """Return how much each own item counts, by kernel, each kernel summing to 1: (kernels, own items)."""
    weights = [own.sums(np.exp(own.ages / -kernel) * own.query.history_weights) for kernel in KERNELS]
    sums = np.array(weights, np.float64)
    return (sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-12)).astype(np.float32)


def strong_scores(neighbours: Neighbours, histories: list[Own]) -> Floats:
    """Return the 99 % quantile of the positive scores by kernel over some histories."""
    columns = [neighbours.scores(own.items, history_weights(own)) for own in histories]
    if not columns:
        return np.ones(len(KERNELS), np.float32)
    quantiles: list[NDArray[np.floating]] = [np.quantile(np.maximum(each, 0), 0.99, axis=1) for each in columns]
    return np.maximum(np.mean(quantiles, axis=0), 1e-9).astype(np.float32)
