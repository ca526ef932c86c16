"""What fits a history: candidates from SeqRidge and from what is popular now, with their features."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tastemaker.recipes.attributes.contents import Contents
from tastemaker.recipes.data import Floats, Indices, Mask, Times
from tastemaker.recipes.histories.popularity_over_time import PopularityOverTime
from tastemaker.recipes.histories.repeats import TEMPOS, Own
from tastemaker.recipes.matrix.neighbours import ItemMatrix, Reached
from tastemaker.recipes.matrix.transitions import Transitions
from tastemaker.recipes.personal.columns import NEW, SCORE_TEMPOS

TEMPO_ROWS = [TEMPOS.index(tempo) for tempo in SCORE_TEMPOS]
# Added to scores and lifts: what nothing speaks for has a logarithm too.
FLOOR = 0.01
CANDIDATES = 200
LISTED = 100
# A strong score is what one item in a hundred has, of so many items at most.
STRONG_SHARE, STRONG_AMONG = 0.01, 3000
# Histories that say what a strong score is: a mean of so many hardly moves with more.
HISTORIES = 200
# One in so many values is looked at to find out which can be among the largest.
SAMPLED = 16


@dataclass(frozen=True, slots=True)
class Discovery:
    """The item-item matrix, popularity, `scale` (tempos,): what a strong score is; what items are, what comes next."""

    neighbours: ItemMatrix
    popularity: PopularityOverTime
    scale: Floats
    contents: Contents | None = None
    transitions: Transitions | None = None

    def grown(self, more: int, users: int, rows: tuple[Times, Indices, Floats] | None) -> Self:
        """Return the same with more items that none of so many users has met; rows of descriptions where they count."""
        return replace(
            self,
            neighbours=self.neighbours.grown(more),
            popularity=self.popularity.grown(more, users),
            contents=None if self.contents is None or rows is None else self.contents.grown(rows, users),
            transitions=self.transitions and self.transitions.grown(more),
        )

    def scores(self, own: Own) -> Reached:
        """Return what one history reaches, with scores by tempo, 1 for a strong one."""
        return raw_scores(self.neighbours, own).scaled(self.scale)

    def candidates(self, own: Own, scores: Reached, k: int, allowed: Mask | None) -> Indices:
        """Return the allowed items that are worth a closer look and are not the user's own, sorted."""
        strongest, popular = _best(own, scores, max(CANDIDATES, k), allowed), self._popular(own, k, allowed)
        items = distinct([strongest, popular])
        return items if allowed is None else items[allowed[items]]

    def _popular(self, own: Own, k: int, allowed: Mask | None) -> Indices:
        count, moment = max(LISTED, k), self.popularity.at(own.query.now)
        # Few of a user's own items are popular, as a rule; where they are, more are looked at.
        for most in (2 * count, count + len(own.items)):
            popular = self.popularity.popular(moment, most, allowed)
            others = popular[~own.has(popular)]
            if len(others) >= count:
                break
        return others[:count]

    def features(self, own: Own, scores: Reached, items: Indices, profile: Floats | None, met: int) -> Floats:
        """Return (items, NEW without the habit): by events, and with a profile by what the items are too.

        The first `met` items are own ones, which their events say enough of.
        """
        share, rises = self.popularity.features(self.popularity.at(own.query.now), items)
        columns = np.zeros((len(items), NEW.habit.start), np.float32)
        positive = np.maximum(scores.at(items).T, 0)
        columns[:, NEW.scores] = np.log(positive + np.float32(FLOOR))
        columns[:, NEW.share], columns[:, NEW.rises] = share, rises
        columns[:, NEW.mean] = np.log(positive.mean(axis=1) + np.float32(FLOOR))
        if self.transitions is not None:
            columns[met:, NEW.next] = self.transitions.log_lifts(own, items[met:])
        quiet = NEW.short if len(own.items) else NEW.quiet
        columns[:, quiet] = columns[:, NEW.popularity]
        if self.contents is not None and profile is not None:
            # The logarithm of the odds is mixed: of an item's own by its events, of its description for the rest.
            items, fresh = items[met:], columns[met:]
            trust = self.contents.trust[items][:, None]
            fresh[:, NEW.events] *= trust
            fresh[:, NEW.lifts] = np.log(np.maximum(self.contents.lifts(profile, items).T, 0) + np.float32(FLOOR))
            fresh[:, NEW.expected], fresh[:, NEW.described] = np.log(self.contents.share[items]), 1
            fresh[:, NEW.contents] *= 1 - trust
            fresh[:, quiet.start] += fresh[:, NEW.expected]
        # From the top of all items, so that a short history moves new items against each other, not against own ones.
        columns[:, quiet.start] -= self.popularity.top
        columns[:, quiet] /= (1 + len(own.items)) ** 2
        return columns

    def profile(self, own: Own) -> Floats | None:
        """Return what a history leads to, as descriptions of items (tempos, features); None without descriptions."""
        return None if self.contents is None else self.contents.profile(own, TEMPO_ROWS)

    def content_candidates(self, own: Own, profile: Floats | None, allowed: Mask | None) -> Indices:
        """Return allowed items that are not the user's own and are worth a closer look by what they are."""
        if self.contents is None or profile is None:
            return np.empty(0, np.int32)
        return self.contents.candidates(profile, own, allowed)


def _best(own: Own, scores: Reached, count: int, allowed: Mask | None) -> Indices:
    """Return the allowed items with the highest sums of scores, without the user's own."""
    total = scores.values.sum(axis=0)
    places, there = scores.places(own.items)
    total[places[there]] = -np.inf
    if allowed is not None:
        total[~allowed[scores.items]] = -np.inf
    best = largest(total, count)
    return np.asarray(scores.items[best[total[best] > -np.inf]])


def distinct(parts: Sequence[Indices]) -> Indices:
    """Return all items of some lists, sorted, each once: of so few numpy's `unique` takes several times as long."""
    items = np.sort(np.concatenate(parts))
    fresh = np.ones(len(items), bool)
    np.not_equal(items[1:], items[:-1], out=fresh[1:])
    return items[fresh].astype(np.int32, copy=False)


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
    rest = values[worthy]
    return np.asarray(worthy[np.argpartition(rest, len(rest) - count)[len(rest) - count :]], np.int64)


def fading(own: Own) -> Floats:
    """Return the weights of own items (tempos, items), each tempo's summing to 1."""
    weights = own.counts[TEMPO_ROWS]
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    return weights.astype(np.float32)


def raw_scores(neighbours: ItemMatrix, own: Own) -> Reached:
    """Return the sums of the own items' rows of B."""
    items, weights, most = own.items, fading(own), neighbours.LOOKED_UP
    if len(items) > most:
        weightiest = np.argpartition(-weights.sum(axis=0), most)[:most]
        items, weights = items[weightiest], weights[:, weightiest]
    return neighbours.reach(items, weights)


def strong_scores(neighbours: ItemMatrix, histories: list[Own]) -> Floats:
    """Return what a strong score is for each tempo, the mean over some histories."""
    if not histories:
        return np.ones(len(SCORE_TEMPOS), np.float32)
    rank = _rank(neighbours.n_items)
    some = histories[:: step(len(histories))]
    strong = [_ranked(raw_scores(neighbours, own).values, rank) for own in some]
    return np.asarray(np.maximum(np.mean(strong, axis=0), 1e-9), np.float32)


def step(histories: int) -> int:
    """Return how far apart the histories lie that say what a strong score is."""
    return max(1, -(-histories // HISTORIES))


def strong(scores: Floats) -> float:
    """Return what a strong score is of one tempo, the mean over some histories: (histories, items)."""
    return max(float(_ranked(scores, _rank(scores.shape[1])).mean()), 1e-9)


def _rank(n_items: int) -> int:
    return max(1, int(STRONG_SHARE * min(n_items, STRONG_AMONG)))


def _ranked(values: Floats, rank: int) -> Floats:
    """Return the value of a rank in each row, 0 where there is none or it is below."""
    size = values.shape[1]
    if size < rank:
        return np.zeros(len(values), np.float32)
    return np.maximum(np.partition(values, size - rank, axis=1)[:, size - rank], 0)


def strength(features: Floats) -> Floats:
    """Return a rough order of rows of `features` for a first choice, before anything is learned."""
    by_events = features[:, NEW.scores].sum(axis=1) + 0.5 * features[:, NEW.share]
    by_contents = features[:, NEW.lifts].sum(axis=1)
    return np.asarray(by_events + by_contents + 0.5 * features[:, NEW.expected], np.float32)


def described(features: Floats) -> Mask:
    """Return which rows of `features` rest on what the items are, rather than on their events."""
    return np.asarray(features[:, NEW.described] > 0.5)  # noqa: PLR2004  more than half
