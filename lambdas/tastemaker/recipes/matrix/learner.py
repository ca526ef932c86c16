"""Learns the item-item matrix of a catalogue of any size: exactly, or in the way that its size allows.

| items with events | targets of the head | all other targets |
| --- | --- | --- |
| up to WHOLE | exact (`seqridge`) | there are none |
| up to FULL | head exact, tail rows by `residuals` | the same |
| more | head exact, tail rows by `residuals` | a small ridge each (`sparse_ridges`) |

The head are the strongest items. The ridge is chosen on them alone, from what validation users took next: one
factorisation and a few hundred right-hand sides for each value that is tried.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from tastemaker.recipes import workers
from tastemaker.recipes.data import Floats, Indices, Interactions, Times
from tastemaker.recipes.matrix import grams, residuals, seqridge, sparse_ridges
from tastemaker.recipes.matrix.counted import CountedProblem
from tastemaker.recipes.matrix.grams import Block, Counter, Histories
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.neighbours import ItemMatrix, Rows
from tastemaker.recipes.matrix.seqridge import BLOCK, NEIGHBOURS
from tastemaker.recipes.matrix.sparse import Counting
from tastemaker.recipes.matrix.symmetric import Among
from tastemaker.recipes.matrix.whole import Whole

WHOLE = 4500
FULL = 20_000
# The size of the head from so many items on: what follows it costs items x head^2, and items^2 x head up to FULL.
HEADS = ((0, 3000), (10_000, 2000), (40_000, 1500), (200_000, 1000))
# Of tail items, events are looked at so far on either side, and so many pairs are kept in memory at most.
TAIL_REACH, TAIL_PAIRS = 48, 250_000_000
# With fewer validation users than this share it does not pay to learn once more with them.
WORTH_ADDING = 0.02
LEAST_RIDGE = 1e-6
# Entries kept of a tail row: so many, and more for each of its events.
LEAST_KEPT, KEPT_BY_EVENT = 20, 4


class Solvable(Protocol):
    """Items to learn, strongest first, with the events of each (items,), and what is counted of them."""

    @property
    def order(self) -> Indices:
        """Return the items, strongest first."""

    @property
    def events(self) -> Times:
        """Return how many events each has."""

    @property
    def head(self) -> int:
        """Return how many items are solved exactly."""

    def counter(self, columns: Block, *, rows_follow: bool = False) -> Counting:
        """Count the tail against some places of the order."""

    def diagonal(self) -> Floats:
        """Return A_ii of the tail in places of the order."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The histories of some users and the items to learn, strongest first, with the events of each (items,)."""

    histories: Histories
    kernel: Kernel
    order: Indices
    events: Times

    @property
    def head(self) -> int:
        """Return how many items are solved exactly."""
        return head_size(len(self.order))

    def counter(self, columns: Block, *, rows_follow: bool = False) -> Counter:
        """Count the tail against some places of the order."""
        rows = self._places((self.head, len(self.order)))
        tables = [self.kernel.weights(rows_follow=rows_follow)]
        return Counter(self.histories, rows, self._places(columns), tables, pairs=TAIL_PAIRS, reach=TAIL_REACH)

    def among_head(self) -> tuple[Among, grams.Parts]:
        """Return the pairs among the head, and A and R' by the kernel."""
        return Among.of(self.histories, self._places((0, self.head)), self.kernel)

    def diagonal(self) -> Floats:
        """Return A_ii of the tail in places of the order."""
        return residuals.diagonal(self.histories, self.kernel, self.order[self.head :])[self.order]

    def _places(self, block: Block) -> Indices:
        place = np.full(self.histories.n_items, -1, np.int32)
        place[self.order[slice(*block)]] = np.arange(block[1] - block[0], dtype=np.int32)
        return place


def head_size(n_items: int) -> int:
    """Return how many of so many items are solved exactly."""
    if n_items <= WHOLE:
        return n_items
    return next(size for least, size in reversed(HEADS) if n_items >= least)


def solve(problem: Solvable, covariance: Floats, targets: Floats, lam: float) -> Rows:
    """Return the rows of B in places of the order, from A and R' among the head; `targets` is used up."""
    if problem.head == len(problem.order):
        return seqridge.keep_strongest(seqridge.solved(covariance, targets, lam))
    diagonal = problem.diagonal()
    diagonal[: problem.head] = np.einsum("ii->i", covariance)
    return (_long if len(problem.order) <= FULL else _wide)(problem, covariance, targets, lam, diagonal)


@dataclass(frozen=True, slots=True)
class Pull:
    """What a matrix that is kept whole is pulled to: C' (targets, sources), `strength` times as much as to 0.

    B = (A + (1 + g) lam I)^-1 (R + g lam C)
    """

    expected: Floats
    strength: float

    def add(self, targets: Floats, lam: float) -> float:
        """Add g lam C' to R' in place, and return (1 + g) lam."""
        targets += np.float32(self.strength * lam) * self.expected
        return (1 + self.strength) * lam


def learn_counted(problem: CountedProblem, ridge: float, n_items: int, pull: Pull | None = None) -> ItemMatrix:
    """Return B of pairs that were counted elsewhere; of a catalogue of at most WHOLE items nothing is cut."""
    covariance, targets = problem.among_head()
    lam = max(ridge * seqridge.strength(covariance), LEAST_RIDGE)
    if problem.head == len(problem.order) and n_items <= WHOLE:
        lam = pull.add(targets, lam) if pull else lam
        return _whole(seqridge.solved(covariance, targets, lam), problem.order, n_items)
    return solve(problem, covariance, targets, lam).of_items(problem.order, n_items)


def _whole(weights: Floats, order: Indices, n_items: int) -> Whole:
    """Name all rows and columns of B by item; `weights` are B' (targets, sources) in places of the order."""
    matrix = np.zeros((n_items, n_items), np.float32)
    for begin in range(0, len(order), BLOCK):
        rows = slice(begin, begin + BLOCK)
        matrix[np.ix_(order[rows], order)] = weights[:, rows].T
    return Whole.of(matrix)


def _long(problem: Solvable, covariance: Floats, targets: Floats, lam: float, diagonal: Floats) -> Rows:
    """Solve all targets by the head and its residuals."""
    head, size = problem.head, len(problem.order)
    _, others = grams.covariance_and_target(problem.counter((0, head), rows_follow=True))
    weights = seqridge.solved(covariance, np.concatenate([targets, others]), lam)
    return Rows.join([seqridge.keep_strongest(weights), _tail(problem, weights, size, lam, diagonal)])


def _wide(problem: Solvable, covariance: Floats, targets: Floats, lam: float, diagonal: Floats) -> Rows:
    """Solve the head's targets by the head and its residuals, each other target by itself."""
    head, size = problem.head, len(problem.order)
    weights = seqridge.solved(covariance, targets, lam)
    strong = Rows.join([seqridge.keep_strongest(weights), _tail(problem, weights, head, lam, diagonal)])
    counter = problem.counter((0, size), rows_follow=True)
    return strong.beside(sparse_ridges.learn(counter, covariance, diagonal, problem.events[head:], lam), NEIGHBOURS)


def _tail(problem: Solvable, weights: Floats, columns: int, lam: float, diagonal: Floats) -> Rows:
    head = problem.head
    most = np.minimum(LEAST_KEPT + KEPT_BY_EVENT * problem.events[head:], NEIGHBOURS)
    counter = problem.counter((0, columns))
    return residuals.Tail(counter, diagonal[head:], most).solve(weights, lam)


@dataclass(slots=True)
class Learner:
    """Learns from `training`, later from `validation` too; `covariance` and `targets` are A and R' of the head."""

    training: Interactions
    validation: Interactions
    kernel: Kernel
    order: Indices
    events: Times
    covariance: Floats
    targets: Floats
    among: Among | None
    keeps_whole: bool = False

    @classmethod
    def of(
        cls, training: Interactions, validation: Interactions, kernel: Kernel, *, keeps_whole: bool = False
    ) -> "Learner":
        """Order the items and count what follows what among the head.

        With `keeps_whole` nothing is cut of the rows of a catalogue of at most WHOLE items.
        """
        n_items = training.n_items
        counts = np.bincount(training.items, minlength=n_items) + np.bincount(validation.items, minlength=n_items)
        order = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())].astype(np.int32)
        among, parts = Problem(Histories.of(training, kernel), kernel, order, counts[order]).among_head()
        return cls(training, validation, kernel, order, counts[order], *parts, among, keeps_whole and n_items <= WHOLE)

    def with_kernel(self, kernel: Kernel) -> "Learner":
        """Count the same events with another kernel."""
        among = self.among if kernel.counts_like(self.kernel) else None
        covariance, targets = among.by(kernel) if among else self._problem(self.training, kernel).among_head()[1]
        return replace(self, kernel=kernel, covariance=covariance, targets=targets, among=among)

    def uncounted(self) -> "Learner":
        """Return the same with no memory of what was counted."""
        none = np.empty((0, 0), np.float32)
        return replace(self, covariance=none, targets=none, among=None)

    @property
    def is_counted(self) -> bool:
        """Whether A and R' are there."""
        return len(self.covariance) == len(self.head)

    @property
    def head(self) -> Indices:
        """Return the items that are solved exactly."""
        return self.order[: head_size(len(self.order))]

    def head_scores(self, histories: Floats, ridge: float) -> Floats:
        """Return the scores of the head's items by whole rows of B; histories are item weights (users, head)."""
        cholesky = seqridge.factor(self.covariance, ridge * seqridge.strength(self.covariance))

        def scores(begin: int) -> Floats:
            return seqridge.solve(cholesky, histories[begin : begin + BLOCK].copy()) @ self.targets.T

        return np.concatenate([*workers.spread(scores, range(0, len(histories), BLOCK))])

    def learn(self, ridge: float, pull: Pull | None = None) -> ItemMatrix:
        """Return B of the training users; `ridge` is lam over the mean of A's diagonal."""
        return self._learn(lambda: self.training, ridge, self.targets.copy(), pull)

    def learn_all(
        self, ridge: float, everyone: Callable[[], Interactions], before: ItemMatrix, pull: Pull | None = None
    ) -> ItemMatrix:
        """Return B of all users; `before` is that of the training users. This uses up what was counted."""
        more = len(self.validation) / max(1, len(self.training) + len(self.validation))
        if len(self.head) < len(self.order) and more < WORTH_ADDING:
            return before
        self._add_validation()
        return self._learn(everyone, ridge, self.targets, pull)

    def _add_validation(self) -> None:
        self.among = None
        _, (covariance, targets) = self._problem(self.validation, self.kernel).among_head()
        self.covariance += covariance
        self.targets += targets

    def _problem(self, events: Interactions, kernel: Kernel) -> Problem:
        return Problem(Histories.of(events, kernel), kernel, self.order, self.events)

    def _learn(
        self, events: Callable[[], Interactions], ridge: float, targets: Floats, pull: Pull | None
    ) -> ItemMatrix:
        self.among, n_items = None, self.training.n_items
        # Events that all weigh nothing leave nothing to scale by.
        lam = max(ridge * seqridge.strength(self.covariance), LEAST_RIDGE)
        if self.keeps_whole:
            lam = pull.add(targets, lam) if pull else lam
            return _whole(seqridge.solved(self.covariance, targets, lam), self.order, n_items)
        return solve(self._problem(events(), self.kernel), self.covariance, targets, lam).of_items(self.order, n_items)
