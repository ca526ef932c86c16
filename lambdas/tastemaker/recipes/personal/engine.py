"""The engine of User-Personalization and Personalized-Ranking: what repeats, what follows, what is popular now."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes import contents, contexts, descriptions, segments
from tastemaker.recipes.attributes.contents import Contents
from tastemaker.recipes.attributes.contexts import Contexts
from tastemaker.recipes.attributes.descriptions import Descriptions, Vocabulary
from tastemaker.recipes.attributes.segments import Segments
from tastemaker.recipes.contract import Arrays, Progress
from tastemaker.recipes.data import Cause, Floats, Indices, Mask, Newcomers, Query, Ranking, TrainingData
from tastemaker.recipes.histories.baskets import typical_users
from tastemaker.recipes.histories.popularity_over_time import Trends
from tastemaker.recipes.matrix.grams import Kernel
from tastemaker.recipes.matrix.neighbours import Neighbours
from tastemaker.recipes.personal import blend, causes, context_choice, logistic
from tastemaker.recipes.personal.blend import Example
from tastemaker.recipes.personal.discovery import Discovery
from tastemaker.recipes.personal.panels import NEW_WIDTH, OWN_WIDTH, Panel, Sources, Weights
from tastemaker.recipes.personal.searches import Choice, Search, learn_chosen

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

    def causes(
        self, query: Query, items: Indices, allowed: Mask | None = None, *, listed: bool = False
    ) -> list[list[Cause]]:
        """Return what speaks for each of some items: of an answer, or of a list that was ranked."""

        def lay_out(sources: Sources, asked: Query) -> Panel:
            if listed:
                return sources.lay_out_list(asked, items)
            return sources.lay_out(asked, len(items), allowed, also=items)

        return causes.find(self.sources, self.weights, query, items, lay_out)

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same with more items, found by their descriptions."""
        return type(self)(self.sources.grown(newcomers), self.weights, self.choice)

    @property
    def describes(self) -> bool:
        """Whether items can be told by what they are."""
        return self.sources.vocabulary is not None

    @property
    def settings(self) -> dict[str, Any]:
        """Return the few numbers beside the arrays, and how the weights came about."""
        return {"usual": self.sources.usual, **asdict(self.choice), "weights": dict(self.weights.origin)}

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the matrix, popularity and weights."""
        sources, found = self.sources, self.sources.found
        arrays = _packed("neighbours", found.neighbours) | _packed("trends", found.trends)
        arrays |= _packed("contents", found.contents) | _packed("segments", sources.segments)
        arrays |= _packed("contexts", sources.contexts) | _packed("vocabulary", sources.vocabulary)
        if sources.leanings is not None:
            arrays["leanings"] = sources.leanings
        return arrays | {
            "scale": found.scale,
            "rates": sources.rates,
            "own_weights": self.weights.own,
            "new_weights": self.weights.new,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Build the engine again; ValueError if it is one with other features than this one's."""
        parts: dict[str, Any] = {
            "contents": Contents,
            "segments": Segments,
            "contexts": Contexts,
            "vocabulary": Vocabulary,
        }
        alike, groups, moods, vocabulary = (
            _unpacked(prefix, kind, arrays) if f"{prefix}_{kind.__slots__[0]}" in arrays else None
            for prefix, kind in parts.items()
        )
        neighbours, popularity = _unpacked("neighbours", Neighbours, arrays), _unpacked("trends", Trends, arrays)
        found = Discovery(neighbours, popularity, arrays["scale"], alike)
        sources = Sources(found, arrays["rates"], settings["usual"], groups, arrays.get("leanings"), moods, vocabulary)
        weights = Weights(arrays["own_weights"], arrays["new_weights"], settings["weights"])
        if (len(weights.own), len(weights.new)) != (OWN_WIDTH + 1, NEW_WIDTH + 1):
            raise ValueError(f"the model weighs {len(weights.own) - 1} and {len(weights.new) - 1} features")
        return cls(sources, weights, Choice(Kernel(**settings["kernel"]), settings["ridge"]))


def _packed(prefix: str, part: Any) -> dict[str, NDArray[Any]]:  # noqa: ANN401  a dataclass of arrays
    """Return the arrays of a part of the model by name; none of a part that it does not have."""
    return {} if part is None else {f"{prefix}_{name}": getattr(part, name) for name in part.__slots__}


def _unpacked(prefix: str, kind: Any, arrays: Arrays) -> Any:  # noqa: ANN401  as above
    return kind(**{name: arrays[f"{prefix}_{name}"] for name in kind.__slots__})


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
