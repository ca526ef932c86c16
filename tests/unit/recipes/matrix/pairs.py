"""Pairs of events counted one by one, as a job of Spark writes them."""

from collections import defaultdict
from itertools import combinations, pairwise

import numpy as np

from tastemaker.recipes.histories.baskets import number_baskets
from tastemaker.recipes.matrix.counted import Cells, CountedProblem


def counted(events, kernel, head):
    """Return the problem with the tables of a job of Spark, pair by pair: a user of n events weighs n^-exponent."""
    counts = np.bincount(events.items, minlength=events.n_items)
    order = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())].astype(np.int32)
    place = np.empty(events.n_items, int)
    place[order] = range(len(order))
    baskets, starts = number_baskets(events), events.starts()
    strong, weak = defaultdict(lambda: np.zeros(3)), defaultdict(lambda: np.zeros(3))
    alone = np.bincount(place[events.items], np.diff(starts)[events.users] ** -kernel.exponent).astype(np.float32)
    for begin, end in pairwise(starts):
        for one, other in combinations(range(begin, end), 2):
            row, column, lag = place[events.items[other]], place[events.items[one]], baskets[other] - baskets[one]
            if lag <= kernel.window:
                weight, at = (end - begin) ** -kernel.exponent, kernel.window + 1
                if max(row, column) < head:
                    ordered = kernel.order()[at - lag]
                    strong[row, column] += np.array([ordered.real, ordered.imag, 1]) * weight
                for cell, behind in (((row, column), -lag), ((column, row), lag)):
                    if cell[0] >= head:
                        past, future = (kernel.weights(rows_follow=follow)[at + behind] for follow in (False, True))
                        weak[cell[0] - head, cell[1]] += np.array([past.real, past.imag, future.imag]) * weight
    pairs = (cells(strong, head), cells(weak, len(order) - head))
    return CountedProblem(order, counts[order], alone, head, *pairs, kernel)


def cells(sums, n_rows):
    rows, columns = np.array(list(sums) or np.empty((0, 2), int)).T
    return Cells.sort(n_rows, rows, columns, *np.array(list(sums.values()) or np.empty((0, 3))).T)
