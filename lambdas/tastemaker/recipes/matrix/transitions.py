"""What came right after each item, in the basket that followed: a first-order chain beside all that SeqRidge knows.

With c_ij how often a basket with i was followed by one with j, q_j the share of j in all events and L the newest basket
of a history, the share of j in what comes next is taken for

    P(j | i)  =  (c_ij + PRIOR q_j) / (c_i + PRIOR),   c_i = sum_j c_ij     lift_j  =  sum_{i in L} P(j | i) / (q_j |L|)

that is, as PRIOR events of the popular ones would have it where nothing was seen (Zhai and Lafferty, "A Study of
Smoothing Methods for Language Models Applied to Information Retrieval", 2004, Dirichlet priors). lift_j says how many
times as often as usual j comes next: a ridge shrinks what few did to nothing, a share of few is as large as one of
many. As a part beside what is known of a whole history: Rendle, Freudenthaler and Schmidt-Thieme, "Factorizing
Personalized Markov Chains for Next-Basket Recommendation", 2010.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from tastemaker.recipes.data import Floats, Indices, Interactions, Times, extended, pieces
from tastemaker.recipes.histories.baskets import number_baskets
from tastemaker.recipes.histories.repeats import Own

PRIOR = 20.0
# Successors of an item that are kept, and items of the newest basket that are looked up.
SUCCESSORS, LOOKED_UP = 50, 30
# What is bought with so much else says little of what comes next, and its pairs would be most of all.
LARGEST_BASKET = 50
# Items whose successors are counted at once.
BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Transitions:
    """What is known of P(j | i) / q_j beside the prior: for item i between `starts[i]` and `starts[i + 1]`.

    `rest` (items,) is the prior's part, the same for every j.
    """

    starts: Times
    columns: Indices
    values: Floats
    rest: Floats

    def grown(self, more: int) -> Self:
        """Return the same with more items that nothing is known to follow."""
        return replace(self, starts=extended(self.starts, more, self.starts[-1]), rest=extended(self.rest, more, 1.0))

    def log_lifts(self, own: Own, items: Indices) -> Floats:
        """Return how much likelier than usual each of some sorted items comes next, as a logarithm."""
        newest = own.query.history_items[own.ages == 0][-LOOKED_UP:]
        if not len(newest) or not len(items):
            return np.zeros(len(items), np.float32)
        begins, ends = self.starts[newest], self.starts[newest + 1]
        columns = pieces(self.columns, begins, ends)
        places = np.searchsorted(items, columns)
        asked = items.take(places, mode="clip") == columns
        values = pieces(self.values, begins, ends) * asked
        lifts = np.bincount(places, values, len(items) + 1)[:-1].astype(np.float32)
        logs: Floats = np.log((lifts + self.rest[newest].sum()) / np.float32(len(newest)))
        return logs


def learn(events: Interactions) -> Transitions:
    """Count what came in the basket after each item's; of each item the strongest SUCCESSORS are kept."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  scipy is for fitting only

    baskets = _numbered(events)
    usual = np.bincount(baskets, minlength=1)[baskets] <= LARGEST_BASKET
    baskets, items, weights = baskets[usual], events.items[usual], events.weights[usual]
    size = int(baskets.max(initial=0)) + 2
    after = csr_matrix((weights, (baskets, items)), shape=(size, events.n_items))
    before = csr_matrix((np.ones_like(weights), (items, baskets + 1)), shape=(events.n_items, size))
    parts = [_strongest(before[begin : begin + BLOCK] @ after) for begin in range(0, events.n_items, BLOCK)]
    lengths, columns, weights, totals = (np.concatenate(each) for each in zip(*parts, strict=True))
    return of_counts(lengths, columns, weights, totals, np.bincount(events.items, minlength=events.n_items))


def of_counts(lengths: Times, columns: Indices, weights: Floats, totals: Floats, events: Times) -> Transitions:
    """Return what is known where c_ij (`weights`) were counted already, those of each item by falling strength.

    By item: how many successors are there, c_i, and how many events it has.
    """
    shares, totals = _shares(events), totals.astype(np.float32) + np.float32(PRIOR)
    values = weights / np.repeat(totals, lengths) / shares[columns]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return Transitions(starts, columns.astype(np.int32), values.astype(np.float32), np.float32(PRIOR) / totals)


def _numbered(events: Interactions) -> Times:
    """Return each event's basket; numbers that follow each other are baskets of one user."""
    return np.asarray(number_baskets(events) + events.starts()[events.users] + events.users, np.int64)


def _shares(events: Times) -> Floats:
    """Return q (items,), half an event of each item added."""
    counts = events.astype(np.float32) + np.float32(0.5)
    return np.asarray(counts / counts.sum(), np.float32)


def _strongest(counts: Any) -> tuple[Times, Indices, Floats, Floats]:  # noqa: ANN401  of scipy
    """Return of some rows c_ij, (rows, items) CSR, how many are kept of each, which, their counts, and all c_i."""
    totals = np.asarray(counts.sum(axis=1), np.float32).ravel()
    owners = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    order = np.lexsort((counts.indices, -counts.data, owners))
    kept = order[np.arange(len(order)) - counts.indptr[owners] < SUCCESSORS]
    lengths = np.minimum(np.diff(counts.indptr), SUCCESSORS).astype(np.int64)
    return lengths, counts.indices[kept].astype(np.int32), counts.data[kept], totals
