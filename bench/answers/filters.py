"""Filters in process: what they cost on catalogues of some sizes, and a user with a million events.

The model is Popularity-Count, so that hardly anything but the filter is timed; the catalogue is random. The peer is the
least any answer costs: one product of a factor matrix (items, 64) with a vector and the top 25 of the result. A user's
million events lie once in the model and once among the events since its training, which come as DynamoDB would send
them: JSON texts, one after the other, without the network. What is let pass is compared with sets made in plain Python.

Run: OPENBLAS_NUM_THREADS=1 .venv/bin/python -m bench.answers.filters [--items 3500 100000] [--events 1000000]
    [--calls 300]
"""

import argparse
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.reports import RESULTS, machine
from tastemaker.domain.answers.histories import thinned
from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.filters.language import parse_filter
from tastemaker.domain.filters.values import bind
from tastemaker.recipes import registry
from tastemaker.recipes.data import TrainingData
from tastemaker.serving import artifacts
from tastemaker.serving.asking import Asking
from tastemaker.serving.catalogue import Numbers, Texts, Touched, arrays_of, arrays_of_touched
from tastemaker.serving.model import ServedModel, open_model

TYPES = ("view", "cart", "purchase")
HIDDEN = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")'
FILTERS = {
    "a category": ("INCLUDE ItemID WHERE Items.GENRE IN ($G)", {"G": '"g3"'}),
    "a price": ("INCLUDE ItemID WHERE Items.PRICE <= $P", {"P": "20"}),
    "four clauses": (
        (
            'INCLUDE ItemID WHERE Items.GENRE IN ("g1","g2") AND Items.PRICE < 50 OR Items.GENRE IN ("g7") | '
            'EXCLUDE ItemID WHERE Items.GENRE IN ("g9")'
        ),
        {},
    ),
    "not bought": (HIDDEN, {}),
}
Event = dict[str, object]


def model_of(folder: Path, items: int, events: int) -> tuple[ServedModel, set[str]]:
    """Return a model in which `heavy` has so many events and others 30, and what `heavy` bought."""
    rng = np.random.default_rng(items)
    names = np.array(sorted(f"i{n}" for n in range(items)))
    users = [*["heavy"] * events, *np.char.add("u", rng.integers(0, 1000, 30_000).astype(str))]
    chosen = np.append(rng.integers(0, items, len(users) - items), np.arange(items))
    types = rng.choice(3, len(users), p=[0.9, 0.08, 0.02])
    data = TrainingData.from_ids(users, names[chosen], np.arange(len(users)))
    codes = np.unique(np.searchsorted(data.user_ids, users) * (3 * items) + types * items + chosen)
    starts = np.searchsorted(codes // (3 * items), np.arange(len(data.user_ids) + 1)).astype(np.int64)
    rows = (codes % items).astype(np.int32), (codes // items % 3).astype(np.int32)
    genres = (f"g{a}|g{b}" for a, b in rng.integers(0, 20, (items, 2)).tolist())
    catalogue = (
        arrays_of("ITEMS", "GENRE", Texts.of(genres, split=True))
        | arrays_of("ITEMS", "PRICE", Numbers(rng.uniform(0, 100, items).astype(np.float32)))
        | arrays_of_touched(Touched(data.user_ids, starts, *rows, np.array(TYPES)))
    )
    recipe = registry.get("aws-popularity-count")
    known = TrainingData(data.interactions, data.user_ids, data.item_ids, catalogue=catalogue)
    artifacts.save(folder, recipe=recipe, model=recipe.fit(known), data=known)
    bought = {str(names[i]) for u, i, t in zip(users, chosen, types, strict=True) if u == "heavy" and t == 2}
    return open_model(folder), bought


def milliseconds(work: Callable[[], object], calls: int) -> tuple[float, float, float]:
    """Return the first time, and p50 and p99 of those after it."""
    times = []
    for _ in range(calls + 1):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return times[0], *np.percentile(times[1:], [50, 99])


def bare(items: int) -> Callable[[], object]:
    """Return one product and its top 25."""
    rng = np.random.default_rng(0)
    factors, user = rng.random((items, 64), np.float32), rng.random(64, np.float32)
    return lambda: np.argpartition(-(factors @ user), 25)[:25]


def filters_on(model: ServedModel, items: int, calls: int) -> list[str]:
    """Time the filters for a user of usual length."""
    _, least, _ = milliseconds(bare(items), calls)
    lines = [f"{items:>9,} items: bare product and top 25 p50 {least:.3f} ms"]
    for name, (text, values) in FILTERS.items():
        first, p50, p99 = milliseconds(lambda: asked(model, "u7", [], bind(parse_filter(text), values)), calls)  # noqa: B023
        lines.append(f"{'':>16} {name:14} first {first:7.3f}, p50 {p50:.3f}, p99 {p99:.3f} ms; {p50 / least:.3f} times")
    return lines


def asked(model: ServedModel, user: str, events: list[Event], rule: Filter) -> list[str]:
    """Return 25 items."""
    return [item for item, _ in model.recommend(Asking(user, events, rule=rule), 25)]


def heavy_user(model: ServedModel, bought: set[str], items: int, events: int, calls: int) -> list[str]:
    """Time the user with many events: in the model, and since."""
    rule = bind(parse_filter(HIDDEN), {})
    everything = {item for item, _ in model.recommend(Asking("heavy"), items)}
    passing = {item for item, _ in model.recommend(Asking("heavy", rule=rule), items)}
    verdict = "right" if passing == everything - bought else "WRONG"
    _, p50, p99 = milliseconds(lambda: asked(model, "heavy", [], rule), calls)
    lines = [
        f"{events:,} events in the model, {len(bought):,} items bought: {verdict}; p50 {p50:.3f}, p99 {p99:.3f} ms"
    ]
    bodies, fresh = recorded(sorted(everything), events)
    started = time.process_time()
    found = thinned(map(json.loads, bodies))
    read = time.process_time()
    passing = {item for item, _ in model.recommend(Asking("new", found, rule=rule), items)}
    done = time.process_time()
    verdict = "right" if passing == everything - fresh else "WRONG"
    lines.append(
        f"{events:,} events since the training, {len(fresh):,} items bought: {verdict}; "
        f"{read - started:.2f} s of CPU to read them from memory, {len(found):,} kept; "
        f"{(done - read) * 1e3:.1f} ms of CPU to answer"
    )
    return lines


def recorded(names: list[str], events: int) -> tuple[list[str], set[str]]:
    """Return events as they are stored, and which items they bought."""
    rng, bodies, bought = random.Random(0), list[str](), set[str]()  # noqa: S311 - nothing is kept secret
    for number in range(events):
        item, type_ = rng.choice(names), rng.choices(TYPES, (90, 8, 2))[0]
        named = {"user_id": "new", "session_id": "s", "anonymous": False, "item_id": item, "event_type": type_}
        bodies.append(json.dumps({**named, "timestamp": number, "event_id": f"{number:036d}", "recorded": 1.0}))
        if type_ == "purchase":
            bought.add(item)
    return bodies, bought


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[3_500, 100_000, 1_000_000])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--calls", type=int, default=300)
    options = parser.parse_args()
    arguments = f"--items {' '.join(map(str, options.items))} --events {options.events} --calls {options.calls}"
    lines = [f"$ OPENBLAS_NUM_THREADS=1 python -m bench.answers.filters {arguments}", machine()]
    for items in options.items:
        with TemporaryDirectory() as folder:
            model, bought = model_of(Path(folder), items, options.events if items == options.items[1] else items)
            lines += filters_on(model, items, options.calls)
            if items == options.items[1]:
                lines += heavy_user(model, bought, items, options.events, options.calls)
        print("\n".join(lines), flush=True)
    (RESULTS / "filters.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
