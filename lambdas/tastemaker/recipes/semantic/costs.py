"""What reading texts and comparing items takes: by item, whatever users did is only counted."""

from typing import Final

from tastemaker.recipes.costs import Costs, Counts, counting_memory, counting_seconds

# Texts of two columns with about twenty words, their rows of terms, vectors and lists by word.
BY_ITEM = 3_000
# What is learned from at most TAUGHT texts.
TEACHING = 300e6
BY_ITEM_READ, TAUGHT, BY_TEXT_TAUGHT = 60e-6, 100_000, 200e-6
# Of what has been read already only the digest is made again.
BY_ITEM_DIGESTED = 6e-6
# Lists that are looked at, of items and of held-out users, and an item in one of them.
SAMPLE, USERS, BY_ITEM_ASKED = 500, 1_000, 0.1e-6


def memory(counts: Counts) -> float:
    """Return the bytes at the peak."""
    return counting_memory(counts) + TEACHING * min(1.0, counts.items / TAUGHT) + BY_ITEM * counts.items


def fit_seconds(counts: Counts) -> float:
    """Return what reading what has been read already takes: of two trainings in a row the second learns nothing new."""
    return counting_seconds(counts) + BY_ITEM_DIGESTED * counts.items


def evaluation_seconds(counts: Counts) -> float:
    """Return what learning, reading and asking for some lists take."""
    learning = BY_TEXT_TAUGHT * min(TAUGHT, counts.items) + BY_ITEM_READ * counts.items
    asked = min(SAMPLE, counts.items) + min(USERS, counts.users // 10)
    return counting_seconds(counts) + learning + BY_ITEM_ASKED * counts.items * asked


READING: Final = Costs(memory, fit_seconds, evaluation_seconds)
