"""The engine of User-Personalization and Personalized-Ranking: what repeats, what follows, what is popular now."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import (
    blend,
    contents,
    descriptions,
    discovery,
    evaluation,
    logistic,
    repeats,
    segments,
    trends,
)
from tastemaker.recipes.baskets import last_events, typical_users
from tastemaker.recipes.blend import Example
from tastemaker.recipes.contents import Contents
from tastemaker.recipes.data import Floats, Indices, Interactions, Mask, Query, Ranking, TrainingData
from tastemaker.recipes.discovery import Discovery
from tastemaker.recipes.evaluation import Case
from tastemaker.recipes.grams import Kernel
from tastemaker.recipes.matrices import Learner
from tastemaker.recipes.metrics import ndcg
from tastemaker.recipes.neighbours import Neighbours
from tastemaker.recipes.panels import Sources, Weights
from tastemaker.recipes.popularity import distinct_users
from tastemaker.recipes.registry import Arrays, Progress
from tastemaker.recipes.repeats import Own
from tastemaker.recipes.segments import Segments
from tastemaker.recipes.trends import Trends

RIDGES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
FIRST_RIDGE, UNTAUGHT_RIDGE = 3, 1.0
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
    progress(0.2, "choosing the ridge")
    ridge = search.best_ridge()
    progress(0.3, "learning what follows what")
    sources = search.learn(ridge)
    progress(0.55, "learning what repeats and what is discovered")
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
    everything = search.learn_all(ridge, sources).knowing(data, described, cold)
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
    """The state of one fit: what is learned from, the validation users' questions, and what was found so far."""

    everything: Interactions
    learned: Interactions
    learner: Learner
    cases: list[Case]
    owns: list[Own]

    @classmethod
    def begin(cls, data: TrainingData, seed: int, progress: Progress) -> Self:
        users = _validation_users(data, seed)
        events, outside = data.interactions, np.ones(data.interactions.n_users, bool)
        outside[users] = False
        kept = outside[events.users]
        learned, hidden = events.where(kept) if len(users) else events, events.where(~kept)
        progress(0.05, "counting what follows what")
        learner = Learner.of(last_events(learned, TAUGHT_EVENTS), last_events(hidden, TAUGHT_EVENTS), KERNEL)
        cases = evaluation.cases(events, users, whole_baskets=True)
        return cls(events, learned, learner, cases, [Own.of(case.query) for case in cases])

    def best_ridge(self) -> float:
        """Climb to the ridge whose plain scores find the validation users' new items best."""
        if not self.cases:
            return UNTAUGHT_RIDGE
        quality = cache(partial(self._quality, _histories(self.owns, self.learner.head, self.everything.n_items)))
        step = FIRST_RIDGE
        while True:
            near = [each for each in (step - 1, step, step + 1) if 0 <= each < len(RIDGES)]
            best = max(near, key=lambda each: (quality(each), each == step))
            if best == step:
                return RIDGES[step]
            step = best

    def learn(self, ridge: float) -> Sources:
        """Learn from the users that are not held out."""
        return self._sources(self.learner.learn(ridge), self.learned)

    def learn_all(self, ridge: float, before: Sources) -> Sources:
        """Learn from all users."""
        everyone = last_events(self.everything, TAUGHT_EVENTS)
        neighbours = self.learner.learn_all(ridge, everyone, before.found.neighbours)
        return self._sources(neighbours, self.everything)

    def _quality(self, histories: Floats, step: int) -> float:
        """Return the NDCG of scores among the head on items that are new to each user."""
        scores = self.learner.head_scores(histories, RIDGES[step])
        head = self.learner.head
        return blend.mean(map(partial(_plain_ndcg, head), scores, self.cases, self.owns))

    def _sources(self, neighbours: Neighbours, events: Interactions) -> Sources:
        users = distinct_users(events)
        scale = discovery.strong_scores(neighbours, self.owns)
        found = Discovery(neighbours, trends.learn(events, users), scale)
        return Sources(found, repeats.repeat_rates(events, users), repeats.usual_odds(len(events), users))


def _validation_users(data: TrainingData, seed: int) -> Indices:
    """Draw validation users by hash; the seed is moved on so that they are not the evaluation's."""
    users = int((np.diff(data.interactions.starts()) > 0).sum())
    wanted = min(max(VALIDATION_SHARE * users, VALIDATION_LEAST), VALIDATION_SHARE_MOST * users, VALIDATION_MOST)
    if wanted < blend.ENOUGH:
        return np.empty(0, np.int32)
    return evaluation.held_out(data.user_ids, data.interactions, seed=seed + 1, share=wanted / users)


def _histories(owns: list[Own], head: Indices, n_items: int) -> Floats:
    """Return the histories as weights of the head's items, all kernels added up: (cases, head)."""
    place = np.full(n_items, -1, np.int32)
    place[head] = np.arange(len(head), dtype=np.int32)
    rows = np.zeros((len(owns), len(head)), np.float32)
    for row, own in zip(rows, owns, strict=True):
        mine = place[own.items]
        row[mine[mine >= 0]] = discovery.fading(own).sum(axis=0)[mine >= 0]
    return rows


def _plain_ndcg(head: Indices, scores: Floats, case: Case, own: Own) -> float:
    relevant = case.relevant[~own.has(case.relevant)]
    if not len(relevant):
        return math.nan
    scores = np.where(own.has(head), -np.inf, scores)
    best = head[blend.best_places(scores, blend.CUTOFF)]
    return ndcg(np.isin(best, relevant), len(relevant), blend.CUTOFF)
