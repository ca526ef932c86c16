"""Learns one probability per item: own items by how they repeat, others by how they are discovered.

Two logistic regressions share one scale: P(an own item is taken again | repeat features) and
P(a new item is taken | discovery features). Learned weights can overfit few validation users, so plain methods
(own items decayed, SeqRidge alone, popularity alone) are the same regressions on fewer columns, compete with the full
ones on users that neither learned from, and validation chooses.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import discovery, logistic, repeats
from tastemaker.recipes.data import Floats, Indices
from tastemaker.recipes.evaluation import Case
from tastemaker.recipes.logistic import Rows
from tastemaker.recipes.metrics import NDCG, score_list
from tastemaker.recipes.panels import NEW_WIDTH, OWN_WIDTH, Panel, Weights, untaught

# Only the strongest rows of a user teach: below them nothing is ever shown.
TAUGHT = 100
# With fewer validation users than this nothing is learned.
ENOUGH = 20
FOLDS = 2
# Far more than any log-odds: puts all of one kind before all of the other.
APART = 100.0
OFFSETS = {"mixed": 0.0, "own first": -APART, "new first": APART}

Columns = tuple[int, ...]
Choices = Mapping[str, Columns]
Judge = Callable[[Panel, Case, Floats], float]
_OWN_HABIT = tuple(range(OWN_WIDTH - repeats.HABIT_WIDTH, OWN_WIDTH))
_NEW_HABIT = tuple(range(NEW_WIDTH - repeats.HABIT_WIDTH, NEW_WIDTH))
OWN_CHOICES: Choices = {
    "learned": tuple(range(OWN_WIDTH)),
    **{f"decayed over {decay:g}": (column, *_OWN_HABIT) for column, decay in enumerate(repeats.BASKET_DECAYS)},
    "counted": (repeats.COUNT, *_OWN_HABIT),
}
NEW_CHOICES: Choices = {
    "learned": tuple(range(NEW_WIDTH)),
    "SeqRidge": (*range(discovery.SHARE), *_NEW_HABIT),
    "recent SeqRidge": (0, *_NEW_HABIT),
    "popularity": (*range(discovery.SHARE, discovery.WIDTH), *_NEW_HABIT),
}
# The columns in which the order of events does not show: all that is left without recency bias.
_WHOLE, _SHARE = discovery.SHARE - 1, discovery.SHARE
_TIMELESS_OWN = {repeats.COUNT, repeats.ONCE, repeats.RATE, repeats.WIDTH + _WHOLE, repeats.WIDTH + _SHARE, *_OWN_HABIT}
TIMELESS_OWN: Choices = {"learned": tuple(sorted(_TIMELESS_OWN)), "counted": OWN_CHOICES["counted"]}
TIMELESS_NEW: Choices = {
    "learned": (_WHOLE, _SHARE, *_NEW_HABIT),
    "SeqRidge": (_WHOLE, *_NEW_HABIT),
    "popularity": (_SHARE, *_NEW_HABIT),
}


def learn(panels: Sequence[Panel], cases: Sequence[Case], usual: float, *, timeless: bool) -> Weights:
    """Choose and learn weights from what the validation users took next."""
    if len(cases) < ENOUGH:
        return untaught(usual, timeless=timeless)
    own = [_own_rows(panel, case) for panel, case in zip(panels, cases, strict=True)]
    new = [_new_rows(panel, case) for panel, case in zip(panels, cases, strict=True)]
    own_choices, new_choices = (TIMELESS_OWN, TIMELESS_NEW) if timeless else (OWN_CHOICES, NEW_CHOICES)
    own_name, own_folds = _compete(own, own_choices, panels, cases, _judge_own)
    new_name, new_folds = _compete(new, new_choices, panels, cases, _judge_new)
    folds = [Weights(*pair, {}) for pair in zip(own_folds, new_folds, strict=True)]
    order, quality = _best_order(panels, cases, folds)
    origin = {"own": own_name, "new": new_name, "order": order, "validation": round(quality, 4), "users": len(cases)}
    taught = Weights(_fit(own, own_choices[own_name]), _fit(new, new_choices[new_name]), origin)
    return _ordered(taught, order)


def _own_rows(panel: Panel, case: Case) -> Rows:
    return _taught(panel.own_items, panel.own, panel.own[:, repeats.STEADY], case)


def _new_rows(panel: Panel, case: Case) -> Rows:
    return _taught(panel.new_items, panel.new, discovery.strength(panel.new), case)


def _taught(items: Indices, features: Floats, strength: Floats, case: Case) -> Rows:
    """Return a user's strongest rows; every user counts alike."""
    chosen = np.argsort(-strength, kind="stable")[:TAUGHT]
    truth = np.isin(items[chosen], case.relevant)
    return Rows(features[chosen], truth, np.full(len(chosen), 1 / max(1, len(chosen)), np.float32))


def _fit(rows: Sequence[Rows], columns: Columns) -> Floats:
    return logistic.learn(Rows.join(rows), columns)


def _compete(
    rows: Sequence[Rows], choices: Choices, panels: Sequence[Panel], cases: Sequence[Case], judge: Judge
) -> tuple[str, list[Floats]]:
    """Return the choice that is best on users it did not learn from, and its weights by fold."""
    taught = {name: [_fit(_others(rows, fold), columns) for fold in range(FOLDS)] for name, columns in choices.items()}
    quality = {
        name: mean(judge(*pair, folds[n % FOLDS]) for n, pair in enumerate(zip(panels, cases, strict=True)))
        for name, folds in taught.items()
    }
    best = max(quality, key=quality.__getitem__)
    return best, taught[best]


def _others(rows: Sequence[Rows], fold: int) -> list[Rows]:
    return [each for number, each in enumerate(rows) if number % FOLDS != fold]


def mean(values: Iterable[float]) -> float:
    """Return the mean of what could be judged; nan stands for a user who says nothing about it."""
    known: NDArray[np.float64] = np.array([value for value in values if value == value])  # noqa: PLR0124
    return float(known.mean()) if len(known) else 0.0


def _judge_own(panel: Panel, case: Case, weights: Floats) -> float:
    return ndcg(panel.own_items, logistic.logits(weights, panel.own), case.relevant)


def _judge_new(panel: Panel, case: Case, weights: Floats) -> float:
    return ndcg(panel.new_items, logistic.logits(weights, panel.new), case.relevant)


def ndcg(items: Indices, odds: Floats, relevant: Indices) -> float:
    hits = relevant[np.isin(relevant, items)]
    if not len(hits):
        return float("nan")
    return score_list(items[np.argsort(-odds, kind="stable")[:25]], hits)[f"{NDCG}10"]


def _best_order(panels: Sequence[Panel], cases: Sequence[Case], folds: Sequence[Weights]) -> tuple[str, float]:
    """Return whether own and new items are best mixed or kept apart, and the NDCG of that."""
    quality = {
        order: mean(
            _ndcg_of_all(panel, case, _ordered(folds[number % FOLDS], order))
            for number, (panel, case) in enumerate(zip(panels, cases, strict=True))
        )
        for order in OFFSETS
    }
    best = max(quality, key=quality.__getitem__)
    return best, quality[best]


def _ndcg_of_all(panel: Panel, case: Case, weights: Weights) -> float:
    items, odds = panel.log_odds(weights)
    return score_list(items[np.argsort(-odds, kind="stable")[:25]], case.relevant)[f"{NDCG}10"]


def _ordered(weights: Weights, order: str) -> Weights:
    """Move all new items up or down at once."""
    new = weights.new.copy()
    new[-1] += OFFSETS[order]
    return Weights(weights.own, new, weights.origin)
