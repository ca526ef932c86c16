"""How good lists by meaning are: as those of other recipes where users are known, and by what is in them.

`item_similarity`, `item_popularity` and `item_freshness` are means over the lists of items drawn from all over the
catalogue: how alike what is listed is to the item asked about, how popular and how new, from 0 to 1 (the guide names
the three, and not their keys). Held-out users are asked as Amazon's protocol asks, for the newest tenth beside the item
before it; without any there is no telling what somebody would have taken, and nothing is said of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, cast

import numpy as np

from tastemaker.recipes import workers
from tastemaker.recipes.contract import Progress, Recipe, share, silent
from tastemaker.recipes.data import Floats, Indices, Query, TrainingData
from tastemaker.recipes.measuring import evaluation, metrics
from tastemaker.recipes.measuring.evaluation import DECIMALS, Evaluation
from tastemaker.recipes.semantic.model import SemanticSimilarity

NAMES: Final = ("item_freshness", "item_popularity", "item_similarity")
COVERAGE: Final = "coverage"
# Items whose lists are looked at; users who are asked at most.
SAMPLE: Final = 500
MOST_USERS: Final = 1_000


def measure(
    recipe: Recipe, data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress = silent
) -> Evaluation:
    """Learn from nine users of ten, ask the tenth, and look at lists."""
    training, questions = evaluation.split(data, seed=seed)
    questions = questions[:: 1 + len(questions) // MOST_USERS]
    # The one kind of model that is measured so.
    model = cast("SemanticSimilarity", recipe.fit(training, parameters, seed=seed, progress=share(progress, 0.0, 0.9)))
    progress(0.9, "measuring the lists")
    size = len(data.item_ids)
    with workers.one_blas_thread():
        lists = _lists(model, size)
        asked = evaluation.judge(model, questions, training.interactions, related=True, seed=seed)
    rows = np.array([_about(model, item, items) for item, items in lists], np.float32).reshape(len(lists), len(NAMES))
    return replace(_joined(asked, rows, lists, size, seed, users=bool(questions)), model=model)


def _lists(model: SemanticSimilarity, size: int) -> list[tuple[int, Indices]]:
    """Return lists of items from all over the catalogue."""
    asked = range(0, size, 1 + size // SAMPLE)
    return [(item, model.recommend(Query.of(item=item), metrics.LENGTH).items) for item in asked]


def _about(model: SemanticSimilarity, item: int, items: Indices) -> list[float]:
    if not len(items):
        return [0.0] * len(NAMES)
    alike: Floats = np.maximum(model.likeness_of(item, items), 0)
    standing = model.standing
    return [float(each.mean()) for each in (standing.freshness[items], standing.popularity[items], alike)]


def _joined(
    asked: Evaluation, rows: Floats, lists: list[tuple[int, Indices]], size: int, seed: int, *, users: bool
) -> Evaluation:
    means = dict(zip(NAMES, np.round(rows.mean(axis=0), DECIMALS).tolist(), strict=True)) if len(rows) else {}
    bounds = np.round(metrics.intervals(rows, seed), DECIMALS).tolist() if len(rows) else []
    intervals = dict(zip(NAMES, bounds, strict=bool(bounds)))
    if users:
        return replace(asked, metrics=asked.metrics | means, intervals=asked.intervals | intervals)
    listed = np.unique(np.concatenate([np.empty(0, np.int32), *(items for _, items in lists)]))
    coverage = {COVERAGE: round(len(listed) / max(1, size), DECIMALS)}
    return replace(asked, metrics=coverage | means, intervals=intervals, per_user={})
