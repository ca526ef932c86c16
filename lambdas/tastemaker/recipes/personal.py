"""The engine of User-Personalization and Personalized-Ranking: what repeats, what follows, what is popular now."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import blend, discovery, evaluation, grams, logistic, repeats, seqridge, trends
from tastemaker.recipes.baskets import first_times, last_events, strongest, typical_users
from tastemaker.recipes.blend import Example
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Query, Ranking, TrainingData
from tastemaker.recipes.discovery import Discovery
from tastemaker.recipes.evaluation import Case
from tastemaker.recipes.grams import Grams, Kernel
from tastemaker.recipes.metrics import ndcg
from tastemaker.recipes.panels import Sources, Weights
from tastemaker.recipes.registry import Arrays, Progress
from tastemaker.recipes.repeats import Own
from tastemaker.recipes.seqridge import Neighbours
from tastemaker.recipes.trends import Trends

# The item-item matrix is learned over this many items; the others take part by repeats and popularity.
HEAD = 3000
# A catalogue up to this size is learned whole.
WHOLE = 4000
RIDGES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
FIRST_RIDGE = 3
# Where people follow a thread from one thing to the next, the last one says nearly all; validation finds out.
KERNELS = (Kernel(), Kernel(1.0, 1.5))
UNTAUGHT = (KERNELS[1], 3.0)
# What a user did longer ago than this many events teaches nothing measurable.
TAUGHT_EVENTS = 1000
# Validation users: a tenth, but enough of them where there are few, and not more than help.
VALIDATION_SHARE, VALIDATION_LEAST, VALIDATION_MOST = 0.1, 500, 1000
VALIDATION_SHARE_MOST = 0.2
CANDIDATES_TAUGHT = 25
# Beside the newest tenth, validation users are asked for this many single baskets, as a live client asks.
NEXT_BASKETS = 2
# The ridge and the kernel are chosen on this many questions.
JUDGES = 600


class Personal:
    """A fitted engine: answers histories, of known users and unknown ones alike."""

    def __init__(self, sources: Sources, weights: Weights, ridge: float) -> None:
        self.sources, self.weights, self.ridge = sources, weights, ridge

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return the k likeliest items with their share of all that were considered."""
        items, odds = self.sources.lay_out(query, k, allowed).log_odds(self.weights)
        return _best(items, odds, k)

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given items, likeliest first; scores sum to 1 over the list."""
        found, odds = self.sources.lay_out_list(query, items).log_odds(self.weights)
        return _best(found, odds, len(found))

    @property
    def settings(self) -> dict[str, Any]:
        """Return the few numbers beside the arrays, and how the weights came about."""
        return {"usual": self.sources.usual, "ridge": self.ridge, "weights": dict(self.weights.origin)}

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the matrix, popularity and weights."""
        found = self.sources.found
        arrays = {f"neighbours_{key}": getattr(found.neighbours, key) for key in Neighbours.__slots__}
        arrays |= {f"trends_{key}": getattr(found.trends, key) for key in Trends.__slots__}
        return arrays | {
            "scale": found.scale,
            "rates": self.sources.rates,
            "own_weights": self.weights.own,
            "new_weights": self.weights.new,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Build the engine again."""
        neighbours = Neighbours(**{key: arrays[f"neighbours_{key}"] for key in Neighbours.__slots__})
        popularity = Trends(**{key: arrays[f"trends_{key}"] for key in Trends.__slots__})
        sources = Sources(Discovery(neighbours, popularity, arrays["scale"]), arrays["rates"], settings["usual"])
        weights = Weights(arrays["own_weights"], arrays["new_weights"], settings["weights"])
        return cls(sources, weights, settings["ridge"])


def _best(items: Indices, odds: Floats, k: int) -> Ranking:
    shares = logistic.share_out(odds)
    if k < len(items):
        strong = np.argpartition(-odds, k - 1)[:k] if k else np.empty(0, np.int64)
        items, odds, shares = items[strong], odds[strong], shares[strong]
    order = np.lexsort((items, -odds))
    return Ranking(items[order].astype(np.int32), shares[order])


def fit(data: TrainingData, *, seed: int, progress: Progress, recency: bool = True) -> Personal:
    """Learn the engine: the weights on users held out inside the data, everything else on all users."""
    search = _Search.begin(data, seed, progress)
    progress(0.35, "choosing the ridge")
    kernel, ridge, sources = search.best()
    progress(0.6, "learning what repeats and what is discovered")
    examples = [Example.of(sources.lay_out(case.query, CANDIDATES_TAUGHT), case) for case in search.cases]
    weights = blend.learn(examples, sources.usual, timeless=not recency)
    progress(0.75, "learning from all users")
    return Personal(search.everyone(kernel, ridge), weights, ridge)


def fit_first_version(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Personal:
    """Learn with the first version's parameters: from users of usual length, with or without the order of events."""
    low, high = (float(parameters[f"{side}_user_history_length_percentile"]) for side in ("min", "max"))
    data = replace(data, interactions=typical_users(data.interactions, low, high))
    return fit(data, seed=seed, progress=progress, recency=parameters["recency_mask"] == "true")


@dataclass(slots=True)
class _Search:
    """The state of one fit: what is learned from, what pairs are counted of, and the validation users' questions."""

    everything: Interactions
    learned: Interactions
    paired: Interactions
    hidden: Mask
    head: Indices
    cases: list[Case]

    @classmethod
    def begin(cls, data: TrainingData, seed: int, progress: Progress) -> Self:
        # A repeat is explained by itself; the matrix is for what is new to a user.
        events = last_events(first_times(data.interactions), TAUGHT_EVENTS)
        limit = events.n_items if events.n_items <= WHOLE else HEAD
        head = strongest(events.items, events.n_items, limit)
        users = _validation_users(data, seed)
        progress(0.05, "counting what follows what")
        cases = evaluation.cases(data.interactions, users, whole_baskets=True)
        cases += evaluation.next_baskets(data.interactions, users, each=NEXT_BASKETS, seed=seed)
        learned = data.interactions.where(~np.isin(data.interactions.users, users))
        return cls(data.interactions, learned, events, np.isin(events.users, users), head, cases)

    def best(self) -> tuple[Kernel, float, Sources]:
        """Return the kernel and the ridge whose plain scores find the validation users' new items best."""
        if not self.cases:
            return *UNTAUGHT, self.everyone(*UNTAUGHT)
        plain, step, found = _popular_and_repeated(self.learned), FIRST_RIDGE, []
        for kernel in KERNELS:
            quality, step, sources = self._climb(kernel, step, plain)
            found.append((quality, kernel, RIDGES[step], sources))
        _, kernel, ridge, sources = max(found, key=lambda each: each[0])
        return kernel, ridge, sources

    def _climb(self, kernel: Kernel, step: int, plain: "_Plain") -> tuple[float, int, Sources]:
        """Climb to the best ridge of a kernel from one of RIDGES."""
        pairs = self._count(self.paired.where(~self.hidden), kernel)
        judges = self.cases[:: 1 + len(self.cases) // JUDGES]
        tried: dict[int, tuple[float, Sources]] = {}

        def quality(step: int) -> float:
            if not 0 <= step < len(RIDGES):
                return -1.0
            if step not in tried:
                sources = self._sources(pairs, kernel, RIDGES[step], plain)
                tried[step] = (_discovery_quality(sources, judges), sources)
            return tried[step][0]

        while (best := max((step - 1, step, step + 1), key=lambda near: (quality(near), near == step))) != step:
            step = best
        return quality(step), step, tried[step][1]

    def everyone(self, kernel: Kernel, ridge: float) -> Sources:
        """Solve once more with the validation users' events."""
        return self._sources(self._count(self.paired, kernel), kernel, ridge, _popular_and_repeated(self.everything))

    def _count(self, events: Interactions, kernel: Kernel) -> Grams:
        return grams.count_pairs(events, seqridge.positions(self.head, events.n_items), len(self.head), kernel)

    def _sources(self, pairs: Grams, kernel: Kernel, ridge: float, plain: "_Plain") -> Sources:
        weights = seqridge.solve(pairs, kernel, ridge)
        neighbours = seqridge.keep_strongest(weights, self.head, self.everything.n_items)
        judges = self.cases[:: 1 + len(self.cases) // JUDGES]
        scale = discovery.strong_scores(neighbours, [Own.of(case.query) for case in judges])
        return Sources(Discovery(neighbours, plain.popularity, scale), plain.rates, plain.usual)


@dataclass(frozen=True, slots=True)
class _Plain:
    """What is counted rather than solved for."""

    popularity: Trends
    rates: Floats
    usual: float


def _popular_and_repeated(events: Interactions) -> _Plain:
    return _Plain(trends.learn(events), repeats.repeat_rates(events), repeats.usual_odds(events))


def _validation_users(data: TrainingData, seed: int) -> Indices:
    """Draw validation users by hash; the seed is moved on so that they are not the evaluation's."""
    users = len(np.unique(data.interactions.users))
    wanted = min(max(VALIDATION_SHARE * users, VALIDATION_LEAST), VALIDATION_SHARE_MOST * users, VALIDATION_MOST)
    if wanted < blend.ENOUGH:
        return np.empty(0, np.int32)
    return evaluation.held_out(data.user_ids, data.interactions, seed=seed + 1, share=wanted / users)


def _discovery_quality(sources: Sources, cases: list[Case]) -> float:
    """Return the NDCG of the plain sum of scores on items that are new to each user."""
    return blend.mean(_plain_ndcg(sources.found, case) for case in cases)


def _plain_ndcg(found: Discovery, case: Case) -> float:
    own = Own.of(case.query)
    relevant = case.relevant[~np.isin(case.relevant, own.items)]
    if not len(relevant):
        return math.nan
    scores = found.scores(own).sum(axis=0)
    mine = found.neighbours.position[own.items]
    scores[mine[mine >= 0]] = -np.inf
    best = found.neighbours.head[blend.best_places(scores, blend.CUTOFF)]
    return ndcg(np.isin(best, relevant), len(relevant), blend.CUTOFF)
