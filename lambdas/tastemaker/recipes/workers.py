"""Spreads blocks of work over the machine's cores: numpy, LAPACK and scipy's sparse loops let go of the interpreter.

The blocks are cut beforehand and each one writes what belongs to it alone, so the result has the same bytes whatever
the number of threads.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

# Beyond this many threads the memory bus is what they wait for.
MOST = 8
Task = TypeVar("Task")
Result = TypeVar("Result")
# Trainings under way in this process, and the limit that the first of them has set for all.
_fitting: list[Any] = []
_entering = Lock()


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


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold every BLAS to one thread while anything is fitted: sums have one order on any machine.

    Nor does it wait for a core that others use (20 times as long, measured on a busy machine). scipy brings a BLAS of
    its own, and only what is loaded by then can be held.
    """
    import scipy.linalg  # noqa: PLC0415, F401  for fitting only
    from threadpoolctl import threadpool_limits  # noqa: PLC0415  same

    with _entering:
        _fitting.append(_fitting[0] if _fitting else threadpool_limits(1, "blas"))
    try:
        yield
    finally:
        with _entering:
            limit = _fitting.pop()
            if not _fitting:
                limit.restore_original_limits()
