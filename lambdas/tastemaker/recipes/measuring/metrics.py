"""Offline metrics under Amazon's names; the guide's worked example is a test."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Indices, Mask

CUTOFFS = (5, 10, 25)
LENGTH = 25
MRR = "mean_reciprocal_rank_at_25"
NDCG = "normalized_discounted_cumulative_gain_at_"
PRECISION = "precision_at_"
REWARDS = "average_rewards_at_k"
RESAMPLES = 1000
DISCOUNTS = 1.0 / np.log2(np.arange(2, LENGTH + 2))
IDEAL = np.cumsum(DISCOUNTS)


def score_list(answer: Indices, relevant: Indices) -> dict[str, float]:
    """Judge one list against the items the user really chose."""
    hits = np.zeros((1, LENGTH), bool)
    hits[0, : len(answer[:LENGTH])] = np.isin(answer[:LENGTH], relevant)
    return {name: float(values[0]) for name, values in score_hits(hits, np.array([len(np.unique(relevant))])).items()}


def score_hits(hits: Mask, relevant: NDArray[np.integer]) -> dict[str, NDArray[np.float64]]:
    """Judge lists by where they are right: hits (lists, LENGTH), relevant (lists,) how many could be."""
    first = hits.argmax(axis=1)
    scores = {MRR: hits[np.arange(len(hits)), first] / (first + 1)}
    for cutoff in CUTOFFS:
        gains = np.where(hits[:, :cutoff], DISCOUNTS[:cutoff], 0.0).sum(axis=1)
        scores[f"{NDCG}{cutoff}"] = gains / IDEAL[np.minimum(cutoff, relevant) - 1]
        scores[f"{PRECISION}{cutoff}"] = hits[:, :cutoff].sum(axis=1) / cutoff
    return scores


def ndcg(hits: NDArray[np.number] | NDArray[np.bool_], relevant: int, cutoff: int) -> float:
    """Return the discounted gain of hits by position over that of the best list there could be."""
    hits = hits[:cutoff]
    return float(hits @ DISCOUNTS[: len(hits)] / IDEAL[min(cutoff, relevant) - 1])


def reward(answer: Indices, relevant: Indices, worth: Floats) -> float:
    """Return what a list's hits bring, as a share of what the best list of that length would have brought.

    Where nothing brings anything, hits count alike.
    """
    hits = answer[np.isin(answer, relevant)]
    best = np.sort(worth[relevant].astype(np.float64))[::-1][: len(answer)]
    if best.sum() > 0:
        return float(np.sort(worth[hits].astype(np.float64))[::-1].sum() / best.sum())
    return len(hits) / max(1, len(best))


def draws(users: int, seed: int, rounds: int = RESAMPLES) -> Iterator[NDArray[np.integer]]:
    """Yield who is drawn each time of a bootstrap over users: as many as there are, some more than once."""
    rng = np.random.default_rng(seed)
    return (rng.integers(users, size=users) for _ in range(rounds))


def resample(values: NDArray[np.floating], seed: int, rounds: int = RESAMPLES) -> NDArray[np.float64]:
    """Return bootstrap means over users: values (users, metrics) -> (rounds, metrics)."""
    return np.stack([values[drawn].mean(axis=0) for drawn in draws(len(values), seed, rounds)])


def intervals(values: NDArray[np.floating], seed: int) -> NDArray[np.float64]:
    """Return 95 % bootstrap intervals of means over users: values (users, metrics) -> (metrics, 2)."""
    return np.percentile(resample(np.asarray(values, np.float64), seed), [2.5, 97.5], axis=0).T


def paired_difference(first: Floats, second: Floats, seed: int = 0) -> tuple[float, float, float]:
    """Return (mean, low, high) of first - second over the same users; an interval without 0 is a difference."""
    difference = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    ((low, high),) = intervals(difference[:, None], seed).tolist()
    return float(difference.mean()), low, high


def clearly_best(qualities: Sequence[NDArray[np.float64]]) -> int:
    """Return which of some qualities, by user, is best: the first unless another is better beyond doubt."""
    return int(np.argmax([beyond_doubt(each - qualities[0]) for each in qualities]))


def beyond_doubt(gains: NDArray[np.float64]) -> float:
    """Return the mean gain less its standard error, for rules that have to be clearly better; nan says nothing."""
    gains = gains[~np.isnan(gains)]
    return float(gains.mean() - gains.std() / math.sqrt(len(gains))) if len(gains) else 0.0
