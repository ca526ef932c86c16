"""What a training will need, said before it begins: bytes and seconds by formula from three counts.

The terms follow the code that they speak of; the constants were measured with `bench/training/fits.py`, which prints
both sides, on 2 x AMD EPYC, 2026-11-25. Seconds are those of one core of it; what another machine makes of them is
learned from its last trainings (`domain.training.quotes`).
"""

from dataclasses import dataclass
from typing import Self

from tastemaker.recipes.actions import aws_next_best_action
from tastemaker.recipes.actions.model import NextBestAction
from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.data import Interactions
from tastemaker.recipes.histories import popularity_over_time
from tastemaker.recipes.matrix import grams, learner, sparse_ridges
from tastemaker.recipes.matrix.seqridge import NEIGHBOURS
from tastemaker.recipes.measuring import evaluation
from tastemaker.recipes.personal import searches
from tastemaker.recipes.personal.engine import Personal
from tastemaker.recipes.related import aws_sims

# An empty process with numpy, scipy and DuckDB.
PROCESS = 220e6
# Bytes of an event: the data, the part trained on while measuring, the part without validation users, and what counting
# holds for a while.
BY_EVENT = 150
# Of a user and an item: ids in UCS-4, offsets, counts.
BY_ID = 250
# Blocks that are worked on at once, and bytes of each of their cells.
THREADS, BY_CELL = 2, 24
# How many of the pairs counted are cells of their own, by experience.
DISTINCT = 0.35
# Events that a window usually holds on either side.
USUAL_REACH = 40
FLOPS = 50e9
BY_PAIR, BY_PAIR_SORTED, BY_EVENT_SECONDS, BY_QUESTION, BY_ITEM = 5e-9, 60e-9, 0.3e-6, 1e-3, 10e-6
# Pairs of a kernel and a ridge that a search usually tries.
TRIALS = 7
# Reading, sorting and storing an event; a training of nothing.
BY_EVENT_READ, LEAST_SECONDS = 2e-6, 0.5
# Events with actions, and those of a training that chooses how strongly weights are held.
BY_EVENT_OF_ACTIONS, BY_EVENT_OF_ACTIONS_SEARCHED = 12e-6, 45e-6
# Recipes that compare items count the pairs inside every history, of which uneven lengths make more than the mean has,
# and look at every pair of items; the others count events.
UNEVEN, BY_PAIR_TOGETHER, BY_PAIR_OF_ITEMS, BY_EVENT_COUNTED = 2.2, 4e-9, 0.5e-9, 0.1e-6


@dataclass(frozen=True, slots=True)
class Counts:
    """The size of a data set."""

    events: int
    users: int
    items: int

    @classmethod
    def of(cls, interactions: Interactions) -> Self:
        """Count what is trained on."""
        return cls(len(interactions), interactions.n_users, interactions.n_items)

    @property
    def head(self) -> int:
        """Return how many items are solved exactly."""
        return learner.head_size(self.items)

    @property
    def tail(self) -> int:
        """Return how many are not."""
        return self.items - self.head

    @property
    def tail_pairs(self) -> float:
        """Return how many pairs with items of the tail are counted."""
        reach = min(learner.TAIL_REACH, USUAL_REACH, self.events / max(1, self.users))
        return min(learner.TAIL_PAIRS, self.events * self.tail / max(1, self.items) * (2 * reach + 1))


@dataclass(frozen=True, slots=True)
class Quote:
    """The most memory in bytes, and the seconds, of a whole training: measured on held-out users, then fitted."""

    memory: float
    seconds: float


def training(recipe: Recipe, counts: Counts, *, jobs: int = 0, update: bool = False) -> Quote:
    """Return what a whole training takes, from reading the data to storing the model.

    `jobs` is how many values a search of hyperparameters tries; an update takes over what was found before.
    """
    once = fit_seconds(recipe, counts)
    measured = 0.0 if update else (1 + jobs) * evaluation_seconds(recipe, counts)
    seconds = LEAST_SECONDS + BY_EVENT_READ * counts.events + measured + once
    needed = memory_needed if recipe.model is Personal else plain_memory
    return Quote(needed(counts.events, counts.users, counts.items), seconds)


def evaluation_seconds(recipe: Recipe, counts: Counts) -> float:
    """Return what learning from nine users of ten and judging the tenth takes."""
    judging = _judge_seconds(counts)
    if recipe.model is NextBestAction:
        return BY_EVENT_OF_ACTIONS_SEARCHED * _events_of_actions(counts) + judging
    if recipe.model is not Personal:
        return fit_seconds(recipe, counts) + judging
    return _whole_seconds(counts) - _learn_seconds(counts)


def fit_seconds(recipe: Recipe, counts: Counts) -> float:
    """Return what learning from all users takes, with nothing left to choose."""
    if recipe.model is Personal:
        return _learn_seconds(counts)
    if recipe.model is NextBestAction:
        return BY_EVENT_OF_ACTIONS * _events_of_actions(counts)
    if not recipe.metadata.needs_item:
        return BY_EVENT_COUNTED * counts.events
    pairs = min(aws_sims.PAIRS, UNEVEN * counts.events**2 / max(1, counts.users))
    dense = counts.items**2 if counts.items <= aws_sims.DENSE else 0
    return BY_PAIR_TOGETHER * pairs + BY_PAIR_OF_ITEMS * dense


def quote(n_events: int, n_users: int, n_items: int) -> Quote:
    """Return what the personalization engine needs for so much data."""
    return Quote(memory_needed(n_events, n_users, n_items), _whole_seconds(Counts(n_events, n_users, n_items)))


def _whole_seconds(counts: Counts) -> float:
    # Learned from nine users of ten, perhaps from the validation users too, and at last from all.
    hidden = min(searches.VALIDATION_MOST / max(1, counts.users), searches.VALIDATION_SHARE_MOST)
    times = 3 if not counts.tail or hidden >= learner.WORTH_ADDING else 2
    return _search_seconds(counts) + times * _learn_seconds(counts) + _judge_seconds(counts)


def memory_needed(n_events: int, n_users: int, n_items: int) -> float:
    """Return the bytes that training the personalization engine needs at its peak."""
    counts = Counts(n_events, n_users, n_items)
    return plain_memory(n_events, n_users, n_items) + _matrix(counts) + 3 * _neighbours(counts) + _popularity(counts)


def plain_memory(n_events: int, n_users: int, n_items: int) -> float:
    """Return the bytes of a recipe that only counts."""
    return PROCESS + BY_EVENT * n_events + BY_ID * (n_users + n_items)


def _matrix(counts: Counts) -> float:
    """Return the bytes of the counts and the solution while there is most of them."""
    square = 16.0 * counts.head**2
    if not counts.tail:
        return square
    if counts.items <= learner.FULL:
        return square + counts.items * (16.0 * counts.head + THREADS * 128 * BY_CELL)
    cells = min(DISTINCT * counts.tail_pairs, counts.tail * counts.items / 2)
    return square + 16.0 * cells + 24.0 * counts.tail * sparse_ridges.LEAST


def _neighbours(counts: Counts) -> float:
    """Return the bytes of the rows that are kept."""
    sparse = learner.LEAST_KEPT * counts.items + learner.KEPT_BY_EVENT * counts.events
    most = NEIGHBOURS * counts.items
    return 8.0 * (min(sparse, most) if counts.tail else min(most, counts.items**2))


def _popularity(counts: Counts) -> float:
    """Return the bytes of the snapshots, before and after the validation users are added."""
    return (
        2.0
        * counts.items
        * (popularity_over_time.moments_kept(counts.items) * 2 * len(popularity_over_time.HORIZONS) + 40)
    )


def _search_seconds(counts: Counts) -> float:
    """Return what choosing takes: counts of every kernel, a factorisation and the judges' questions for each trial."""
    trials = TRIALS * (counts.head**3 / 3 + 4 * searches.JUDGES * counts.head**2)
    questions = min(searches.VALIDATION_MOST, searches.VALIDATION_SHARE_MOST * counts.users) * (
        1 + searches.NEXT_BASKETS
    )
    return (len(searches.KERNELS) - 1) * _count_seconds(counts) + trials / FLOPS + questions * BY_QUESTION


def _learn_seconds(counts: Counts) -> float:
    """Return what learning from some users takes."""
    columns = counts.items if counts.items <= learner.FULL else counts.head
    solving = 2 * counts.head**2 * columns + 2 * counts.tail * counts.head * columns
    sparse = counts.tail_pairs * BY_PAIR_SORTED if counts.items > learner.FULL else 0.0
    each = counts.events * BY_EVENT_SECONDS + counts.items * BY_ITEM
    return _count_seconds(counts) + solving / FLOPS + sparse + each


def _count_seconds(counts: Counts) -> float:
    reach = min(USUAL_REACH, counts.events / max(1, counts.users), grams.REACH)
    return counts.events * (2 * reach + 1) * BY_PAIR


def _events_of_actions(counts: Counts) -> float:
    """Return how many events lie behind the contacts that are learned from: usually two of each."""
    return min(counts.events, 2 * aws_next_best_action.MOST)


def _judge_seconds(counts: Counts) -> float:
    return min(evaluation.MAX_CASES, evaluation.HELD_OUT * counts.users) * BY_QUESTION
