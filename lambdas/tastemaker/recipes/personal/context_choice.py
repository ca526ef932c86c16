"""How much a context may say: as much as makes answers to held-out users better, asked for baskets in theirs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.attributes import segments
from tastemaker.recipes.attributes.contexts import Contexts
from tastemaker.recipes.data import ContextEvents
from tastemaker.recipes.measuring.evaluation import Case
from tastemaker.recipes.measuring.metrics import clearly_best
from tastemaker.recipes.personal.blend import Example
from tastemaker.recipes.personal.panels import Panel, Sources, Weights

FACTORS: Final = (0.0, 0.25, 0.5, 1.0)
# With fewer questions than this none are asked.
ENOUGH, UNTAUGHT = 20, 0.5
CANDIDATES: Final = 25


@dataclass(frozen=True, slots=True)
class Question:
    """A case that is asked in a context, what the contexts of others teach, and the panel with all that they say."""

    case: Case
    contexts: Contexts
    panel: Panel

    def quality(self, weights: Weights, factor: float) -> float:
        """Return the NDCG of the answer with what contexts say times a factor."""
        lifts, less = self.contexts.of(self.case.query.context or {}), np.float32(factor - 1)
        own, new = (segments.added(lifts, items) * less for items in (self.panel.own_items, self.panel.new_items))
        panel = replace(self.panel, own_more=self.panel.own_more + own, new_more=self.panel.new_more + new)
        return Example.of(panel, self.case).judge(weights)


def choose(
    folds: Sequence[tuple[Contexts | None, Sources, Sequence[Case]]], events: ContextEvents | None, weights: Weights
) -> float:
    """Return the factor with which the answers are better beyond doubt than without any context.

    Each fold has what others teach, their contexts among it, and what its users are asked.
    """
    known = [(contexts, sources, cases) for contexts, sources, cases in folds if contexts is not None]
    if events is None or not known:
        return 0.0
    cases = [[case for case in (_in_context(case, events) for case in fold[2]) if case.query.context] for fold in known]
    if sum(map(len, cases)) < ENOUGH:
        return UNTAUGHT
    questions = [each for fold, some in zip(known, cases, strict=True) for each in _questions(fold[0], fold[1], some)]
    return FACTORS[clearly_best([_qualities(questions, weights, factor) for factor in FACTORS])]


def _questions(contexts: Contexts, sources: Sources, cases: Sequence[Case]) -> list[Question]:
    sources = replace(sources, contexts=contexts)
    return [Question(case, contexts, sources.lay_out(case.query, CANDIDATES)) for case in cases]


def _qualities(questions: Sequence[Question], weights: Weights, factor: float) -> NDArray[np.float64]:
    return np.array([each.quality(weights, factor) for each in questions])


def _in_context(case: Case, events: ContextEvents) -> Case:
    context = events.at(case.query.user or 0, case.query.now)
    return replace(case, query=replace(case.query, context=context))
