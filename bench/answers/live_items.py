"""What was put since a training, at a million items: how long the model takes that knows it, and its answers.

The model is a v2 engine of random relations over items with a genre of 500, a brand of 1,000 and a price; a user has
50 events. Of the puts half change items and half are new. An answer has 25 items; the filter is on a genre and a price,
with masks made once.

Run: OPENBLAS_NUM_THREADS=1 .venv/bin/python -m bench.answers.live_items [--items 1000000] [--puts 0 10 1000]
    [--calls 300]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.reports import RESULTS, machine
from tastemaker.domain.answers.exploration import Exploring
from tastemaker.domain.filters.language import parse_filter
from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.recipes import registry
from tastemaker.recipes.attributes import descriptions
from tastemaker.recipes.attributes.cells import Cells, arrays_of_cells
from tastemaker.recipes.data import Interactions, TrainingData
from tastemaker.recipes.histories import popularity_over_time
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.neighbours import Neighbours
from tastemaker.recipes.personal import discovery, panels
from tastemaker.recipes.personal.candidates import Choice
from tastemaker.recipes.personal.discovery import Discovery
from tastemaker.recipes.personal.engine import Personal
from tastemaker.recipes.personal.panels import Sources
from tastemaker.serving import artifacts
from tastemaker.serving.asking import Asking
from tastemaker.serving.catalogue import Numbers, Texts, arrays_of
from tastemaker.serving.model import ServedModel, open_model

KEPT, EVENTS, USERS, ASKED, DAY = 20, 50, 2_000, 25, 86_400
GENRES, BRANDS = 500, 1_000
RULE = parse_filter('INCLUDE ItemID WHERE Items.GENRE IN ("g7", "g8", "g9") AND Items.PRICE < 50')


def model_of(folder: Path, items: int) -> ServedModel:
    """Store an engine whose relations are random, and open it."""
    rng = np.random.default_rng(0)
    genres, brands = (
        np.char.add(letter, rng.integers(0, size, items).astype("U4"))
        for letter, size in (("g", GENRES), ("b", BRANDS))
    )
    prices = rng.uniform(0, 100, items)
    catalogue = (
        arrays_of("ITEMS", "GENRE", Texts.of(genres.tolist(), split=True))
        | arrays_of("ITEMS", "PRICE", Numbers(prices.astype(np.float32)))
        | arrays_of_cells("ITEMS", "GENRE", Cells.of(genres.tolist()))
    )
    users = np.repeat(np.arange(USERS), EVENTS)
    times = np.tile(365 * DAY - np.arange(EVENTS)[::-1] // 2 * DAY, USERS)
    events = Interactions.sort(users, rng.integers(0, items, len(users)), times, n_users=USERS, n_items=items)
    user_ids, item_ids = (
        np.char.add(x, np.char.zfill(np.arange(n).astype("U7"), 7)) for x, n in (("u", USERS), ("i", items))
    )
    columns = {"GENRE": genres, "BRAND": brands, "PRICE": prices}
    data = TrainingData(events, user_ids, item_ids, columns, catalogue=catalogue)
    recipe = registry.get("aws-user-personalization")
    artifacts.save(folder, recipe=recipe, model=engine(rng, data), data=data)
    return open_model(folder)


def engine(rng: np.random.Generator, data: TrainingData) -> Personal:
    """Return relations that say nothing, and descriptions as a training has them."""
    items = len(data.item_ids)
    rows = rng.integers(0, items, (items, KEPT), dtype=np.int32)
    rows.sort(axis=1)
    values = np.tile(rng.normal(size=KEPT).astype(np.float32), items)
    found = Discovery(
        Neighbours(np.arange(items + 1) * KEPT, rows.ravel(), values),
        popularity_over_time.learn(data.interactions),
        np.ones(len(discovery.SCORE_TEMPOS), np.float32),
    )
    sources = Sources(found, np.zeros(items, np.float32), 0.0).with_contents(data, descriptions.describe(data))
    return Personal(sources, panels.untaught(0.0, timeless=False), Choice(Kernel(1.0, 1.0, 1.0), 1.0))


def records_of(puts: int, items: int) -> dict[str, dict[str, object]]:
    """Return records by id, half of them of items that are new."""
    rng = np.random.default_rng(1)
    old = rng.choice(items, puts - puts // 2, replace=False)
    names = [*(f"i{number:07d}" for number in old), *(f"new{number}" for number in range(puts // 2))]
    return {
        name: {"GENRE": f"g{rng.integers(GENRES)}", "BRAND": f"b{rng.integers(BRANDS)}", "PRICE": 9.5, RECORDED: n}
        for n, name in enumerate(names)
    }


def milliseconds(work: Callable[[int], object], calls: int, *, unmeasured: int = 20) -> np.ndarray:
    """Return p50 and p99 of some calls."""
    times = []
    for call in range(-unmeasured, calls):
        start = time.perf_counter()
        work(call)
        times.append((time.perf_counter() - start) * 1e3)
    return np.percentile(times[unmeasured:], [50, 99])


def measured(trained: ServedModel, puts: int, items: int, calls: int) -> str:
    """Return a line about a number of puts."""
    records = records_of(puts, items)
    if puts:
        started = time.perf_counter()
        trained.with_items(records)
        first = (time.perf_counter() - started) * 1e3
        again = milliseconds(lambda _: trained.with_items(records), 10, unmeasured=0)[0]
    model = trained.with_items(records) if puts else trained
    made = f"made in {first:6.1f} ms, again in {again:6.1f} ms" if puts else "as trained" + 26 * " "
    kinds = {
        "plain": lambda call: model.recommend(Asking(f"u{call % USERS:07d}"), ASKED),
        "filtered": lambda call: model.recommend(Asking(f"u{call % USERS:07d}", rule=RULE), ASKED),
        "explored": lambda call: model.explore(
            Asking(f"u{call % USERS:07d}"), ASKED, Exploring(0.045, 30.0), seed=str(call)
        ),
    }
    told = (
        f"{kind} p50 {p50:.2f}, p99 {p99:.2f}"
        for kind, work in kinds.items()
        for p50, p99 in [milliseconds(work, calls)]
    )
    return f"{puts:>7,} puts: {made}; answers in ms: {'; '.join(told)}"


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--puts", type=int, nargs="+", default=[0, 10, 1_000, 10_000])
    parser.add_argument("--calls", type=int, default=300)
    options = parser.parse_args()
    arguments = f"--items {options.items} --puts {' '.join(map(str, options.puts))} --calls {options.calls}"
    lines = [f"$ OPENBLAS_NUM_THREADS=1 python -m bench.answers.live_items {arguments}", machine()]
    with TemporaryDirectory() as folder:
        model = model_of(Path(folder), options.items)
        for puts in options.puts:
            lines.append(measured(model, puts, options.items, options.calls))
            print(lines[-1], flush=True)
    (RESULTS / "live-items.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
