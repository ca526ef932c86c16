"""Spreads blocks of work over the machine's cores: numpy, LAPACK and scipy's sparse loops let go of the interpreter.

The blocks are cut beforehand and each one writes what belongs to it alone, so the result has the same bytes whatever
the number of threads.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

# Beyond this many threads the memory bus is what they wait for.
MOST = 8
Task = TypeVar("Task")
Result = TypeVar("Result")


def threads() -> int:
    """Return how many blocks are worked on at once."""
    return min(MOST, os.cpu_count() or 1)


def spread(work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
    """Yield the result of every task, in the order of the tasks."""
    if threads() == 1 or len(tasks) < 2:  # noqa: PLR2004  nothing to share
        yield from map(work, tasks)
        return
    with ThreadPoolExecutor(threads()) as pool:
        yield from pool.map(work, tasks)
