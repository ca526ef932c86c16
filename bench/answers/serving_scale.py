"""One user asked in process, at growing catalogues, against the arithmetic that it cannot do without.

The model's matrix is random, of the shape that training leaves: whole rows up to 4,500 items, 300 entries a row beyond,
100 of a million items. A user has 50 events. The peer is a product of 50 weights with 50 such rows kept dense, and the
top 25 of the result: what serving would cost without sparse rows, features, repeats or popularity.

Run: .venv/bin/python -m bench.answers.serving_scale [--items 3500 20000 100000 1000000] [--calls 300]
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from bench.reports import RESULTS, machine
from tastemaker.recipes.data import Interactions, Query
from tastemaker.recipes.histories import popularity_over_time
from tastemaker.recipes.matrix.learner import WHOLE
from tastemaker.recipes.matrix.neighbours import ItemMatrix, Neighbours
from tastemaker.recipes.matrix.whole import Whole
from tastemaker.recipes.personal import discovery, panels
from tastemaker.recipes.personal.discovery import Discovery
from tastemaker.recipes.personal.engine import Personal
from tastemaker.recipes.personal.panels import Sources

EVENTS, KEPT, ASKED, USERS = 50, 300, 25, 50
DAY = 86400


def matrix_of(rng: np.random.Generator, items: int) -> ItemMatrix:
    """Return rows of a shape."""
    if items <= WHOLE:
        return Whole.of(rng.normal(size=(items, items)).astype(np.float32))
    kept = min(KEPT, 100_000_000 // items)
    columns = rng.integers(0, items, (items, kept), dtype=np.int32)
    columns.sort(axis=1)
    values = rng.normal(size=kept).astype(np.float32)
    return Neighbours(np.arange(items + 1) * kept, columns.ravel(), np.tile(values, items))


def model_of(rng: np.random.Generator, items: int) -> Personal:
    """Return an engine of a shape, whatever it says."""
    neighbours = matrix_of(rng, items)
    count = 200_000
    events = Interactions.sort(
        rng.integers(0, 5_000, count),
        rng.integers(0, items, count),
        rng.integers(0, 365 * DAY, count),
        n_users=5_000,
        n_items=items,
    )
    found = Discovery(neighbours, popularity_over_time.learn(events), np.ones(len(discovery.SCORE_TEMPOS), np.float32))
    return Personal(Sources(found, np.zeros(items, np.float32), 0.0), panels.untaught(0.0, timeless=False), 1.0)


def queries_of(rng: np.random.Generator, items: int) -> list[Query]:
    """Return histories of 50 events, two a day."""
    times = 365 * DAY - np.arange(EVENTS)[::-1] // 2 * DAY
    return [Query.of(rng.integers(0, items, EVENTS, dtype=np.int32), times) for _ in range(USERS)]


def bare(rng: np.random.Generator, items: int) -> Callable[[], object]:
    """Return a product of 50 weights with 50 dense rows, and its top 25."""
    rows, weights = rng.random((EVENTS, items), np.float32), rng.random(EVENTS, np.float32)
    return lambda: np.argpartition(-(weights @ rows), ASKED)[:ASKED]


def milliseconds(work: Callable[[int], object], calls: int) -> np.ndarray:
    """Return p50 and p99 of some calls."""
    times = []
    for call in range(calls + USERS):
        start = time.perf_counter()
        work(call)
        times.append(time.perf_counter() - start)
    return np.percentile(np.array(times[USERS:]) * 1e3, [50, 99])


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[3_500, 20_000, 100_000, 1_000_000])
    parser.add_argument("--calls", type=int, default=300)
    options = parser.parse_args()
    arguments = f"--items {' '.join(map(str, options.items))} --calls {options.calls}"
    lines = [f"$ python -m bench.answers.serving_scale {arguments}", machine()]
    for items in options.items:
        rng = np.random.default_rng(items)
        model, queries, peer = model_of(rng, items), queries_of(rng, items), bare(rng, items)
        ours = milliseconds(lambda call, of=model, by=queries: of.recommend(by[call % USERS], ASKED), options.calls)
        least = milliseconds(lambda _, work=peer: work(), options.calls)
        lines.append(
            f"{items:>9,} items: ours p50 {ours[0]:.2f} ms, p99 {ours[1]:.2f} ms; bare product and top {ASKED} "
            f"p50 {least[0]:.2f} ms, p99 {least[1]:.2f} ms; {ours[0] / least[0]:.2f} times"
        )
        print(lines[-1], flush=True)
    text = "\n".join(lines) + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "serving-scale.txt").write_text(text)


if __name__ == "__main__":
    main()
