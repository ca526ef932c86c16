"""The engine of User-Personalization and Personalized-Ranking: what repeats, what follows, what is popular now."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import blend, contents, context_choice, contexts, descriptions, logistic, segments
from tastemaker.recipes.baskets import typical_users
from tastemaker.recipes.blend import Example
from tastemaker.recipes.contents import Contents
from tastemaker.recipes.contexts import Contexts
from tastemaker.recipes.data import Floats, Indices, Mask, Query, Ranking, TrainingData
from tastemaker.recipes.descriptions import Descriptions
from tastemaker.recipes.discovery import Discovery
from tastemaker.recipes.grams import Kernel
from tastemaker.recipes.neighbours import Neighbours
from tastemaker.recipes.panels import NEW_WIDTH, OWN_WIDTH, Sources, Weights
from tastemaker.recipes.registry import Arrays, Progress
from tastemaker.recipes.searches import Choice, Search, learn_chosen
from tastemaker.recipes.segments import Segments
from tastemaker.recipes.trends import Trends

CANDIDATES_TAUGHT = 25


class Personal:
    """A fitted engine: answers histories, of known users and unknown ones alike."""

    def __init__(self, sources: Sources, weights: Weights, choice: Choice) -> None:
        self.sources, self.weights, self.choice = sources, weights, choice

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return the k likeliest items with their share of all that were considered.

        Of a query with placeholders, items that are there for a filter's sake come last and have nan for a score, if
        there are fewer than k others.
        """
        items, odds = self.sources.lay_out(query, k, allowed).log_odds(self.weights)
        if not query.placeholders:
            return _best(items, odds, k)
        spoken = self.sources.spoken_for(query, k, allowed, items)
        return _filled(items, odds, spoken, k) if np.count_nonzero(spoken) < k else _best(items, odds, k)

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given items, likeliest first; scores sum to 1 over the list."""
        found, odds = self.sources.lay_out_list(query, items).log_odds(self.weights)
        return _best(found, odds, len(found))

    @property
    def settings(self) -> dict[str, Any]:
        """Return the few numbers beside the arrays, and how the weights came about."""
        return {"usual": self.sources.usual, **asdict(self.choice), "weights": dict(self.weights.origin)}

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
        if self.sources.contexts is not None:
            arrays |= {f"contexts_{key}": getattr(self.sources.contexts, key) for key in Contexts.names()}
        return arrays | {
            "scale": found.scale,
            "rates": self.sources.rates,
            "own_weights": self.weights.own,
            "new_weights": self.weights.new,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Build the engine again; ValueError if it is one with other features than this one's."""
        neighbours = Neighbours(**{key: arrays[f"neighbours_{key}"] for key in Neighbours.__slots__})
        popularity = Trends(**{key: arrays[f"trends_{key}"] for key in Trends.__slots__})
        known = "contents_share" in arrays
        alike = Contents(**{key: arrays[f"contents_{key}"] for key in Contents.names()}) if known else None
        found = Discovery(neighbours, popularity, arrays["scale"], alike)
        grouped = "segments_items" in arrays
        groups = Segments(**{key: arrays[f"segments_{key}"] for key in Segments.names()}) if grouped else None
        told = "contexts_items" in arrays
        moods = Contexts(**{key: arrays[f"contexts_{key}"] for key in Contexts.names()}) if told else None
        sources = Sources(found, arrays["rates"], settings["usual"], groups, arrays.get("leanings"), moods)
        weights = Weights(arrays["own_weights"], arrays["new_weights"], settings["weights"])
        if (len(weights.own), len(weights.new)) != (OWN_WIDTH + 1, NEW_WIDTH + 1):
            raise ValueError(f"the model weighs {len(weights.own) - 1} and {len(weights.new) - 1} features")
        return cls(sources, weights, Choice(Kernel(**settings["kernel"]), settings["ridge"]))


def _best(items: Indices, odds: Floats, k: int) -> Ranking:
    shares = logistic.share_out(odds)
    if k < len(items):
        strong = np.argpartition(-odds, k - 1)[:k] if k else np.empty(0, np.int64)
        items, odds, shares = items[strong], odds[strong], shares[strong]
    order = np.lexsort((items, -odds))
    return Ranking(items[order].astype(np.int32), shares[order])


def _filled(items: Indices, odds: Floats, spoken: Mask, k: int) -> Ranking:
    """Return all items that something speaks for, then others without a score."""
    first = _best(items[spoken], odds[spoken], k)
    rest = _best(items[~spoken], odds[~spoken], k - len(first.items)).items
    scores = np.zeros(0, np.float32) if first.scores is None else first.scores
    return Ranking(np.append(first.items, rest), np.append(scores, np.full(len(rest), np.nan, np.float32)))


def fit(
    data: TrainingData, *, seed: int, progress: Progress, recency: bool = True, cold: Mask | None = None
) -> Personal:
    """Learn the engine: the weights on users held out inside the data, everything else on all users.

    Items that are `cold` (items,) are judged by what they are, whatever events they have. What a model of most of the
    same data has chosen is not searched for again.
    """
    described = descriptions.describe(data)
    if isinstance(data.like, Personal):
        return _fit_like(data.like, data, described, progress, cold)
    search = Search.begin(data, seed, progress)
    progress(0.15, "choosing how far order counts")
    choice = search.choose()
    progress(0.3, "learning what follows what")
    sources = search.learn(choice)
    progress(0.55, "learning what repeats and what is discovered")
    examples, singles, firsts = (
        [Example.of(sources.lay_out(case.query, CANDIDATES_TAUGHT), case) for case in cases]
        for cases in (search.cases, search.singles, search.firsts)
    )
    weights = blend.learn(examples, singles, sources.usual, timeless=not recency)
    weights = blend.choose_quiet(weights, singles, firsts, timeless=not recency)
    taught = replace(data, interactions=search.learned)
    if described is not None:
        strange = _strange(data, seed, cold)
        knowing = sources.knowing(taught, described, strange)
        weights = _described(search, knowing, weights, strange, recency=recency)
    factor = segments.choose(segments.learn(taught), sources.found.trends.share, search.cases)
    heeded = context_choice.choose(contexts.learn(taught), data.contexts, sources, weights, search.singles)
    progress(0.75, "learning from all users")
    whole = _finished(search.learn_all(choice, sources), data, described, cold, factor)
    return Personal(replace(whole, contexts=contexts.learn(data, heeded)), weights, choice)


def _fit_like(
    like: Personal, data: TrainingData, described: Descriptions | None, progress: Progress, cold: Mask | None
) -> Personal:
    progress(0.1, "learning from all users")
    sources = learn_chosen(data.interactions, like.choice, like.sources.found.scale)
    factor = float(like.sources.segments.factor[0]) if like.sources.segments else 0.0
    heeded = float(like.sources.contexts.factor[0]) if like.sources.contexts else 0.0
    whole = _finished(sources, data, described, cold, factor)
    return Personal(replace(whole, contexts=contexts.learn(data, heeded)), like.weights, like.choice)


def _finished(
    sources: Sources, data: TrainingData, described: Descriptions | None, cold: Mask | None, factor: float
) -> Sources:
    """Add what is known beside the events: what items are, who users are, and what is aimed at."""
    leanings = data.objective.leanings() if data.objective else None
    return replace(sources.knowing(data, described, cold), segments=segments.learn(data, factor), leanings=leanings)


def _strange(data: TrainingData, seed: int, cold: Mask | None) -> Mask:
    masked = contents.mask(data.interactions, seed)
    return masked if cold is None else masked | cold


def _described(search: Search, sources: Sources, weights: Weights, strange: Mask, *, recency: bool) -> Weights:
    """Learn the weights of items that only their description speaks for, from some that are treated as such."""
    panels = [sources.lay_out(case.query, CANDIDATES_TAUGHT, strange=strange) for case in search.cases]
    examples = [Example.of(*pair) for pair in zip(panels, search.cases, strict=True)]
    return blend.learn_described(weights, examples, timeless=not recency)


def fit_first_version(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress, cold: Mask | None = None
) -> Personal:
    """Learn with the first version's parameters: from users of usual length, with or without the order of events."""
    low, high = (float(parameters[f"{side}_user_history_length_percentile"]) for side in ("min", "max"))
    data = replace(data, interactions=typical_users(data.interactions, low, high))
    return fit(data, seed=seed, progress=progress, recency=parameters["recency_mask"] == "true", cold=cold)
