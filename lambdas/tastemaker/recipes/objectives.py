"""A second aim beside relevance: items with much of something, such as price, are brought up.

The odds of an item are multiplied by exp(s z): z is its standardised value of the aim, s grows with the sensitivity
that the caller chose ("Optimizing a solution for an additional objective"): a step of one deviation weighs less than,
as much as, or more than being e times as likely.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
SENSITIVITIES: Final = {"OFF": 0.0, "LOW": 0.5, "MEDIUM": 1.0, "HIGH": 2.0}
# A few values far out must not decide alone.
FAR: Final = 3.0


@dataclass(frozen=True, slots=True)
class Objective:
    """What is aimed at: `rewards` (items,) from 0 for the least to 1 for the most, and how much it counts.

    `worth` (items,) is what items bring, in proportion: 1 for the most, and 0 only for one that brings nothing.
    """

    rewards: Floats
    sensitivity: float
    worth: Floats

    @classmethod
    def of(cls, values: NDArray[np.float64], sensitivity: str) -> Self:
        """Scale the values of a column; an item without one counts as one with the least."""
        finite = values[np.isfinite(values)]
        low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
        filled = np.where(np.isfinite(values), values, low)
        rewards = (filled - low) / max(high - low, 1e-12)
        # Where some bring losses, the largest loss is what nothing is.
        worth = filled - min(low, 0.0)
        worth /= max(float(worth.max(initial=0.0)), 1e-12)
        return cls(rewards.astype(np.float32), SENSITIVITIES[sensitivity], worth.astype(np.float32))

    def leanings(self) -> Floats:
        """Return what is added to the log-odds of each item (items,)."""
        deviation = self.rewards.std() if len(self.rewards) else 0.0
        if deviation < 1e-9:  # noqa: PLR2004  all alike
            return np.zeros(len(self.rewards), np.float32)
        standard = np.clip((self.rewards - self.rewards.mean()) / deviation, -FAR, FAR)
        return np.asarray(self.sensitivity * standard, np.float32)
