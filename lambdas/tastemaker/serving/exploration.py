"""Exploration: some places of an answer are given to items that are young and were little seen, to learn of them.

Place j keeps the model's own item with probability 1 - e, and else shows one of the young items Y_j that are dealt to
it; what happens at one place says nothing of another:

    P(y at j) = e w_y / sum of w over Y_j,     w_y = relevance_y / sqrt(1 + n_y)

Relevance is the softmax of the model's log-odds, n_y how often y was taken or shown: a bonus as in "Finite-time
Analysis of the Multiarmed Bandit Problem" (Auer et al., 2002). Of many young items those take part that fit the history
best, as far as they can be told by what they are, and those that were seen least. They are dealt to the places like
cards, by falling w. So the probability of each item at its place is known exactly, which is what item-position
estimators need ("Offline Evaluation of Ranking Policies with Click Models", Li et al., KDD 2018; see `off_policy`).
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain.answers import moments
from tastemaker.recipes.attributes.contents import beginnings
from tastemaker.recipes.attributes.descriptions import CREATED
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import Floats, Indices, Mask, Newcomers, Query, Ranking, TrainingData, extended
from tastemaker.recipes.histories.repeats import DAY

# Of more young items than these, some that fit the history best take part, and those that were seen least take their
# turn until the next training.
POOL, FITTING = 250, 125
_LEAST = 1e-30  # of a relevance that float32 has rounded to nothing
Probabilities = NDArray[np.float64]


class Freshness:
    """How old items were at the `newest` interaction, in days, and how often each was taken or shown: both (items,)."""

    def __init__(self, ages: Floats, counts: Floats, newest: float = 0.0) -> None:
        self.ages, self.counts, self.newest = ages, counts, newest
        self.young = cache(self._young)

    def grown(self, newcomers: Newcomers) -> "Freshness":
        """Return the same with more items, of which nobody has seen any: the young ones take their turn first."""
        births = np.array([moments.seconds(float(row.get(CREATED, self.newest))) for row in newcomers.rows])
        ages = (np.maximum(self.newest - births, 0) / DAY).astype(np.float32)
        more = Freshness(np.append(self.ages, ages), extended(self.counts, len(ages), 0), self.newest)

        def young(days: float) -> Indices:
            fresh = len(self.ages) + np.flatnonzero(ages <= days)
            return np.append(fresh, self.young(days)).astype(np.int32)

        more.young = cache(young)
        return more

    def _young(self, days: float) -> Indices:
        """Return the items up to an age, least seen first, younger ones before older ones."""
        items = np.flatnonzero(self.ages <= days)
        return items[np.lexsort((self.ages[items], self.counts[items]))].astype(np.int32)


@dataclass(frozen=True, slots=True)
class Draw:
    """An answer by place: items and scores, the probability of each item at its place, and which are explored."""

    ranking: Ranking
    propensities: Probabilities
    explored: Mask


def measure(data: TrainingData) -> dict[str, NDArray[np.floating]]:
    """Return the arrays of `Freshness`."""
    events = data.interactions
    counts = np.bincount(events.items, minlength=events.n_items)
    if data.impressions is not None:
        counts = counts + data.impressions
    newest = float(events.timestamps.max(initial=0))
    ages = (newest - beginnings(data)) / DAY
    return {"ages": ages.astype(np.float32), "seen": counts.astype(np.float32), "newest": np.array([newest])}


def certain(ranking: Ranking) -> Draw:
    """Return an answer that leaves nothing to chance."""
    count = len(ranking.items)
    return Draw(ranking, np.ones(count), np.zeros(count, bool))


def seed_of(text: str) -> int:
    """Return the seed that a text stands for, as an answer's id does."""
    return int.from_bytes(sha256(text.encode()).digest()[:8])


def draw(
    model: Model, query: Query, ranking: Ranking, fresh: Freshness, young: Indices, *, chance: float, seed: int
) -> Draw:
    """Give places of an answer to young items, of which none is in the answer already: the same ones per seed."""
    young = young[~np.isin(young, ranking.items)]
    places = np.arange(len(ranking.items))
    # A place that no young item is dealt to has nothing to explore.
    chances = np.where(places < min(POOL, len(young)), chance, 0.0)
    rng = np.random.default_rng(seed)
    explored = rng.random(len(places)) < chances
    if not explored.any():
        return Draw(ranking, 1 - chances, explored)
    dealt = deal(model, query, ranking, fresh, young)
    items, values, propensities = ranking.items.copy(), _scores_of(ranking), 1 - chances
    for place in places[explored]:
        cards, shares = dealt.at(place, len(places))
        pick = rng.choice(len(cards), p=shares)
        items[place], values[place] = dealt.young[cards[pick]], dealt.scores[cards[pick]]
        propensities[place] = chance * shares[pick]
    return Draw(Ranking(items, values), propensities, explored)


@dataclass(frozen=True, slots=True)
class Deal:
    """Young items with their scores and weights; `deck` are their places by falling weight."""

    young: Indices
    scores: Floats
    weights: Probabilities
    deck: NDArray[np.int64]

    def at(self, place: int, places: int) -> tuple[NDArray[np.int64], Probabilities]:
        """Return which of the young items are dealt to one of so many places, and the share of each."""
        cards = self.deck[place::places]
        return cards, self.weights[cards] / self.weights[cards].sum()


def deal(model: Model, query: Query, ranking: Ranking, fresh: Freshness, young: Indices) -> Deal:
    """Weigh the young items, none of which is in the answer already, that take part."""
    young = _pool(model, query, young, fresh)
    scores = _young_scores(model, query, ranking, young)
    weights = np.maximum(scores, _LEAST).astype(np.float64) / np.sqrt(1.0 + fresh.counts[young])
    return Deal(young, scores, weights, np.lexsort((young, -weights)))


def _pool(model: Model, query: Query, young: Indices, fresh: Freshness) -> Indices:
    """Return up to POOL young items: of more, those that fit best and those that were seen least, which are first."""
    if len(young) <= POOL or not model.describes:
        return young[:POOL]
    mask = np.zeros(len(fresh.counts), bool)
    mask[young] = True
    fitting = model.recommend(query, FITTING, mask).items
    rest = young[~np.isin(young, fitting)]
    return np.concatenate([fitting, rest[: POOL - len(fitting)]])


def _young_scores(model: Model, query: Query, ranking: Ranking, young: Indices) -> Floats:
    """Return the young items' scores on the scale of an answer: an item that is in both lists ties them together."""
    tie = ranking.items[0]
    both = model.rank(query, np.append(young, tie).astype(np.int32))
    order = np.argsort(both.items)
    scores = _scores_of(both)[order][np.searchsorted(both.items[order], np.append(young, tie))]
    return np.asarray(scores[:-1] * (_scores_of(ranking)[0] / max(float(scores[-1]), _LEAST)), np.float32)


def _scores_of(ranking: Ranking) -> Floats:
    """Return a copy of the scores of a model that has some."""
    if ranking.scores is None:
        raise TypeError("only models with scores explore")
    return ranking.scores.copy()
