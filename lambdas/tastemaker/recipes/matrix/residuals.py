"""Extends an exact solution for the strongest items, the head H, to the rows of all others, the tail T.

    B_H = (A_HH + lam I)^-1 R_H        B_T = D_T^-1 (R_T - A_TH B_H),  D = diag(A) + lam

That is one step of a block Gauss-Seidel iteration, with the head as one block and each tail item as a block by itself:
what a tail item says that the head has not said already. Rows are cut only after that subtraction. Tail rows are
counted, solved and cut block by block, so no matrix of the size (items, items) exists.
"""

from dataclasses import dataclass

import numpy as np

from tastemaker.recipes import workers
from tastemaker.recipes.data import Floats, Indices, Times
from tastemaker.recipes.matrix.grams import Block, Histories
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.neighbours import Rows
from tastemaker.recipes.matrix.sparse import Counting

ROWS = 128


@dataclass(frozen=True, slots=True)
class Tail:
    """What the rows below the head are solved from: counts, diagonal of A (rows,), and how many to keep (rows,)."""

    counter: Counting
    diagonal: Floats
    most: Times

    def solve(self, head: Floats, lam: float) -> Rows:
        """Return the rows; `head` is B_H' (columns, head items), the columns being those of the counter."""

        def put(block: Block) -> Rows:
            counts = self.counter.dense(block)
            rows = np.arange(*block)
            size = head.shape[1]
            weights = counts.imag - np.ascontiguousarray(counts.real[:, :size]) @ head.T
            weights /= self.diagonal[rows, None] + np.float32(lam)
            own = rows + size
            inside = own < self.counter.n_columns
            weights[np.flatnonzero(inside), own[inside]] = 0.0
            return Rows.cut(weights, int(self.most[slice(*block)].max()))

        last = self.counter.n_rows
        return Rows.join(workers.spread(put, [(begin, min(begin + ROWS, last)) for begin in range(0, last, ROWS)]))


def diagonal(histories: Histories, kernel: Kernel, items: Indices) -> Floats:
    """Return A_ii of some items, (n_items,), 0 for the others: the pairs of events of one item in one history."""
    table, mask = kernel.weights().real, np.zeros(histories.n_items, bool)
    mask[items] = True
    events = np.flatnonzero(mask[histories.items])
    order = events[np.lexsort((histories.baskets[events], histories.items[events]))]
    items, baskets = histories.items[order], histories.baskets[order]
    sources, targets = histories.sources[order], histories.targets[order]
    sums = np.bincount(items, sources * targets * table[kernel.window + 1], histories.n_items)
    first = np.arange(len(order))
    for step in range(1, len(order)):
        first = first[first + step < len(order)]
        lags = baskets[first + step] - baskets[first]
        near = (items[first + step] == items[first]) & (lags <= kernel.window)
        first, lags = first[near], lags[near]
        if not len(first):
            break
        weights = 2 * sources[first] * targets[first + step] * table[kernel.window + 1 + lags]
        sums += np.bincount(items[first], weights, histories.n_items)
    return sums.astype(np.float32)
