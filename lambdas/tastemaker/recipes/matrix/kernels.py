"""How much two events of one user count for each other, by how many baskets lie between them.

With a = exp(-1/d_in), b = exp(-1/d_out), m the mixture and g the lag in baskets, positive where the column comes later:

    A_ij: (1 - m) a^|g| / (1 - a^2) + m            R_ij: (1 - m) (a^g - b^g)/(a - b) for g > 0, + m for any g

With a second, farther d_out R has the mean of both, the near one scaled to the far one's sum.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Weights by lag, -window .. window, with a 0 at either end: real numbers, or A + iR.
Table = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Kernel:
    """How the past fades (d_in), how the future fades (d_out), how far apart two baskets may be, and what order counts.

    `mixture` is the share of the loss that sees a user as a set: 0 sees only the order, 1 none of it. With a `far`
    future half of what follows fades by that, half by `future`; 0: there is none. `exponent`: a user of n events
    weighs n^-exponent, so that with 1 every user counts alike, with 0 every pair of events.
    """

    past: float = 3.0
    future: float = 8.0
    mixture: float = 0.5
    window: int = 20
    far: float = 0.0
    exponent: float = 1.0

    def weights(self, *, rows_follow: bool = False) -> Table:
        """Return A + iR by lag of the column's basket behind the row's.

        Rows are the past and columns the future, or the other way round: then R is transposed.
        """
        order, either = self.order(), self.mixture * alike(self.window)
        target = order.imag if rows_follow else order.imag[::-1]
        return (order.real + either + 1j * (target + either)).astype(np.complex64)

    def counts_like(self, other: "Kernel") -> bool:
        """Whether both weigh the same pairs, each in its way."""
        return (self.window, self.exponent) == (other.window, other.exponent)

    def order(self) -> Table:
        """Return what order alone adds to A + iR, rows following."""
        lags = np.arange(-self.window, self.window + 1)
        fade = np.exp(-1 / self.past)
        covariance, target = fade ** np.abs(lags) / (1 - fade**2), self._order(np.maximum(-lags, 0))
        return np.pad((1 - self.mixture) * (covariance + 1j * target), 1).astype(np.complex64)

    def _order(self, later: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how much something counts for what comes so many baskets later, 0 for what comes at once."""
        near = _fading(later, self.past, self.future)
        if not self.far:
            return near
        far = _fading(later, self.past, self.far)
        return np.asarray((near * (far.sum() / near.sum()) + far) / 2)


def _fading(later: NDArray[np.int64], past: float, future: float) -> NDArray[np.float64]:
    fade, fade_out = np.exp(-1 / past), np.exp(-1 / future)
    return np.asarray((fade**later - fade_out**later) / (fade - fade_out))


def alike(window: int) -> Table:
    """Return weights by lag that are 1 for all pairs."""
    return np.pad(np.ones(2 * window + 1, np.float32), 1)
