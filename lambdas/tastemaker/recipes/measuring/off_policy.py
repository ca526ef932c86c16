"""What another policy would have earned, from what a known one has shown and the rewards of that.

Of each item that was shown let r be the reward and w the probability of the item at its place under the other policy,
divided by the logged one; q is a guess at the reward, of what was shown or on average of what the other would show:

    IPS    mean(w r)                               Horvitz and Thompson, 1952
    SNIPS  sum(w r) / sum(w)                       "The Self-Normalized Estimator for Counterfactual Learning"
                                                   (Swaminathan and Joachims, NIPS 2015)
    DR     mean(q(other) + w (r - q(shown)))       "Doubly Robust Policy Evaluation and Learning"
                                                   (Dudik, Langford and Li, ICML 2011)

Items of one answer are not independent of each other, so the intervals of 95 % add up what each answer contributes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
_QUANTILE = 1.959964  # of the normal distribution: 97.5 %
# A guess leans to the mean of all by so many shown items.
_PRIOR = 20.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Reward per shown item, with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Impressions:
    """What was shown, one row per item: all arrays have shape (rows,).

    `predicted` is the guess at the reward of what was shown, `expected` that of what the other policy would show.
    """

    rewards: Rows
    weights: Rows
    predicted: Rows
    expected: Rows
    answers: NDArray[np.int64]


def ips(impressions: Impressions) -> Estimate:
    """Weigh each reward with how much likelier the other policy makes it."""
    return _mean(impressions.weights * impressions.rewards, impressions.answers)


def snips(impressions: Impressions) -> Estimate:
    """Divide by the sum of the weights: a little bias for much less variance."""
    weights, rewards = impressions.weights, impressions.rewards
    value = float(weights @ rewards / weights.sum())
    return _estimate(value, weights * (rewards - value) / weights.mean(), impressions.answers)


def doubly_robust(impressions: Impressions) -> Estimate:
    """Correct a guess at the reward by what it misses: right if either the guess or the weights are."""
    return _mean(_corrected(impressions), impressions.answers)


def gain(impressions: Impressions, others: Impressions) -> Estimate:
    """Return by how much DR is more than that of others of the same log: what both share makes it no less sure."""
    return _mean(_corrected(impressions) - _corrected(others), impressions.answers)


def _corrected(impressions: Impressions) -> Rows:
    return impressions.expected + impressions.weights * (impressions.rewards - impressions.predicted)


def _mean(terms: Rows, answers: NDArray[np.int64]) -> Estimate:
    return _estimate(float(terms.mean()), terms - terms.mean(), answers)


ESTIMATORS: Mapping[str, Callable[[Impressions], Estimate]] = MappingProxyType(
    {"IPS": ips, "SNIPS": snips, "DR": doubly_robust}
)


def _estimate(value: float, influence: Rows, answers: NDArray[np.int64]) -> Estimate:
    """Add the interval by the influence of each answer (delta method)."""
    sums = np.bincount(answers, influence)
    count = len(np.unique(answers))
    margin = _QUANTILE * float(np.sqrt(np.square(sums).sum() * count / max(1, count - 1))) / len(influence)
    return Estimate(value, value - margin, value + margin)


@dataclass(frozen=True, slots=True)
class Log:
    """Answers of a campaign, one row per item that was shown: all arrays have shape (rows,).

    `chances` of exploring the place, 0 where that was impossible; `explored`, whether it came to that.
    """

    rewards: Rows
    chances: Rows
    explored: NDArray[np.bool_]
    places: NDArray[np.int64]
    answers: NDArray[np.int64]


def exploring_with(log: Log, chance: float) -> Impressions:
    """Return a log as seen by a campaign that explores with another chance: the young items are drawn as they were."""
    return _seen_with(log, np.where(log.chances > 0, chance, 0.0))


def as_it_was(log: Log) -> Impressions:
    """Return a log as seen by the campaign that it is of: what came of chance alone is no merit of its policy."""
    return _seen_with(log, log.chances)


def _seen_with(log: Log, other: Rows) -> Impressions:
    rest = (1 - other) / (1 - log.chances)
    weights = np.where(log.explored, other / np.where(log.chances > 0, log.chances, 1.0), rest)
    own, young = _guesses(log, explored=False), _guesses(log, explored=True)
    predicted, expected = np.where(log.explored, young, own), (1 - other) * own + other * young
    return Impressions(log.rewards, weights, predicted, expected, log.answers)


def _guesses(log: Log, *, explored: bool) -> Rows:
    """Return the mean reward at each row's place, of explored items or others, from the other half of the answers."""
    halves, guesses = log.answers % 2, np.zeros(len(log.rewards))
    for half in (0, 1):
        rows = (halves != half) & (log.explored == explored)
        width = int(log.places.max(initial=0)) + 1
        counts = np.bincount(log.places[rows], minlength=width)
        sums = np.bincount(log.places[rows], log.rewards[rows], minlength=width)
        usual = sums.sum() / max(1, counts.sum())
        guesses[halves == half] = ((sums + _PRIOR * usual) / (counts + _PRIOR))[log.places[halves == half]]
    return guesses
