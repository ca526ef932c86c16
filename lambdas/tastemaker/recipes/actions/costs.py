"""What learning from contacts with actions takes."""

from typing import Final

from tastemaker.recipes.costs import Costs, Counts
from tastemaker.recipes.measuring.forecast import judging_seconds

# The most contacts that are learned from, the newest.
MOST = 300_000
# Seconds of an event with an action, and of one in a training that chooses how strongly weights are held.
BY_EVENT, BY_EVENT_SEARCHED = 12e-6, 45e-6


def fit_seconds(counts: Counts) -> float:
    """Return what learning takes, with nothing left to choose."""
    return BY_EVENT * _events(counts)


def evaluation_seconds(counts: Counts) -> float:
    """Return what choosing, learning and judging take."""
    return BY_EVENT_SEARCHED * _events(counts) + judging_seconds(counts)


def _events(counts: Counts) -> float:
    """Return how many events lie behind the contacts that are learned from: usually two of each."""
    return min(counts.events, 2 * MOST)


CONTACTS: Final = Costs(fit_seconds=fit_seconds, evaluation_seconds=evaluation_seconds)
