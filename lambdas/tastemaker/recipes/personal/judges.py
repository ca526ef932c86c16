"""Judges an item-item matrix by what it finds for validation users, before any weight is learned.

What is served weighs the logs of scores by several tempos. Of these the fastest and the one that sees all of a history
alike are summed here with equal weights: the blend in its plainest form. Each kind of question counts alike, however
many there are of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Indices
from tastemaker.recipes.histories.repeats import Own
from tastemaker.recipes.matrix.neighbours import ItemMatrix
from tastemaker.recipes.measuring.evaluation import Case
from tastemaker.recipes.measuring.metrics import ndcg
from tastemaker.recipes.personal import blend, discovery
from tastemaker.recipes.personal.columns import SCORE_TEMPOS

TEMPOS = (0, len(SCORE_TEMPOS) - 1)


@dataclass(frozen=True, slots=True)
class Judges:
    """Questions with their histories; `kinds` (questions,) numbers what each asks for.

    `asked` are the places of those that the head is asked: all that have an answer new to the user, and the histories
    that say what a strong score is.
    """

    cases: list[Case]
    owns: list[Own]
    kinds: NDArray[np.int64]
    asked: NDArray[np.int64]

    @classmethod
    def of(cls, kinds: Sequence[list[Case]], most: int) -> Self:
        """Take every so many-th question of several kinds, about `most` in all."""
        step = 1 + sum(map(len, kinds)) // most
        some = [each[::step] for each in kinds]
        cases = [case for each in some for case in each]
        owns = [Own.of(case.query) for case in cases]
        numbers = np.repeat(np.arange(len(some)), [len(each) for each in some])
        telling = np.array([len(_new(*each)) > 0 for each in zip(cases, owns, strict=True)], bool)
        telling[:: discovery.step(len(cases))] = True
        return cls(cases, owns, numbers, np.flatnonzero(telling))

    def histories(self, head: Indices, n_items: int) -> Floats:
        """Return the histories as weights of the head's items: (TEMPOS times asked, head)."""
        place = np.full(n_items, -1, np.int32)
        place[head] = np.arange(len(head), dtype=np.int32)
        rows = np.zeros((len(TEMPOS), len(self.asked), len(head)), np.float32)
        for number, own in enumerate(self.owns[question] for question in self.asked.tolist()):
            mine = place[own.items]
            there = mine >= 0
            rows[:, number, mine[there]] = discovery.fading(own)[np.ix_(np.array(TEMPOS), there)]
        return rows.reshape(-1, len(head))

    def judge_head(self, head: Indices, scores: Floats) -> float:
        """Return the NDCG on items new to each user; `scores` (TEMPOS times asked, head) answer `histories`."""
        scores = scores.reshape(len(TEMPOS), len(self.asked), len(head))
        some = self.asked % discovery.step(len(self.cases)) == 0
        strong = np.array([discovery.strong(of_tempo[some]) for of_tempo in scores])
        total = np.sum([_logs(*each) for each in zip(scores, strong, strict=True)], axis=0)
        values = np.full(len(self.cases), math.nan)
        for question, row in zip(self.asked.tolist(), total, strict=True):
            values[question] = _ndcg(head, row, self.cases[question], self.owns[question])
        return self._mean(values)

    def judge(self, neighbours: ItemMatrix) -> float:
        """Return the same of a whole matrix as it is served."""
        return self._mean(self.values(neighbours))

    def values(self, neighbours: ItemMatrix) -> NDArray[np.float64]:
        """Return the same by question, nan where it says nothing: (questions,)."""
        scale = discovery.strong_scores(neighbours, self.owns)
        values = np.full(len(self.cases), math.nan)
        for question, (case, own) in enumerate(zip(self.cases, self.owns, strict=True)):
            reached = discovery.raw_scores(neighbours, own).scaled(scale)
            total = _logs(reached.values[list(TEMPOS)], 1.0).sum(axis=0)
            values[question] = _ndcg(reached.items, total, case, own)
        return values

    def _mean(self, values: NDArray[np.float64]) -> float:
        return float(np.mean([blend.mean(values[self.kinds == kind]) for kind in np.unique(self.kinds)]))


def _logs(scores: Floats, strong: float) -> Floats:
    logs: Floats = np.log(np.maximum(scores / np.float32(strong), 0) + np.float32(discovery.FLOOR))
    return logs


def _new(case: Case, own: Own) -> Indices:
    """Return what the user took that was new."""
    return case.relevant[~own.has(case.relevant)]


def _ndcg(items: Indices, scores: Floats, case: Case, own: Own) -> float:
    relevant = _new(case, own)
    if not len(relevant):
        return math.nan
    # A table of all items: of a whole catalogue it is read many times as fast as own items are searched.
    mine = np.zeros(1 + max(items.max(initial=0), own.items.max(initial=0)), bool)
    mine[own.items] = True
    best = items[blend.best_places(np.where(mine[items], -np.inf, scores), blend.CUTOFF)]
    return ndcg(np.isin(best, relevant), len(relevant), blend.CUTOFF)
