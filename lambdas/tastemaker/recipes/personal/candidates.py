"""What a search chooses from: the kernels, exponents and ridges of the item-item matrix, and how many questions judge.

The order of the kernels is that of their worth: where counts are dear, the last ones are not tried.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from tastemaker.recipes.matrix.kernels import Kernel

# How many baskets apart two events may teach each other; of events `grams.REACH` on either side are looked at.
_WINDOW: Final = 120
_PAIRS: Final = Kernel(window=_WINDOW, exponent=0.0)
# Where people follow a thread from one thing to the next, the last one says nearly all; where they come back to a
# taste, order says little, and where there is none, nothing.
KERNELS: Final = (
    _PAIRS,
    replace(_PAIRS, past=1.0, future=1.5),
    replace(_PAIRS, past=1.0, future=8.0, mixture=0.2),
    replace(_PAIRS, past=1.5, future=3.0, mixture=0.8),
    replace(_PAIRS, past=0.5, future=1.2, far=8.0),
    replace(_PAIRS, past=3.0, future=1.2, far=8.0),
    replace(_PAIRS, mixture=1.0),
)
# Most often every pair counts alike; where few users own most events, users do.
EXPONENTS: Final = (0.0, 0.5, 1.0)
# How strongly descriptions may pull the matrix, in ridges.
PULL: Final = 10.0
RIDGES: Final = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
FIRST_RIDGE: Final = 10.0
UNTAUGHT_KERNEL: Final = Kernel(past=1.0, future=1.5)
UNTAUGHT_RIDGE: Final = 3.0
# Seconds that trying kernels and exponents may take, by the costs of one; some are tried whatever they cost.
SEARCH_SECONDS, LEAST_TRIED = 60.0, 3
# Validation users: a tenth, but enough of them where there are few, and not more than help.
VALIDATION_SHARE, VALIDATION_LEAST, VALIDATION_MOST = 0.1, 500, 1000
VALIDATION_SHARE_MOST = 0.2
# Where fewer than so many are asked at once, folds of them are held out in turn, so many at most: noise would choose.
CROSSED, FOLDS_MOST = 400, 5
# Cells of the matrices that are learned of all folds.
FOLD_CELLS = 45_000_000
# Beside the newest tenth, validation users are asked for this many single baskets, as a live client asks.
NEXT_BASKETS = 2
# Questions of validation users that choose: as many as a large head can be asked, and more where it is small.
JUDGES, MORE_JUDGES, SMALL_HEAD = 600, 1800, 2000


@dataclass(frozen=True, slots=True)
class Choice:
    """How the item-item matrix is learned; `ridge` is lam over the mean of A's diagonal.

    `pull`: how many times as strongly it is held to what descriptions expect as to 0.
    """

    kernel: Kernel
    ridge: float
    pull: float = 0.0


def judges(head: int) -> int:
    """Return how many questions choose among so many items."""
    return MORE_JUDGES if head <= SMALL_HEAD else JUDGES


def affordable(trial: float) -> tuple[tuple[Kernel, ...], tuple[float, ...]]:
    """Return the kernels and the exponents that are tried, where a trial takes so many seconds."""
    count = max(LEAST_TRIED, int(SEARCH_SECONDS / trial))
    return KERNELS[:count], EXPONENTS[: max(1, 1 + count - len(KERNELS))]


def validation_users(users: int) -> float:
    """Return how many of so many users are asked to choose."""
    return min(max(VALIDATION_SHARE * users, VALIDATION_LEAST), VALIDATION_SHARE_MOST * users, VALIDATION_MOST)


def folds(users: int, cells: int, trial: float) -> int:
    """Return how many folds of so many users are asked, where a matrix has so many cells and takes so many seconds."""
    wanted = math.ceil(CROSSED / max(1.0, validation_users(users)))
    held, timely = FOLD_CELLS // max(1, cells), SEARCH_SECONDS / (LEAST_TRIED * trial)
    return max(1, min(wanted, FOLDS_MOST, held, int(timely)))
