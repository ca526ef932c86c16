"""What a campaign's itemExplorationConfig means, and what is known of each item that an answer shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self


class Shown(NamedTuple):
    """One place of an answer; `propensity` is the probability that this item stands there and no other.

    A `placeholder` is a popular item in a place that a filter left empty.
    """

    item_id: str
    score: float | None
    propensity: float = 1.0
    explored: bool = False
    placeholder: bool = False


@dataclass(frozen=True, slots=True)
class Exploring:
    """Each place of an answer is explored with a `chance`; items are young up to an age in days.

    The chance is half the square of the weight: none at 0, one place in 22 at the default of 0.3, half of them at 1.
    What the model would show keeps a probability of a half, so that another weight can be judged from what was logged.
    """

    chance: float
    days: float

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Self:
        """Read checked settings, named as in `itemExplorationConfig`."""
        weight = float(settings["explorationWeight"])
        return cls(chance=weight**2 / 2, days=float(settings["explorationItemAgeCutOff"]))
