"""One probability per item: own items by how they repeat, others by how they are discovered, weights learned.

Two logistic regressions share one scale: P(an own item is taken again | repeat features) and
P(a new item is taken | discovery features). Learned weights can overfit few validation users, so plain methods
(own items decayed, SeqRidge alone, popularity alone) are the same regressions on fewer columns, compete with the full
ones out of fold, and validation chooses.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tastemaker.recipes import discovery, logistic, repeats
from tastemaker.recipes.data import Floats, Indices, Mask
from tastemaker.recipes.discovery import Discovery
from tastemaker.recipes.evaluation import Case
from tastemaker.recipes.logistic import Rows
from tastemaker.recipes.metrics import NDCG, score_list
from tastemaker.recipes.repeats import Own

OWN_WIDTH = repeats.WIDTH + discovery.WIDTH + repeats.HABIT_WIDTH
NEW_WIDTH = discovery.WIDTH + repeats.HABIT_WIDTH
# Only the strongest rows of a user teach: below them nothing is ever shown.
TAUGHT = 100
# With fewer validation users than this nothing is learned.
ENOUGH = 20
FOLDS = 2
# Far more than any log-odds: puts all of one kind before all of the other.
APART = 100.0
OFFSETS = {"mixed": 0.0, "own first": -APART, "new first": APART}

_OWN_HABIT = tuple(range(OWN_WIDTH - repeats.HABIT_WIDTH, OWN_WIDTH))
_NEW_HABIT = tuple(range(NEW_WIDTH - repeats.HABIT_WIDTH, NEW_WIDTH))
_TEMPOS = dict(zip(("1", "3", "10", "40"), range(len(repeats.BASKET_DECAYS)), strict=True))
OWN_CHOICES: Mapping[str, tuple[int, ...]] = {
    "learned": tuple(range(OWN_WIDTH)),
    **{f"decayed {tempo}": (column, *_OWN_HABIT) for tempo, column in _TEMPOS.items()},
    "counted": (repeats.COUNT, *_OWN_HABIT),
}
NEW_CHOICES: Mapping[str, tuple[int, ...]] = {
    "learned": tuple(range(NEW_WIDTH)),
    "seqridge": (*range(discovery.SHARE), *_NEW_HABIT),
    "recent seqridge": (0, *_NEW_HABIT),
    "popularity": (*range(discovery.SHARE, discovery.WIDTH), *_NEW_HABIT),
}
# What is left without any recency: the columns in which the order of events does not show.
TIMELESS_OWN = frozenset(
    {
        repeats.COUNT,
        repeats.ONCE,
        repeats.RATE,
        repeats.WIDTH + discovery.SHARE - 1,
        repeats.WIDTH + discovery.SHARE,
        *_OWN_HABIT,
    }
)
TIMELESS_NEW = frozenset({discovery.SHARE - 1, discovery.SHARE, *_NEW_HABIT})


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds of own items (OWN_WIDTH + 1,) and new ones (NEW_WIDTH + 1,), intercepts last, and how they arose."""

    own: Floats
    new: Floats
    origin: dict[str, str | float]


@dataclass(frozen=True, slots=True)
class Panel:
    """What can be shown to one user: own and new items with their features."""

    own_items: Indices
    own: Floats
    new_items: Indices
    new: Floats

    def log_odds(self, weights: Weights) -> tuple[Indices, Floats]:
        """Return all items with their log-odds."""
        odds = [logistic.logits(weights.own, self.own), logistic.logits(weights.new, self.new)]
        return np.concatenate([self.own_items, self.new_items]), np.concatenate(odds)


def lay_out(own: Own, found: Discovery, rates: Floats, usual: float, k: int, allowed: Mask | None = None) -> Panel:
    """Collect own and new items of a history, all allowed, and their features."""
    scores = found.scores(own)
    habit = repeats.habit(own, usual)
    new_items = found.candidates(own, scores, k, allowed)
    own_features = own_columns(own, found, scores, rates, habit)
    own_items = own.items
    if allowed is not None:
        kept = allowed[own_items]
        own_items, own_features = own_items[kept], own_features[kept]
    return Panel(own_items, own_features, new_items, new_columns(own, found, scores, new_items, habit))


def own_columns(own: Own, found: Discovery, scores: Floats, rates: Floats, habit: Floats) -> Floats:
    """Return (own items, OWN_WIDTH)."""
    parts = [repeats.features(own, rates), found.features(own, scores, own.items)]
    return np.concatenate([*parts, np.broadcast_to(habit, (len(own.items), len(habit)))], axis=1)


def new_columns(own: Own, found: Discovery, scores: Floats, items: Indices, habit: Floats) -> Floats:
    """Return (items, NEW_WIDTH)."""
    features = found.features(own, scores, items)
    return np.concatenate([features, np.broadcast_to(habit, (len(items), len(habit)))], axis=1)


def untaught(usual: float, *, timeless: bool) -> Weights:
    """Return weights for data too small to learn from: repeats as often as everybody repeats, kernels alike."""
    own, new = np.zeros(OWN_WIDTH + 1, np.float32), np.zeros(NEW_WIDTH + 1, np.float32)
    own[repeats.COUNT if timeless else 2] = 1.0
    own[-1] = usual
    kernels = [discovery.SHARE - 1] if timeless else list(range(discovery.SHARE))
    new[kernels] = 1.0 / len(kernels)
    new[discovery.SHARE] = 0.5
    return Weights(own, new, {"own": "default", "new": "default"})


def learn(panels: Sequence[Panel], cases: Sequence[Case], usual: float, *, timeless: bool) -> Weights:
    """Choose and learn weights from what the validation users took next."""
    if len(cases) < ENOUGH:
        return untaught(usual, timeless=timeless)
    own = [_taught(panel.own_items, panel.own, case, _own_strength) for panel, case in zip(panels, cases, strict=True)]
    new = [_taught(panel.new_items, panel.new, case, _new_strength) for panel, case in zip(panels, cases, strict=True)]
    own_choices = _limited(OWN_CHOICES, TIMELESS_OWN if timeless else None)
    new_choices = _limited(NEW_CHOICES, TIMELESS_NEW if timeless else None)
    own_name, own_folds = _compete(own, own_choices, lambda weights: _own_lists(panels, cases, weights))
    new_name, new_folds = _compete(new, new_choices, lambda weights: _new_lists(panels, cases, weights))
    folds = [Weights(*pair, {}) for pair in zip(own_folds, new_folds, strict=True)]
    order, quality = _best_offset(panels, cases, folds)
    weights = Weights(
        _fit(own, own_choices[own_name]),
        _fit(new, new_choices[new_name]),
        {"own": own_name, "new": new_name, "order": order, "validation": round(quality, 4), "users": len(cases)},
    )
    return _offset(weights, OFFSETS[order])


def _own_strength(features: Floats) -> Floats:
    return features[:, 3]


def _new_strength(features: Floats) -> Floats:
    return features[:, : discovery.SHARE].sum(axis=1) + np.float32(0.5) * features[:, discovery.SHARE]


def _taught(items: Indices, features: Floats, case: Case, strength: Callable[[Floats], Floats]) -> Rows:
    """Return a user's strongest rows; every user counts alike."""
    chosen = np.argsort(-strength(features), kind="stable")[:TAUGHT]
    truth = np.isin(items[chosen], case.relevant)
    return Rows(features[chosen], truth, np.full(len(chosen), 1 / max(1, len(chosen)), np.float32))


def _limited(choices: Mapping[str, tuple[int, ...]], usable: frozenset[int] | None) -> dict[str, tuple[int, ...]]:
    """Keep the choices whose first column may be used, and of their columns those that may."""
    if usable is None:
        return dict(choices)
    kept = {name: tuple(column for column in columns if column in usable) for name, columns in choices.items()}
    return {name: columns for name, columns in kept.items() if name == "learned" or choices[name][0] in usable}


def _fit(rows: Sequence[Rows], columns: Sequence[int]) -> Floats:
    return logistic.learn(Rows.join(rows), columns)


def _compete(
    rows: Sequence[Rows], choices: Mapping[str, tuple[int, ...]], judge: Callable[[Floats], Floats]
) -> tuple[str, list[Floats]]:
    """Return the choice that is best on users it did not learn from, and its weights by fold."""
    folds = {
        name: [_fit(_others(rows, fold), columns) for fold in range(FOLDS)] for name, columns in choices.items()
    }
    if len(choices) == 1:
        return next(iter(folds.items()))
    quality = {name: _out_of_fold([judge(weights) for weights in each]) for name, each in folds.items()}
    best = max(quality, key=quality.__getitem__)
    return best, folds[best]


def _others[T](values: Sequence[T], fold: int) -> list[T]:
    return [value for number, value in enumerate(values) if number % FOLDS != fold]


def _out_of_fold(by_fold: Sequence[Floats]) -> float:
    """Return the mean over users of what the fold that does not know them makes of them; nan: nothing to judge."""
    users = np.arange(len(by_fold[0]))
    values = np.stack(by_fold)[users % FOLDS, users]
    known = ~np.isnan(values)
    return float(values[known].mean()) if known.any() else 0.0


def _own_lists(panels: Sequence[Panel], cases: Sequence[Case], weights: Floats) -> Floats:
    pairs = zip(panels, cases, strict=True)
    return _lists((p.own_items, logistic.logits(weights, p.own), case.relevant) for p, case in pairs)


def _new_lists(panels: Sequence[Panel], cases: Sequence[Case], weights: Floats) -> Floats:
    pairs = zip(panels, cases, strict=True)
    return _lists((p.new_items, logistic.logits(weights, p.new), case.relevant) for p, case in pairs)
