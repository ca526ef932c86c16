"""Learns one probability per item: own items by how they repeat, others by how they are discovered.

Two logistic regressions share one scale: P(an own item is taken again | repeat features) and
P(a new item is taken | discovery features). Learned weights can overfit few validation users, so plain methods
(own items decayed, SeqRidge alone, popularity alone) are the same regressions on fewer columns, compete with the full
ones on users that neither learned from, and validation chooses.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import logistic
from tastemaker.recipes.data import Floats, Mask
from tastemaker.recipes.histories.repeats import BASKET_DECAYS
from tastemaker.recipes.logistic import INTERCEPT, Rows
from tastemaker.recipes.measuring.evaluation import Case
from tastemaker.recipes.measuring.metrics import LENGTH, beyond_doubt, clearly_best, ndcg
from tastemaker.recipes.personal import discovery
from tastemaker.recipes.personal.columns import NEW, OWN, REPEATS, Columns, numbers
from tastemaker.recipes.personal.panels import Panel, Weights, supposing, untaught

CUTOFF = 10
# Only the strongest rows of a user teach: below them nothing is ever shown.
TAUGHT = 50
# With fewer validation users than this nothing is learned.
ENOUGH = 20
FOLDS = 2
# Far more than any log-odds: puts all of one kind before all of the other.
APART = 100.0
MIXED = "mixed"
OFFSETS = {MIXED: 0.0, "own first": -APART, "new first": APART}

# With fewer hits than this nothing is learned of items that only their description speaks for.
FEWEST_HITS, LEAST_SLOPE = 5, 0.1
# How far these items may be raised, and what part of the quality of a list may be paid for it.
WELCOMES = tuple(np.arange(0.0, 2.1, 0.25).tolist())
PRICE = 0.01

# What is popular for strangers: of all time, lately, and just now, as weights of the log share and its rises.
QUIET = np.array([[1, 0, 0], [1, 0, 1], [1, 1, 0]], np.float32)

# The columns that a regression may use.
Subset = tuple[int, ...]
Choices = Mapping[str, Subset]
Judge = Callable[[Floats], float]


def _whatever_the_length(row: Columns) -> Subset:
    """Return the columns that count whatever the length of a history, but for what comes next: that costs some time."""
    return numbers(slice(0, row.next), row.contents, row.habit)


OWN_CHOICES: Choices = {
    "learned": _whatever_the_length(OWN),
    **{
        f"decayed over {decay:g}": numbers(column, OWN.habit)
        for column, decay in zip(numbers(REPEATS.baskets), BASKET_DECAYS, strict=True)
    },
    "counted": numbers(REPEATS.count, OWN.habit),
}
NEW_CHOICES: Choices = {
    "learned": _whatever_the_length(NEW),
    "learned with transitions": numbers(slice(0, NEW.next + 1), NEW.contents, NEW.habit),
    "SeqRidge": numbers(NEW.scores, NEW.habit),
    "SeqRidge, equal weights": numbers(NEW.mean, NEW.habit),
    "recent SeqRidge": numbers(NEW.recent, NEW.habit),
    "popularity": numbers(NEW.popularity, NEW.habit),
}
# The columns in which the order of events does not show: all that is left without recency bias.
TIMELESS_OWN: Choices = {
    "learned": numbers(REPEATS.count, REPEATS.once, REPEATS.rate, OWN.whole, OWN.share, OWN.habit),
    "counted": OWN_CHOICES["counted"],
}
TIMELESS_NEW: Choices = {
    "learned": numbers(NEW.whole, NEW.share, NEW.habit),
    "SeqRidge": numbers(NEW.whole, NEW.habit),
    "popularity": numbers(NEW.share, NEW.habit),
}


@dataclass(frozen=True, slots=True)
class Example:
    """What could be shown to a validation user, and which of it the user took, of `relevant` items in all.

    Of a user's questions either all teach or all judge: `user` says whose it is.
    """

    panel: Panel
    own_hits: Mask
    new_hits: Mask
    relevant: int
    user: int

    @classmethod
    def of(cls, panel: Panel, case: Case) -> "Example":
        """Mark what was taken."""
        own, new = (np.isin(items, case.relevant) for items in (panel.own_items, panel.new_items))
        return cls(panel, own, new, len(case.relevant), case.query.user or 0)

    def own_rows(self) -> Rows:
        """Return what teaches about own items."""
        return _strongest_rows(self.panel.own, self.panel.own[:, REPEATS.steady], self.own_hits)

    def new_rows(self) -> Rows:
        """Return what teaches about new items."""
        return _strongest_rows(self.panel.new, discovery.strength(self.panel.new), self.new_hits)

    def described_rows(self) -> Rows:
        """Return what teaches about items that only their description speaks for."""
        rows = discovery.described(self.panel.new)
        weights = np.full(int(rows.sum()), 1 / max(1, int(rows.sum())), np.float32)
        return Rows(self.panel.new[rows], self.new_hits[rows], weights)

    def judge_own(self, weights: Floats) -> float:
        """Return the NDCG of own items among themselves; nan where none was taken."""
        return _ndcg(logistic.logits(weights, self.panel.own), self.own_hits, int(self.own_hits.sum()))

    def judge_new(self, weights: Floats, cutoff: int = CUTOFF) -> float:
        """Return the NDCG of new items among themselves; nan where none was taken."""
        return _ndcg(logistic.logits(weights, self.panel.new), self.new_hits, int(self.new_hits.sum()), cutoff)

    def judge(self, weights: Weights) -> float:
        """Return the NDCG of the whole list."""
        _, odds = self.panel.log_odds(weights)
        return _ndcg(odds, np.concatenate([self.own_hits, self.new_hits]), self.relevant)


def learn(examples: Sequence[Example], singles: Sequence[Example], usual: float, *, timeless: bool) -> Weights:
    """Choose and learn weights from what the validation users took next, asked for their newest tenth.

    What is new to them is learned from `singles` too, single baskets as a live client asks for them: the last thing
    taken says more of the next one than of a tenth. Of what repeats they teach the wrong rhythm.
    """
    folds, everything = _folds(examples), [*examples, *singles]
    if len({each.user for each in examples}) < ENOUGH:
        return untaught(usual, timeless=timeless)
    own, new = [each.own_rows() for each in examples], [each.new_rows() for each in everything]
    own_choices, new_choices = (TIMELESS_OWN, TIMELESS_NEW) if timeless else (OWN_CHOICES, NEW_CHOICES)
    own_names, own_weights = _compete(own, own_choices, [each.judge_own for each in examples], folds)
    new_names, new_weights = _compete(new, new_choices, [each.judge_new for each in everything], _folds(everything))
    by_fold = [Weights(*pair, {}) for pair in zip(own_weights, new_weights, strict=True)]
    order, quality = _best_order(examples, [by_fold[fold] for fold in folds])
    origin: dict[str, str | float] = {
        "own": ", ".join(own_names),
        "new": ", ".join(new_names),
        "order": order,
        "validation": round(quality, 4),
    }
    weights = Weights(_vote(own, own_choices, own_names), _vote(new, new_choices, new_names), origin)
    return _ordered(weights, order)


def _vote(rows: Sequence[Rows], choices: Choices, names: Sequence[str]) -> Floats:
    return _average(_fit(rows, choices[name]) for name in names)


def _folds(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Deal users to folds in turn: shape (examples,)."""
    _, users = np.unique([each.user for each in examples], return_inverse=True)
    return np.asarray(users % FOLDS, np.int64)


def _strongest_rows(features: Floats, strength: Floats, hits: Mask) -> Rows:
    """Return a user's strongest rows; every user counts alike."""
    strongest = np.argsort(-strength, kind="stable")[:TAUGHT]
    weights = np.full(len(strongest), 1 / max(1, len(strongest)), np.float32)
    return Rows(features[strongest], hits[strongest], weights)


def _fit(rows: Sequence[Rows], columns: Subset) -> Floats:
    return logistic.learn(Rows.join(rows), columns)


def _compete(
    rows: Sequence[Rows], choices: Choices, judges: Sequence[Judge], folds: NDArray[np.int64]
) -> tuple[list[str], list[Floats]]:
    """Return the choices that are best on users they did not learn from, and their weights by fold.

    Those that are not clearly worse than the best vote together: few users cannot tell them apart.
    """
    others = [[each for each, own in zip(rows, folds, strict=True) if own != fold] for fold in range(FOLDS)]
    by_fold = {name: [_fit(fold, columns) for fold in others] for name, columns in choices.items()}
    quality = {
        name: np.array([judge(weights[fold]) for judge, fold in zip(judges, folds, strict=True)])
        for name, weights in by_fold.items()
    }
    best = max(quality.values(), key=mean)
    names = [name for name, values in quality.items() if beyond_doubt(best - values) <= 0]
    return names, [_average(by_fold[name][fold] for name in names) for fold in range(FOLDS)]


def _average(weights: Iterable[Floats]) -> Floats:
    return np.asarray(np.mean(list(weights), axis=0), np.float32)


def _best_order(examples: Sequence[Example], weights: Sequence[Weights]) -> tuple[str, float]:
    """Return whether own and new items are best mixed or kept apart, and the NDCG of that; weights by example."""
    pairs = list(zip(examples, weights, strict=True))
    quality = {order: np.array([each.judge(_ordered(one, order)) for each, one in pairs]) for order in OFFSETS}
    best = list(OFFSETS)[clearly_best(list(quality.values()))]
    return best, mean(quality[best])


def choose_quiet(weights: Weights, singles: Sequence[Example], firsts: Sequence[Example], *, timeless: bool) -> Weights:
    """Choose by which popularity strangers are shown items, judged on first baskets, and whether histories need it too.

    What a short history leaves open is filled by popularity, unless single baskets show that the history knows better.
    """
    kinds = QUIET[:1] if timeless else QUIET
    for_strangers = [_quiet(weights, kind, NEW.quiet) for kind in kinds]
    best = _clearly_best(for_strangers, firsts)
    either = [_quiet(for_strangers[best], kinds[best], NEW.short), for_strangers[best]]
    return either[_clearly_best(either, singles)]


def _quiet(weights: Weights, popularity: Floats, columns: slice) -> Weights:
    """Add what is missing to a popularity where a history says nothing, in the columns that are for that."""
    new = weights.new.copy()
    new[columns] = popularity - new[NEW.popularity]
    return replace(weights, new=new)


def _clearly_best(candidates: Sequence[Weights], examples: Sequence[Example]) -> int:
    """Return which weights are best: the first ones unless others are better beyond doubt."""
    return clearly_best([np.array([each.judge_new(one.new) for each in examples]) for one in candidates])


def learn_described(weights: Weights, examples: Sequence[Example], *, timeless: bool) -> Weights:
    """Add the weights of items that only their description speaks for; `examples` treat some other items as such.

    Hits on these are few: how lifts and popularity go together is supposed, and only how much they say, and how likely
    such an item is at all, is learned (Platt, "Probabilistic Outputs for Support Vector Machines", 1999). What is known
    of the other items stays as good as it was.
    """
    guess = supposing(weights, timeless=timeless)
    rows = Rows.join([each.described_rows() for each in examples]) if examples else None
    if rows is None or rows.truth.sum() < FEWEST_HITS:
        return guess
    evidence = rows.features[:, NEW.evidence] @ guess.new[NEW.evidence]
    slope, intercept = logistic.learn(replace(rows, features=evidence[:, None]), (0,))
    new = guess.new.copy()
    new[NEW.evidence] *= max(slope, LEAST_SLOPE)
    habits = np.stack([each.panel.new[0, NEW.habit] for each in examples if len(each.panel.new)])
    usual = habits.mean(axis=0) @ new[NEW.habit]
    shift = OFFSETS[str(weights.origin.get("order", MIXED))]
    new[NEW.described] = intercept - usual - (new[INTERCEPT] - shift)
    return _welcoming(examples, replace(weights, new=new))


def _welcoming(examples: Sequence[Example], weights: Weights) -> Weights:
    """Raise what only its description speaks for as far as it costs little: what nobody is shown stays unknown."""
    by_step = {step: _raised(weights, step) for step in WELCOMES}
    quality = {step: mean(each.judge_new(one.new, LENGTH) for each in examples) for step, one in by_step.items()}
    step = max(step for step in WELCOMES if quality[step] >= (1 - PRICE) * quality[0.0])
    return replace(by_step[step], origin={**weights.origin, "welcome": step})


def _raised(weights: Weights, step: float) -> Weights:
    new = weights.new.copy()
    new[NEW.described] += step
    return replace(weights, new=new)


def _ordered(weights: Weights, order: str) -> Weights:
    """Move all new items up or down at once."""
    new = weights.new.copy()
    new[INTERCEPT] += OFFSETS[order]
    return Weights(weights.own, new, weights.origin)


def _ndcg(odds: Floats, hits: Mask, relevant: int, cutoff: int = CUTOFF) -> float:
    if not relevant:
        return math.nan
    return ndcg(hits[best_places(odds, cutoff)], relevant, cutoff)


def best_places(values: Floats, k: int) -> NDArray[np.int64]:
    """Return where the k largest values are, largest first."""
    if k < len(values):
        places = np.sort(np.argpartition(-values, k)[:k])
        return places[np.argsort(-values[places], kind="stable")]
    return np.argsort(-values, kind="stable")


def mean(values: Iterable[float]) -> float:
    """Return the mean of what could be judged; nan stands for a user who says nothing about it."""
    finite = [value for value in values if not math.isnan(value)]
    return math.fsum(finite) / len(finite) if finite else 0.0
