"""What learning segments takes: the item-item matrix, up to three times, and cells of users and targets."""

from typing import Final

from tastemaker.recipes.costs import Costs, Counts, counting_memory

# Bytes of an entry of B, of a cell that is learned from, and how many of either there are at most.
BY_ENTRY, KEPT = 24, 300
BY_CELL, CELLS = 350, 800_000
# Targets of a user that cells are drawn from.
TARGETS = 256
# Pairs of a window, the exact part of B, seconds of each.
WINDOW, HEAD = 80, 4500
BY_PAIR, BY_ITEM, SAMPLING = 10e-9, 0.2e-3, 4.0


def memory(counts: Counts) -> float:
    """Return the bytes at the peak."""
    head = min(counts.items, HEAD)
    entries = min(KEPT, counts.items) * counts.items
    cells = min(CELLS, counts.users * min(TARGETS, counts.items))
    return counting_memory(counts) + 24.0 * head**2 + BY_ENTRY * entries + BY_CELL * cells


def fit_seconds(counts: Counts) -> float:
    """Return what learning with known weights takes."""
    return BY_PAIR * counts.events * WINDOW + BY_ITEM * counts.items


def evaluation_seconds(counts: Counts) -> float:
    """Return what learning the weights, learning from the older events and judging the newer ones take."""
    return 2 * fit_seconds(counts) + SAMPLING


SEGMENTING: Final = Costs(memory, fit_seconds, evaluation_seconds)
