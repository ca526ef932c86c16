"""How much a context may say: as much as makes answers to held-out users better, asked for baskets in theirs."""

from collections.abc import Sequence
from dataclasses import replace
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


def choose(
    contexts: Contexts | None, events: ContextEvents | None, sources: Sources, weights: Weights, cases: Sequence[Case]
) -> float:
    """Return the factor with which the answers are better beyond doubt than without any context."""
    if contexts is None or events is None:
        return 0.0
    cases = [case for case in (_in_context(case, events) for case in cases) if case.query.context]
    if len(cases) < ENOUGH:
        return UNTAUGHT
    with_contexts = replace(sources, contexts=contexts)
    panels = [with_contexts.lay_out(case.query, CANDIDATES) for case in cases]
    return FACTORS[clearly_best([_quality(contexts, panels, cases, weights, factor) for factor in FACTORS])]


def _quality(
    contexts: Contexts, panels: Sequence[Panel], cases: Sequence[Case], weights: Weights, factor: float
) -> NDArray[np.float64]:
    held_back = [_held_back(contexts, panel, case, factor) for panel, case in zip(panels, cases, strict=True)]
    return np.array([Example.of(panel, case).judge(weights) for panel, case in zip(held_back, cases, strict=True)])


def _held_back(contexts: Contexts, panel: Panel, case: Case, factor: float) -> Panel:
    """Return a panel that was laid out with the factor 1 as another factor makes it."""
    lifts, less = contexts.of(case.query.context or {}), np.float32(factor - 1)
    own, new = (segments.added(lifts, items) * less for items in (panel.own_items, panel.new_items))
    return replace(panel, own_more=panel.own_more + own, new_more=panel.new_more + new)


def _in_context(case: Case, events: ContextEvents) -> Case:
    context = events.at(case.query.user or 0, case.query.now)
    return replace(case, query=replace(case.query, context=context))
