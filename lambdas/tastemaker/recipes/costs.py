"""What a recipe says of the cost of its training, before it begins: bytes and seconds by formula from three counts.

Each family has its own formulas beside its engine (`personal/costs.py` ...); what they have in common is here. The
terms follow the code that they speak of; the constants were measured with `bench/training/fits.py`, which prints both
sides, on 2 x AMD EPYC, 2026-11-25, those of memory with `bench/training/memory.py`, a process for each training, on
2026-11-29. Seconds are those of one core of it; what another machine makes of them is learned
from its last trainings (`domain.training.quotes`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from tastemaker.recipes.data import Interactions

# The task function's process before it reads anything (292 MiB: interpreter, numpy, scipy, boto3, the handler), and
# what DuckDB takes to read with.
PROCESS = 306e6 + 28e6
# Bytes of an event: the data, the part trained on while measuring, the part without validation users, and what counting
# holds for a while.
BY_EVENT = 150
# Of a user and an item: ids in UCS-4, offsets, counts.
BY_ID = 250
# Seconds of an event that is counted, and of an answer while a model is judged.
BY_EVENT_COUNTED, BY_QUESTION = 0.1e-6, 1e-3


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


def counting_memory(counts: Counts) -> float:
    """Return the bytes of a recipe that only counts."""
    return PROCESS + BY_EVENT * counts.events + BY_ID * (counts.users + counts.items)


def counting_seconds(counts: Counts) -> float:
    """Return the seconds of a recipe that only counts."""
    return BY_EVENT_COUNTED * counts.events


@dataclass(frozen=True, slots=True)
class Costs:
    """What a recipe's training takes: by default, what counting takes.

    `memory` gives the bytes at the peak; `fit_seconds` the time of learning from all users, with nothing left to
    choose; `evaluation_seconds` that of learning from nine users of ten and judging the tenth, where that is more than
    another fit. `stored` gives the bytes of what the model keeps, at most and without descriptions of items; nobody
    has worked that out for recipes without it.
    """

    memory: Callable[[Counts], float] = counting_memory
    fit_seconds: Callable[[Counts], float] = counting_seconds
    evaluation_seconds: Callable[[Counts], float] | None = None
    stored: Callable[[Counts], float] | None = None


COUNTING: Final = Costs()
