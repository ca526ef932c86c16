"""What a user has not met yet: candidates from SeqRidge and from what is popular now, with their features."""

from dataclasses import dataclass

import numpy as np

from tastemaker.recipes.contents import Contents
from tastemaker.recipes.data import Floats, Indices, Mask
from tastemaker.recipes.repeats import TEMPOS, Own
from tastemaker.recipes.seqridge import Neighbours
from tastemaker.recipes.trends import HORIZONS, Trends

# How far back a history is looked at, in baskets; the last one sees all of it alike.
KERNELS = (3.0, 10.0, np.inf)
KERNEL_TEMPOS = [TEMPOS.index(kernel) for kernel in KERNELS]
# Columns of `features`: one log score by kernel, popularity and its trends; from LIKELY on what stands in for them
# where an item has few events: one log lift by kernel, the popularity to be expected, and 1.
SHARE = len(KERNELS)
LIKELY = SHARE + 1 + len(HORIZONS)
WIDTH = LIKELY + len(KERNELS) + 2
FLOOR = 0.01
# Only this many own items are looked up, the weightiest: the rest adds time and next to nothing else.
LOOKED_UP = 60
CANDIDATES = 200
LISTED = 100


@dataclass(frozen=True, slots=True)
class Discovery:
    """The item-item matrix, popularity, `scale` (kernels,): what a strong score is, and what items are, if known."""

    neighbours: Neighbours
    trends: Trends
    scale: Floats
    contents: Contents | None = None

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

    def features(self, own: Own, scores: Floats, items: Indices, profile: Floats | None = None) -> Floats:
        """Return (items, WIDTH): log scores by kernel, log share, trends; with a profile, what items are."""
        rows = self.neighbours.position[items]
        known = rows >= 0
        found = np.zeros((len(items), len(KERNELS)), np.float32)
        found[known] = scores.T[rows[known]]
        share, trends = self.trends.features(self.trends.at(own.query.now), items)
        columns = np.zeros((len(items), WIDTH), np.float32)
        columns[:, :SHARE] = np.log(np.maximum(found, 0) + np.float32(FLOOR))
        columns[:, SHARE : SHARE + 1], columns[:, SHARE + 1 : LIKELY] = share, trends
        if self.contents is not None and profile is not None:
            # The logarithm of the odds is mixed: of an item's own by its events, of its description for the rest.
            trust = self.contents.trust[items][:, None]
            columns[:, :LIKELY] *= trust
            columns[:, LIKELY:-2] = np.log(np.maximum(self.contents.lifts(profile, items).T, 0) + np.float32(FLOOR))
            columns[:, -2], columns[:, -1] = np.log(self.contents.share[items]), 1
            columns[:, LIKELY:] *= 1 - trust
        return columns

    def profile(self, own: Own) -> Floats | None:
        """Return what a history leads to, as descriptions of items (kernels, features); None without descriptions."""
        return None if self.contents is None else self.contents.profile(own, KERNEL_TEMPOS)

    def alike(self, own: Own, profile: Floats | None, allowed: Mask | None) -> Indices:
        """Return allowed items that are not the user's own and are worth a closer look by what they are."""
        if self.contents is None or profile is None:
            return np.empty(0, np.int32)
        usable = np.ones(len(self.trends.share), bool) if allowed is None else allowed.copy()
        usable[own.items] = False
        return self.contents.candidates(profile, usable)


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
    own = features[:, :SHARE].sum(axis=1) + 0.5 * features[:, SHARE]
    return np.asarray(own + features[:, LIKELY : LIKELY + SHARE].sum(axis=1) + 0.5 * features[:, WIDTH - 2], np.float32)


def described(features: Floats) -> Mask:
    """Return which rows of `features` rest on what the items are, rather than on their events."""
    return np.asarray(features[:, WIDTH - 1] > 0.5)  # noqa: PLR2004  more than half
