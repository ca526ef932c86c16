"""What a user has not met yet: candidates from SeqRidge and from what is popular now, with their features."""

from dataclasses import dataclass

import numpy as np

from tastemaker.recipes.data import Floats, Indices, Mask
from tastemaker.recipes.repeats import TEMPOS, Own
from tastemaker.recipes.seqridge import Neighbours
from tastemaker.recipes.trends import HORIZONS, Trends

# How far back a history is looked at, in baskets; the last one sees all of it alike.
KERNELS = (1.0, 3.0, 10.0, np.inf)
KERNEL_TEMPOS = [TEMPOS.index(kernel) for kernel in KERNELS]
# Columns of `features`: one log score by kernel, popularity and its trends, and the log of the mean score: an item that
# any one kernel is sure of keeps its place there, and a single weight cannot overfit.
SHARE = len(KERNELS)
MEAN = SHARE + 1 + len(HORIZONS)
WIDTH = MEAN + 1
FLOOR = 0.01
# Only this many own items are looked up, the weightiest: the rest adds time and next to nothing else.
LOOKED_UP = 60
CANDIDATES = 200
LISTED = 100


@dataclass(frozen=True, slots=True)
class Discovery:
    """The item-item matrix, popularity, and `scale` (kernels,): what a strong score is for each kernel."""

    neighbours: Neighbours
    trends: Trends
    scale: Floats

    def scores(self, own: Own) -> Floats:
        """Return (kernels, head) scores of one history, 1 for a strong one."""
        return raw_scores(self.neighbours, own) / self.scale[:, None]

    def candidates(self, own: Own, scores: Floats, k: int, allowed: Mask | None) -> Indices:
        """Return the allowed items that are worth a closer look and are not the user's own, sorted."""
        usable = np.ones(len(self.trends.share), bool) if allowed is None else allowed.copy()
        usable[own.items] = False
        head = self.neighbours.head
        total = np.where(usable[head], scores.sum(axis=0), -np.inf)
        count = min(max(CANDIDATES, k), len(total))
        wanted = np.zeros(len(usable), bool)
        wanted[head[np.argpartition(total, len(total) - count)[len(total) - count :]] if count else head] = True
        wanted[self.trends.popular(self.trends.at(own.query.now), max(LISTED, k), usable)] = True
        return np.flatnonzero(wanted & usable).astype(np.int32)

    def features(self, own: Own, scores: Floats, items: Indices) -> Floats:
        """Return (items, WIDTH): log scores by kernel, log share, trends, log mean score."""
        rows = self.neighbours.position[items]
        known = rows >= 0
        found = np.zeros((len(items), len(KERNELS)), np.float32)
        found[known] = np.maximum(scores.T[rows[known]], 0)
        logs = np.log(np.column_stack([found, found.mean(axis=1)]) + np.float32(FLOOR))
        plain = self.trends.features(self.trends.at(own.query.now), items)
        return np.concatenate([logs[:, :-1], *plain, logs[:, -1:]], axis=1)


def raw_scores(neighbours: Neighbours, own: Own) -> Floats:
    """Return (kernels, head): the sum of the own items' rows of B, each kernel's weights summing to 1."""
    weights = own.counts[KERNEL_TEMPOS]
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    items = own.items
    if len(items) > LOOKED_UP:
        kept = np.argpartition(-weights.sum(axis=0), LOOKED_UP)[:LOOKED_UP]
        items, weights = items[kept], weights[:, kept]
    return neighbours.scores(items, weights.astype(np.float32))


def strong_scores(neighbours: Neighbours, histories: list[Own]) -> Floats:
    """Return the mean 99 % quantile of the scores by kernel over some histories."""
    columns = [raw_scores(neighbours, own) for own in histories]
    quantiles = [np.quantile(np.maximum(each, 0), 0.99, axis=1) for each in columns if each.size]
    if not quantiles:
        return np.ones(len(KERNELS), np.float32)
    return np.asarray(np.maximum(np.mean(quantiles, axis=0), 1e-9), np.float32)


def strength(features: Floats) -> Floats:
    """Return a rough order of rows of `features` for a first choice, before anything is learned."""
    return np.asarray(features[:, :SHARE].sum(axis=1) + 0.5 * features[:, SHARE], np.float32)
