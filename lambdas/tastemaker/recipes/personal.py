"""The engine of User-Personalization and Personalized-Ranking: what repeats, what follows, what is popular now."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import (
    blend,
    contents,
    descriptions,
    discovery,
    evaluation,
    grams,
    logistic,
    repeats,
    segments,
    seqridge,
    trends,
)
from tastemaker.recipes.baskets import last_events, strongest, typical_users
from tastemaker.recipes.blend import Example
from tastemaker.recipes.contents import Contents
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Query, Ranking, TrainingData
from tastemaker.recipes.discovery import Discovery
from tastemaker.recipes.evaluation import Case
from tastemaker.recipes.grams import Grams, Kernel
from tastemaker.recipes.metrics import ndcg
from tastemaker.recipes.panels import Sources, Weights
from tastemaker.recipes.registry import Arrays, Progress
from tastemaker.recipes.repeats import Own
from tastemaker.recipes.segments import Segments
from tastemaker.recipes.seqridge import Neighbours
from tastemaker.recipes.trends import Trends

# The item-item matrix is learned over this many items; the others take part by repeats and popularity.
HEAD = 3000
# A catalogue up to this size is learned whole.
WHOLE = 4000
RIDGES = (0.3, 1.0, 3.0, 10.0, 30.0)
FIRST_RIDGE = 3
KERNEL = Kernel()
# What a user did longer ago than this many events teaches nothing measurable.
TAUGHT_EVENTS = 1000
# Validation users: a tenth, but enough of them where there are few, and not more than help.
VALIDATION_SHARE, VALIDATION_LEAST, VALIDATION_MOST = 0.1, 500, 1000
VALIDATION_SHARE_MOST = 0.2
CANDIDATES_TAUGHT = 25


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
        if found.contents is not None:
            arrays |= {f"contents_{key}": getattr(found.contents, key) for key in Contents.names()}
        if self.sources.leanings is not None:
            arrays["leanings"] = self.sources.leanings
        if self.sources.segments is not None:
            arrays |= {f"segments_{key}": getattr(self.sources.segments, key) for key in Segments.names()}
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
        known = "contents_share" in arrays
        alike = Contents(**{key: arrays[f"contents_{key}"] for key in Contents.names()}) if known else None
        found = Discovery(neighbours, popularity, arrays["scale"], alike)
        grouped = "segments_items" in arrays
        groups = Segments(**{key: arrays[f"segments_{key}"] for key in Segments.names()}) if grouped else None
        sources = Sources(found, arrays["rates"], settings["usual"], groups, arrays.get("leanings"))
        weights = Weights(arrays["own_weights"], arrays["new_weights"], settings["weights"])
        return cls(sources, weights, settings["ridge"])


def _best(items: Indices, odds: Floats, k: int) -> Ranking:
    shares = logistic.share_out(odds)
    if k < len(items):
        strong = np.argpartition(-odds, k - 1)[:k] if k else np.empty(0, np.int64)
        items, odds, shares = items[strong], odds[strong], shares[strong]
    order = np.lexsort((items, -odds))
    return Ranking(items[order].astype(np.int32), shares[order])


def fit(
    data: TrainingData, *, seed: int, progress: Progress, recency: bool = True, cold: Mask | None = None
) -> Personal:
    """Learn the engine: the weights on users held out inside the data, everything else on all users.

    Items that are `cold` (items,) are judged by what they are, whatever events they have.
    """
    search = _Search.begin(data, seed, progress)
    progress(0.35, "choosing the ridge")
    ridge, sources = search.best_ridge()
    examples = [Example.of(sources.lay_out(case.query, CANDIDATES_TAUGHT), case) for case in search.cases]
    weights = blend.learn(examples, sources.usual, timeless=not recency)
    described, taught = descriptions.describe(data), replace(data, interactions=search.learned)
    if described is not None:
        masked = contents.mask(data.interactions, seed)
        strange = masked if cold is None else masked | cold
        sources = sources.knowing(taught, described, strange)
        panels = [sources.lay_out(case.query, CANDIDATES_TAUGHT, strange=strange) for case in search.cases]
        examples = [Example.of(*pair) for pair in zip(panels, search.cases, strict=True)]
        weights = blend.learn_described(weights, examples, timeless=not recency)
    factor = segments.choose(segments.learn(taught), sources.found.trends.share, search.cases)
    progress(0.75, "learning from all users")
    everything = search.everyone(ridge).knowing(data, described, cold)
    leanings = data.objective.leanings() if data.objective else None
    everything = replace(everything, segments=segments.learn(data, factor), leanings=leanings)
    return Personal(everything, weights, ridge)


def fit_first_version(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress, cold: Mask | None = None
) -> Personal:
    """Learn with the first version's parameters: from users of usual length, with or without the order of events."""
    low, high = (float(parameters[f"{side}_user_history_length_percentile"]) for side in ("min", "max"))
    data = replace(data, interactions=typical_users(data.interactions, low, high))
    return fit(data, seed=seed, progress=progress, recency=parameters["recency_mask"] == "true", cold=cold)


@dataclass(slots=True)
class _Search:
    """The state of one fit: the Grams of the users learned from, those of the validation users, and their questions."""

    everything: Interactions
    learned: Interactions
    head: Indices
    seen: Grams
    hidden: Grams
    cases: list[Case]

    @classmethod
    def begin(cls, data: TrainingData, seed: int, progress: Progress) -> Self:
        events = last_events(data.interactions, TAUGHT_EVENTS)
        limit = events.n_items if events.n_items <= WHOLE else HEAD
        head = strongest(events.items, events.n_items, limit)
        position = seqridge.positions(head, events.n_items)
        users = _validation_users(data, seed)
        hidden = np.isin(events.users, users)
        progress(0.05, "counting what follows what")
        seen = grams.count_pairs(events.where(~hidden), position, len(head), KERNEL)
        progress(0.25, "counting what follows what")
        held = grams.count_pairs(events.where(hidden), position, len(head), KERNEL)
        cases = evaluation.cases(data.interactions, users, whole_baskets=True)
        learned = data.interactions.where(~np.isin(data.interactions.users, users))
        return cls(data.interactions, learned, head, seen, held, cases)

    def best_ridge(self) -> tuple[float, Sources]:
        """Climb to the ridge whose plain scores find the validation users' new items best."""
        plain = _popular_and_repeated(self.learned)
        tried: dict[int, tuple[float, Sources]] = {}

        def quality(step: int) -> float:
            if not 0 <= step < len(RIDGES):
                return -1.0
            if step not in tried:
                sources = self._sources(self.seen, RIDGES[step], plain, self.cases)
                tried[step] = (_discovery_quality(sources, self.cases), sources)
            return tried[step][0]

        step = FIRST_RIDGE if self.cases else RIDGES.index(1.0)
        quality(step)
        while self.cases:
            best = max((step - 1, step, step + 1), key=lambda near: (quality(near), near == step))
            if best == step:
                break
            step = best
        return RIDGES[step], tried[step][1]

    def everyone(self, ridge: float) -> Sources:
        """Add the validation users back and solve once more."""
        self.seen.add(self.hidden)
        return self._sources(self.seen, ridge, _popular_and_repeated(self.everything), self.cases)

    def _sources(self, pairs: Grams, ridge: float, plain: "_Plain", cases: list[Case]) -> Sources:
        weights = seqridge.solve(pairs, KERNEL, ridge)
        neighbours = seqridge.keep_strongest(weights, self.head, self.everything.n_items)
        scale = discovery.strong_scores(neighbours, [Own.of(case.query) for case in cases])
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
