"""What training the personal engine takes: the matrix, its neighbours, popularity over time, and the search."""

from typing import Final

from tastemaker.recipes.costs import BY_ID, BY_QUESTION, PROCESS, Costs, Counts, counting_memory
from tastemaker.recipes.histories import popularity_over_time
from tastemaker.recipes.matrix import counted, grams, learner, sparse_ridges, transitions
from tastemaker.recipes.matrix.seqridge import NEIGHBOURS
from tastemaker.recipes.measuring.forecast import judging_seconds
from tastemaker.recipes.personal import candidates, judges

# Blocks that are worked on at once, and bytes of each of their cells.
THREADS, BY_CELL = 2, 24
# Bytes of an item while blocks of items are described and judged, and for how many at once.
BY_ITEM_AT_WORK, AT_WORK = 3000, 30_000
# Bytes of an entry of a stored row, and of an item beside its rows and what it was at each moment.
BY_ENTRY, BY_ITEM_STORED = 8, 48
# How many of the pairs counted are cells of their own, by experience.
DISTINCT = 0.35
# Events that a window usually holds on either side.
USUAL_REACH = 60
FLOPS = 50e9
BY_PAIR, BY_PAIR_SORTED, BY_EVENT, BY_ITEM = 5e-9, 60e-9, 0.6e-6, 10e-6  # seconds
# Where many machines count: seconds of a core for an event (bench/results/spark.txt, 20 M of them). Where the matrix is
# solved afterwards: bytes of what reads the counts, of a moment, of which there are so many at most (three years of
# seconds), and of a pair with an item of the tail.
BY_EVENT_SPREAD = 32e-6
READING, BY_MOMENT, MOMENTS_MOST, BY_CELL_COUNTED = 1.5e9, 16, 100_000_000, 48
# Ridges that a search usually tries beside the first one.
RIDGES_TRIED = 4


def memory(counts: Counts) -> float:
    """Return the bytes that training needs at its peak."""
    working = BY_ITEM_AT_WORK * min(counts.items, AT_WORK)
    return (
        counting_memory(counts)
        + working
        + _matrix(counts)
        + (1 + 2 * folds(counts)) * _neighbours(counts)
        + _beside(counts)
    )


def fit_seconds(counts: Counts) -> float:
    """Return what learning from some users takes, with nothing left to choose."""
    head, tail = _head(counts), _tail(counts)
    columns = counts.items if counts.items <= learner.FULL else head
    solving = 2 * head**2 * columns + 2 * tail * head * columns
    sparse = _tail_pairs(counts) * BY_PAIR_SORTED if counts.items > learner.FULL else 0.0
    each = counts.events * BY_EVENT + counts.items * BY_ITEM
    return _count_seconds(counts) + solving / FLOPS + sparse + each


def evaluation_seconds(counts: Counts) -> float:
    """Return what choosing, learning from nine users of ten and judging the tenth take."""
    # Learned from nine users of ten, perhaps from the validation users too, and at last from all.
    validation = min(candidates.VALIDATION_MOST / max(1, counts.users), candidates.VALIDATION_SHARE_MOST)
    times = 3 if not _tail(counts) or validation >= learner.WORTH_ADDING else 2
    whole = _search_seconds(counts) + times * fit_seconds(counts) + judging_seconds(counts)
    return whole - fit_seconds(counts)


def stored(counts: Counts) -> float:
    """Return the bytes of the model's arrays at most: rows, what comes next, and popularity at each moment."""
    trends = popularity_over_time.moments_kept(counts.items) * 2 * len(popularity_over_time.HORIZONS)
    successors = min(counts.events, transitions.SUCCESSORS * counts.items)
    return _rows_stored(counts) + BY_ENTRY * successors + (trends + BY_ITEM_STORED) * counts.items


def assembling_memory(counts: Counts) -> float:
    """Return the bytes that learning needs of what many machines have counted; what events take is in files."""
    known = BY_ID * (counts.users + counts.items) + BY_MOMENT * min(counts.events, MOMENTS_MOST)
    cells = min(DISTINCT * _tail_pairs(counts), max(counted.TAIL_CELLS, counted.TAIL_KEPT * _tail(counts)))
    matrix = 24.0 * _head(counts) ** 2 + BY_CELL_COUNTED * cells + 2 * _neighbours(counts)
    return PROCESS + READING + known + matrix + _beside(counts)


PERSONAL: Final = Costs(memory, fit_seconds, evaluation_seconds, stored)


def _rows_stored(counts: Counts) -> float:
    """Return the bytes of the rows: no more than there are pairs of events, whatever could be kept."""
    pairs = NEIGHBOURS * _head(counts) + (2.0 * learner.TAIL_REACH + 1) * counts.events
    return min(_neighbours(counts), BY_ENTRY * pairs) if _tail(counts) else _neighbours(counts)


def _head(counts: Counts) -> int:
    """Return how many items are solved exactly."""
    return learner.head_size(counts.items)


def _tail(counts: Counts) -> int:
    """Return how many are not."""
    return counts.items - _head(counts)


def _tail_pairs(counts: Counts) -> float:
    """Return how many pairs with items of the tail are counted."""
    reach = min(learner.TAIL_REACH, USUAL_REACH, counts.events / max(1, counts.users))
    return min(learner.TAIL_PAIRS, counts.events * _tail(counts) / max(1, counts.items) * (2 * reach + 1))


def _matrix(counts: Counts) -> float:
    """Return the bytes of the counts and the solution while there is most of them."""
    head, tail = _head(counts), _tail(counts)
    square = 24.0 * head**2
    if not tail:
        return square
    if counts.items <= learner.FULL:
        return square + counts.items * (16.0 * head + THREADS * 128 * BY_CELL)
    cells = min(DISTINCT * _tail_pairs(counts), tail * counts.items / 2)
    return square + 16.0 * cells + 24.0 * tail * sparse_ridges.LEAST


def _neighbours(counts: Counts) -> float:
    """Return the bytes of the rows that are kept."""
    sparse = learner.LEAST_KEPT * counts.items + learner.KEPT_BY_EVENT * counts.events
    most = NEIGHBOURS * counts.items
    if not _tail(counts):
        return 2.0 * counts.items**2
    return 8.0 * min(sparse, most)


def _beside(counts: Counts) -> float:
    """Return the bytes of popularity and of what comes next, before and after the validation users are added."""
    moments = popularity_over_time.moments_kept(counts.items)
    popularity = counts.items * (moments * 2 * len(popularity_over_time.HORIZONS) + 40)
    return 2.0 * popularity + 16.0 * min(counts.events, transitions.SUCCESSORS * counts.items)


def folds(counts: Counts) -> int:
    """Return how many folds of validation users are asked."""
    cells = NEIGHBOURS * counts.items if _tail(counts) else counts.items**2
    return candidates.folds(counts.users, cells, trial_seconds(counts))


def _search_seconds(counts: Counts) -> float:
    """Return what choosing takes: kernels, exponents and ridges, two finalists, and the questions of validation."""
    times, trial = folds(counts), trial_seconds(counts)
    kernels, exponents = candidates.affordable(trial * times)
    trials = (len(kernels) + len(exponents) - 2) * trial + RIDGES_TRIED * _judging_seconds(counts)
    finalists = fit_seconds(counts) + _count_seconds(counts) if _tail(counts) else 0.0
    questions = candidates.validation_users(counts.users) * (2 + candidates.NEXT_BASKETS)
    return times * (trials + finalists + questions * BY_QUESTION) + (times - 1) * fit_seconds(counts)


def trial_seconds(counts: Counts) -> float:
    """Return what trying one kernel takes: its counts, a factorisation and the judges' questions."""
    return _count_seconds(counts) + _judging_seconds(counts)


def _judging_seconds(counts: Counts) -> float:
    head = _head(counts)
    return (head**3 / 3 + 4 * len(judges.TEMPOS) * candidates.judges(head) * head**2) / FLOPS


def _count_seconds(counts: Counts) -> float:
    reach = min(USUAL_REACH, counts.events / max(1, counts.users), grams.REACH)
    return counts.events * (2 * reach + 1) * BY_PAIR
