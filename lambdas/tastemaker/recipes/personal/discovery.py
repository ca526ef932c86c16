"""What a user has not met yet: candidates from SeqRidge and from what is popular now, with their features."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tastemaker.recipes.attributes.contents import Contents
from tastemaker.recipes.data import Floats, Indices, Mask, Times
from tastemaker.recipes.histories.popularity_over_time import HORIZONS, Trends
from tastemaker.recipes.histories.repeats import TEMPOS, Own
from tastemaker.recipes.matrix.neighbours import Neighbours, Reached

# How far back a history is looked at, in baskets; the last one sees all of it alike.
KERNELS = (1.0, 3.0, 10.0, np.inf)
KERNEL_TEMPOS = [TEMPOS.index(kernel) for kernel in KERNELS]
# Columns of `features`: one log score by kernel, popularity and its trends, and the log of the mean score: an item that
# any one kernel is sure of keeps its place there, and a single weight cannot overfit. From QUIET on popularity and its
# trends once more where there is no history, from SHORT on as far as it is short. From LIKELY on what stands in for the
# scores where an item has few events: one log lift by kernel, the popularity to be expected, and 1.
SHARE = len(KERNELS)
MEAN = SHARE + 1 + len(HORIZONS)
QUIET = MEAN + 1
SHORT = QUIET + 1 + len(HORIZONS)
LIKELY = SHORT + 1 + len(HORIZONS)
WIDTH = LIKELY + len(KERNELS) + 2
FLOOR = 0.01
# Only this many own items are looked up, the weightiest: the rest adds time and next to nothing else.
LOOKED_UP = 60
CANDIDATES = 200
LISTED = 100
# A strong score is what one item in a hundred has, of so many items at most.
STRONG_SHARE, STRONG_AMONG = 0.01, 3000
# Histories that are asked what a strong score is: a mean of so many hardly moves with more.
ASKED = 200
# One in so many values is looked at to find out which can be among the largest.
SAMPLED = 16


@dataclass(frozen=True, slots=True)
class Discovery:
    """The item-item matrix, popularity, `scale` (kernels,): what a strong score is, and what items are, if known."""

    neighbours: Neighbours
    trends: Trends
    scale: Floats
    contents: Contents | None = None

    def grown(self, more: int, users: int, described: tuple[Times, Indices, Floats] | None) -> Self:
        """Return the same with more items that none of so many users has met, described where descriptions count."""
        alike = None if self.contents is None or described is None else self.contents.grown(described, users)
        return replace(
            self, neighbours=self.neighbours.grown(more), trends=self.trends.grown(more, users), contents=alike
        )

    def scores(self, own: Own) -> Reached:
        """Return what one history reaches, with scores by kernel, 1 for a strong one."""
        return raw_scores(self.neighbours, own).scaled(self.scale)

    def candidates(self, own: Own, scores: Reached, k: int, allowed: Mask | None) -> Indices:
        """Return the allowed items that are worth a closer look and are not the user's own, sorted."""
        wanted = np.unique(
            np.concatenate([_best(own, scores, max(CANDIDATES, k), allowed), self._popular(own, k, allowed)])
        )
        return wanted if allowed is None else wanted[allowed[wanted]]

    def _popular(self, own: Own, k: int, allowed: Mask | None) -> Indices:
        wanted, moment = max(LISTED, k), self.trends.at(own.query.now)
        # Few of a user's own items are popular, as a rule; where they are, it is asked for more.
        for asked in (2 * wanted, wanted + len(own.items)):
            found = self.trends.popular(moment, asked, allowed)
            others = found[~own.has(found)]
            if len(others) >= wanted:
                break
        return others[:wanted]

    def features(self, own: Own, scores: Reached, items: Indices, profile: Floats | None = None) -> Floats:
        """Return (items, WIDTH): log scores by kernel, log share, trends, log mean; with a profile, what items are."""
        share, trends = self.trends.features(self.trends.at(own.query.now), items)
        columns = np.zeros((len(items), WIDTH), np.float32)
        found = np.maximum(scores.at(items).T, 0)
        columns[:, :SHARE] = np.log(found + np.float32(FLOOR))
        columns[:, SHARE : SHARE + 1], columns[:, SHARE + 1 : MEAN] = share, trends
        columns[:, MEAN] = np.log(found.mean(axis=1) + np.float32(FLOOR))
        quiet = slice(SHORT, LIKELY) if len(own.items) else slice(QUIET, SHORT)
        columns[:, quiet] = columns[:, SHARE:MEAN]
        if self.contents is not None and profile is not None:
            # The logarithm of the odds is mixed: of an item's own by its events, of its description for the rest.
            trust = self.contents.trust[items][:, None]
            columns[:, :LIKELY] *= trust
            columns[:, LIKELY:-2] = np.log(np.maximum(self.contents.lifts(profile, items).T, 0) + np.float32(FLOOR))
            columns[:, -2], columns[:, -1] = np.log(self.contents.share[items]), 1
            columns[:, LIKELY:] *= 1 - trust
            columns[:, quiet.start] += columns[:, -2]
        # From the top of all items, so that a short history moves new items against each other, not against own ones.
        columns[:, quiet.start] -= self.trends.top
        columns[:, quiet] /= (1 + len(own.items)) ** 2
        return columns

    def profile(self, own: Own) -> Floats | None:
        """Return what a history leads to, as descriptions of items (kernels, features); None without descriptions."""
        return None if self.contents is None else self.contents.profile(own, KERNEL_TEMPOS)

    def alike(self, own: Own, profile: Floats | None, allowed: Mask | None) -> Indices:
        """Return allowed items that are not the user's own and are worth a closer look by what they are."""
        if self.contents is None or profile is None:
            return np.empty(0, np.int32)
        return self.contents.candidates(profile, own, allowed)


def _best(own: Own, scores: Reached, count: int, allowed: Mask | None) -> Indices:
    """Return the allowed items with the highest sums of scores, without the user's own."""
    total = scores.values.sum(axis=0)
    places, known = scores.places(own.items)
    total[places[known]] = -np.inf
    if allowed is not None:
        total[~allowed[scores.items]] = -np.inf
    chosen = largest(total, count)
    return np.asarray(scores.items[chosen[total[chosen] > -np.inf]])


def largest(values: Floats, count: int) -> Times:
    """Return where the largest values are, in no order.

    Of many values a sample says what is certainly too small, which spares most of them the selection.
    """
    if count >= len(values):
        return np.arange(len(values))
    sample = np.sort(values[::SAMPLED])
    least = sample[max(0, len(sample) - 1 - 3 * count // SAMPLED)]
    worthy = np.flatnonzero(values > least)
    if len(worthy) < count:
        worthy = np.arange(len(values))
    left = values[worthy]
    return np.asarray(worthy[np.argpartition(left, len(left) - count)[len(left) - count :]], np.int64)


def fading(own: Own) -> Floats:
    """Return the weights of own items (kernels, items), each kernel's summing to 1."""
    weights = own.counts[KERNEL_TEMPOS]
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    return weights.astype(np.float32)


def raw_scores(neighbours: Neighbours, own: Own) -> Reached:
    """Return the sums of the own items' rows of B."""
    items, weights = own.items, fading(own)
    if len(items) > LOOKED_UP:
        kept = np.argpartition(-weights.sum(axis=0), LOOKED_UP)[:LOOKED_UP]
        items, weights = items[kept], weights[:, kept]
    return neighbours.reach(items, weights)


def strong_scores(neighbours: Neighbours, histories: list[Own]) -> Floats:
    """Return what a strong score is for each kernel, the mean over some histories."""
    if not histories:
        return np.ones(len(KERNELS), np.float32)
    rank = max(1, int(STRONG_SHARE * min(neighbours.n_items, STRONG_AMONG)))
    asked = histories[:: -(-len(histories) // ASKED)]
    strong = [_ranked(raw_scores(neighbours, own).values, rank) for own in asked]
    return np.asarray(np.maximum(np.mean(strong, axis=0), 1e-9), np.float32)


def _ranked(values: Floats, rank: int) -> Floats:
    """Return the value of a rank in each row, 0 where there is none or it is below."""
    size = values.shape[1]
    if size < rank:
        return np.zeros(len(values), np.float32)
    return np.maximum(np.partition(values, size - rank, axis=1)[:, size - rank], 0)


def strength(features: Floats) -> Floats:
    """Return a rough order of rows of `features` for a first choice, before anything is learned."""
    own = features[:, :SHARE].sum(axis=1) + 0.5 * features[:, SHARE]
    return np.asarray(own + features[:, LIKELY : LIKELY + SHARE].sum(axis=1) + 0.5 * features[:, WIDTH - 2], np.float32)


def described(features: Floats) -> Mask:
    """Return which rows of `features` rest on what the items are, rather than on their events."""
    return np.asarray(features[:, WIDTH - 1] > 0.5)  # noqa: PLR2004  more than half
