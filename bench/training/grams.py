"""The two heavy parts of a training against their peers, in one run on the same data.

Counting: all rows of A + iR, by blocks, against scipy's sparse product per lag. Solving: one ridge value by blocks in
place, against bare spotrf and spotrs on the same matrices.

Run: .venv/bin/python -m bench.training.grams [--events 1000000] [--items 3400] [--rounds 3]
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg.lapack import spotrf, spotrs
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from bench.reports import RESULTS, machine
from tastemaker.recipes import workers
from tastemaker.recipes.data import Interactions
from tastemaker.recipes.matrix import grams, seqridge, symmetric
from tastemaker.recipes.matrix.grams import Histories, Kernel

KERNEL = Kernel()


def events_of(events: int, items: int, seed: int = 0) -> Interactions:
    """Return one event a basket, so that a lag in baskets is one in events and scipy's way is short."""
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, items + 1) ** 0.8
    users, picks = rng.integers(0, events // 165 + 1, events), rng.choice(items, events, p=shares / shares.sum())
    return Interactions.sort(users, picks, rng.permutation(events), n_users=events // 165 + 1, n_items=items)


def ours(events: Interactions) -> grams.Parts:
    """Count with the engine, from plain events on."""
    every = np.arange(events.n_items, dtype=np.int32)
    _, parts = symmetric.Among.of(Histories.of(events, KERNEL), every, KERNEL)
    return parts


def scipy_per_lag(events: Interactions) -> grams.Parts:
    """Count by one sparse product for each lag, both matrices from it; dense at the end."""
    table, weights = KERNEL.weights(rows_follow=True), 1 / np.diff(events.starts())[events.users].astype(np.float32)
    ones, places, total = np.ones(len(events), np.float32), np.arange(len(events) + 1), 0
    for lag in range(KERNEL.window + 1):
        begins = np.flatnonzero(events.users[: len(events) - lag] == events.users[lag:])
        shape, starts = (len(begins), events.n_items), places[: len(begins) + 1]
        past = csr_matrix((weights[begins], events.items[begins], starts), shape)
        future = csr_matrix((ones[begins], events.items[begins + lag], starts), shape)
        product = past.T @ future
        total = total + product * table[KERNEL.window + 1 + lag]
        if lag:
            total = total + product.T * table[KERNEL.window + 1 - lag]
    dense = total.toarray()
    return dense.real, dense.imag


def bare(covariance: np.ndarray, targets: np.ndarray, lam: float) -> np.ndarray:
    """Solve with two LAPACK calls and nothing else."""
    covariance[np.diag_indices_from(covariance)] += np.float32(lam)
    factor, _ = spotrf(covariance.T, lower=0, overwrite_a=1, clean=0)
    return spotrs(factor, targets.T, lower=0, overwrite_b=1)[0].T


def seconds(work: Callable[[], Any], rounds: int = 1) -> tuple[float, float, Any]:
    """Return the shortest of some runs by the clock and by the processor time of all threads, and the last result."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter(), time.process_time()
        result = work()
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return *np.min(times, axis=0).tolist(), result


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=3_400)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    events = events_of(options.events, options.items)
    lines = [f"$ python -m bench.training.grams --events {options.events} --items {options.items}", machine()]
    with threadpool_limits(1, "blas"):
        slow, slow_processor, expected = seconds(lambda: scipy_per_lag(events))
        for threads in (2, 1):
            workers.threads = lambda threads=threads: threads
            fast, processor, (covariance, targets) = seconds(lambda: ours(events), options.rounds)
            lines.append(
                f"counting, window {KERNEL.window}: scipy per lag {slow:.2f} s (processor {slow_processor:.2f} s), "
                f"ours with {threads} threads {fast:.2f} s ({processor:.2f} s): "
                f"{slow / fast:.1f} times as fast, {slow_processor / processor:.1f} by processor time"
            )
        worst = max(np.abs(one - other).max() for one, other in zip((covariance, targets), expected, strict=True))
        lines.append(f"largest difference {worst:.1e} of {covariance.max():.1e}")
        lam = 10 * seqridge.strength(covariance)
        pairs = [(covariance.copy(), targets.copy()) for _ in range(2 * options.rounds)]
        lapack, lapack_processor, one = seconds(lambda: bare(*pairs.pop(), lam), options.rounds)
        our_seconds, processor, other = seconds(lambda: seqridge.solved(*pairs.pop(), lam), options.rounds)
        np.fill_diagonal(one, 0)
        lines.append(
            f"solving: spotrf + spotrs {lapack:.2f} s (processor {lapack_processor:.2f} s), ours {our_seconds:.2f} s "
            f"({processor:.2f} s): {processor / lapack_processor:.2f} times the processor time, "
            f"largest difference {np.abs(one - other).max():.1e} of {np.abs(one).max():.1e}"
        )
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "grams.txt").write_text(text)


if __name__ == "__main__":
    main()
