"""Trains the engine: chooses the matrix, learns the weights on held-out users, and everything else from all.

What is learned, and from what, is told where the equations are: `engine`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tastemaker.recipes.attributes import contents, contexts, descriptions, segments
from tastemaker.recipes.attributes.descriptions import Descriptions
from tastemaker.recipes.contract import Progress
from tastemaker.recipes.data import Mask, TrainingData
from tastemaker.recipes.histories.baskets import typical_users
from tastemaker.recipes.measuring.evaluation import Case
from tastemaker.recipes.personal import blend, context_choice
from tastemaker.recipes.personal.blend import Example
from tastemaker.recipes.personal.columns import NEW
from tastemaker.recipes.personal.engine import Personal
from tastemaker.recipes.personal.panels import Sources, Weights
from tastemaker.recipes.personal.searches import Search, learn_chosen, paired

CANDIDATES_TAUGHT = 25


class Factors(NamedTuple):
    """How much the lifts of segments and of contexts may say."""

    segments: float
    contexts: float


def fit(
    data: TrainingData, *, seed: int, progress: Progress, recency: bool = True, cold: Mask | None = None
) -> Personal:
    """Learn the engine: the weights on users held out inside the data, everything else on all users.

    Items that are `cold` (items,) are judged by what they are, whatever events they have. What a model of most of the
    same data has chosen is not searched for again.
    """
    rows = descriptions.describe(data)
    if isinstance(data.like, Personal):
        return _fit_like(data.like, data, rows, progress, cold)
    search = Search.begin(data, seed, progress)
    progress(0.15, "choosing how far order counts")
    choices = search.choose()
    progress(0.3, "learning what follows what")
    choice, learned = search.learn(choices, rows)
    if recency:
        folds = zip(learned, search.folds, strict=True)
        learned = [sources.with_transitions(fold.learner.training) for sources, fold in folds]
    progress(0.55, "learning what repeats and what is discovered")
    weights = _weights(search, learned, timeless=not recency)
    parts = [replace(data, interactions=fold.training) for fold in search.folds]
    if rows is not None:
        some_cold = _some_cold(data, seed, cold)
        learned = [sources.with_contents(part, rows, some_cold) for sources, part in zip(learned, parts, strict=True)]
        weights = _described(search, learned, weights, some_cold, recency=recency)
    factors = _factors(search, learned, parts, weights)
    progress(0.75, "learning from all users")
    everything = _chained(search.learn_all(choice, learned[0]), weights, data)
    return Personal(_finished(everything, data, rows, cold, factors), weights, choice)


def _weights(search: Search, learned: Sequence[Sources], *, timeless: bool) -> Weights:
    """Learn the weights from what validation users are asked, those of each fold by what the others teach."""
    asked = [(fold.cases, fold.singles, fold.opens, fold.firsts) for fold in search.folds]
    examples, singles, opens, firsts = (
        [each for sources, cases in zip(learned, of_kind, strict=True) for each in _examples(sources, cases)]
        for of_kind in zip(*asked, strict=True)
    )
    weights = blend.learn(examples, [*singles, *opens], learned[0].usual, timeless=timeless)
    return blend.choose_quiet(weights, singles, firsts, timeless=timeless)


def _examples(sources: Sources, cases: Sequence[Case], cold: Mask | None = None) -> list[Example]:
    return [Example.of(sources.lay_out(case.query, CANDIDATES_TAUGHT, cold=cold), case) for case in cases]


def _factors(search: Search, learned: Sequence[Sources], parts: Sequence[TrainingData], weights: Weights) -> Factors:
    """Choose how much segments and contexts say, by what the validation users of all folds took."""
    folds = list(zip(learned, parts, search.folds, strict=True))
    by_segment = [
        (segments.learn(part), sources.discovery.popularity.share, fold.cases) for sources, part, fold in folds
    ]
    by_context = [(contexts.learn(part), sources, fold.singles) for sources, part, fold in folds]
    return Factors(segments.choose(by_segment), context_choice.choose(by_context, parts[0].contexts, weights))


def _fit_like(
    like: Personal, data: TrainingData, rows: Descriptions | None, progress: Progress, cold: Mask | None
) -> Personal:
    progress(0.1, "learning from all users")
    sources = learn_chosen(data.interactions, like.choice, like.sources.discovery.scale, rows)
    sources = _chained(sources, like.weights, data)
    factors = Factors(
        *(float(part.factor[0]) if part else 0.0 for part in (like.sources.segments, like.sources.contexts))
    )
    return Personal(_finished(sources, data, rows, cold, factors), like.weights, like.choice)


def _chained(sources: Sources, weights: Weights, data: TrainingData) -> Sources:
    """Add what comes right after what, if it counts."""
    return sources.with_transitions(paired(data.interactions)) if weights.new[NEW.next] else sources


def _finished(
    sources: Sources, data: TrainingData, rows: Descriptions | None, cold: Mask | None, factors: Factors
) -> Sources:
    """Add what is known beside the events: what items are, who users are, contexts, and what is aimed at."""
    return replace(
        sources.with_contents(data, rows, cold),
        segments=segments.learn(data, factors.segments),
        contexts=contexts.learn(data, factors.contexts),
        leanings=data.objective.leanings() if data.objective else None,
    )


def _some_cold(data: TrainingData, seed: int, cold: Mask | None) -> Mask:
    """Return the items that are treated as cold while it is learned how such items are found."""
    sample = contents.mask(data.interactions, seed)
    return sample if cold is None else sample | cold


def _described(search: Search, learned: Sequence[Sources], weights: Weights, cold: Mask, *, recency: bool) -> Weights:
    """Learn the weights of items that only their description speaks for, from some that are treated as such."""
    folds = zip(learned, search.folds, strict=True)
    examples = [each for sources, fold in folds for each in _examples(sources, fold.cases, cold)]
    return blend.learn_described(weights, examples, timeless=not recency)


def fit_first_version(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress, cold: Mask | None = None
) -> Personal:
    """Learn with the first version's parameters: from users of usual length, with or without the order of events."""
    low, high = (float(parameters[f"{side}_user_history_length_percentile"]) for side in ("min", "max"))
    data = replace(data, interactions=typical_users(data.interactions, low, high))
    return fit(data, seed=seed, progress=progress, recency=parameters["recency_mask"] == "true", cold=cold)
