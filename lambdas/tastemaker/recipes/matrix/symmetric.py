"""Items among themselves: half of the pairs are enough, as A is symmetric, and what kernels share is counted once.

A and R' are those of `grams`. Of two events of a user only the later one is looked at with the earlier one.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tastemaker.recipes.data import Floats, Indices
from tastemaker.recipes.matrix.grams import Block, Counter, Histories, Parts, covariance_and_target, each, filled
from tastemaker.recipes.matrix.kernels import Kernel, alike

# Rows and columns of a tile that is transposed at once.
TILE = 256


@dataclass(frozen=True, slots=True)
class Among:
    """Pairs of events of some items, of which A and R' among these are counted, by as many kernels as there are.

    Of two events only the later one is counted with the earlier one: A is symmetric, and R' has only what order adds,
    and like A its share of C, the pairs whatever their order: `counts`. `alone` (items,) is an event with itself.
    """

    counter: Counter
    alone: Floats
    counts: Floats

    @classmethod
    def of(cls, histories: Histories, places: Indices, kernel: Kernel) -> tuple[Self, Parts]:
        """Return the pairs inside a kernel's window, and A and R' by this kernel."""
        counter = Counter(histories, places, places, [kernel.order(), alike(kernel.window)], before=True)
        covariance, targets, counts = filled(counter, 3)
        among = cls(counter, _alone(histories, places), counts)
        mirror(counts, among.alone)
        return among, among._whole(covariance, targets, kernel)

    def by(self, kernel: Kernel) -> Parts:
        """Return A and R' by another kernel of the same window and exponent."""
        return self._whole(*covariance_and_target(self.counter.weighing(kernel.order())), kernel)

    def _whole(self, covariance: Floats, targets: Floats, kernel: Kernel) -> Parts:
        """Add to what order says of pairs the other half of A, and what is said whatever their order."""
        mirror(covariance, self.alone * kernel.order().real[kernel.window + 1])
        mixture = np.float32(kernel.mixture)

        def add(block: Block) -> None:
            both = self.counts[slice(*block)] * mixture
            covariance[slice(*block)] += both
            targets[slice(*block)] += both

        each(add, self.counter.blocks())
        return covariance, targets


def _alone(histories: Histories, places: Indices) -> Floats:
    """Return what every event counts for its item together with itself, (rows,)."""
    mine = places[histories.items] >= 0
    weights = histories.sources[mine] * histories.targets[mine]
    return np.bincount(places[histories.items[mine]], weights, places.max(initial=-1) + 1).astype(np.float32)


def mirror(matrix: Floats, diagonal: Floats) -> None:
    """Add its transpose to a matrix in place, and a diagonal."""

    def add(begin: int) -> None:
        rows = slice(begin, begin + TILE)
        for columns in (slice(other, other + TILE) for other in range(begin, len(matrix), TILE)):
            matrix[rows, columns] += matrix[columns, rows].T
            matrix[columns, rows] = matrix[rows, columns].T

    each(add, range(0, len(matrix), TILE))
    np.einsum("ii->i", matrix)[:] += diagonal
