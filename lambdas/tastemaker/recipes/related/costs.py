"""What comparing items takes: the pairs inside every history, and every pair of items."""

from typing import Final

from tastemaker.recipes.costs import Costs, Counts, counting_memory

# Up to this many items rows are added up densely.
DENSE = 100_000
# Pairs of items inside all histories together.
PAIRS = 3e9
# Uneven lengths of histories make more pairs than the mean has.
UNEVEN = 2.2
# Bytes of an item: its row of likenesses, and what it is described by.
BY_ITEM = 2000
BY_PAIR_TOGETHER, BY_PAIR_OF_ITEMS = 4e-9, 0.5e-9  # seconds
BY_EVENT_NEAR = 5e-6  # seconds: an event beside the 20 after it (decision 0048)
# Neighbours of an item that are kept at most; bytes of one, and of an item beside its neighbours.
MOST_KEPT, BY_NEIGHBOUR, BY_ROW = 500, 4, 12


def memory(counts: Counts) -> float:
    """Return the bytes at the peak."""
    return counting_memory(counts) + BY_ITEM * counts.items


def fit_seconds(counts: Counts) -> float:
    """Return what counting users in common takes."""
    pairs = min(PAIRS, UNEVEN * counts.events**2 / max(1, counts.users))
    dense = counts.items**2 if counts.items <= DENSE else 0
    return BY_PAIR_TOGETHER * pairs + BY_PAIR_OF_ITEMS * dense


def following_seconds(counts: Counts) -> float:
    """Return what counting takes where order counts too."""
    return fit_seconds(counts) + BY_EVENT_NEAR * counts.events


def stored(counts: Counts) -> float:
    """Return the bytes of the table of neighbours, all rows being as long as any."""
    return (BY_NEIGHBOUR * MOST_KEPT + BY_ROW) * counts.items


COMPARING: Final = Costs(memory, fit_seconds, stored=stored)
FOLLOWING: Final = Costs(memory, following_seconds, stored=stored)
