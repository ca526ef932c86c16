"""Item-Attribute-Affinity: for each kind of item the users who are likeliest to take any (guide, same name)."""

from collections.abc import Mapping

import numpy as np

from tastemaker.recipes.attributes.descriptions import CREATED, Matrix
from tastemaker.recipes.contract import Progress, recipe
from tastemaker.recipes.data import Floats, Indices, TrainingData
from tastemaker.recipes.metadata import Metadata, integer
from tastemaker.recipes.segments import evaluation, learning
from tastemaker.recipes.segments.costs import SEGMENTING
from tastemaker.recipes.segments.model import Affinity
from tastemaker.recipes.segments.targets import columns

# Of a column with more values, as many of the most frequent are asked for in training.
VALUES = 500


def draw(data: TrainingData, users: Indices, rng: np.random.Generator, most: int) -> Matrix:
    """Return some values of columns as targets, and of every second one the part that has another value as well."""
    values = [items for name, column in data.item_columns.items() if name.upper() != CREATED for items in _sets(column)]
    weights = np.array([users[items].sum() for items in values], np.float64)
    there = np.flatnonzero(weights)
    if not len(there):
        return columns([], data.interactions.n_items)
    chances = np.sqrt(weights[there]) / np.sqrt(weights[there]).sum()
    chosen = rng.choice(there, min(most, len(there)), replace=False, p=chances)
    sets = [_narrowed(values, place, rng) if number % 2 else values[place] for number, place in enumerate(chosen)]
    return columns([(items, _ones(items)) for items in sets], data.interactions.n_items)


@recipe(
    Metadata(
        "aws-item-attribute-affinity",
        "USER_SEGMENTATION",
        "Users with an affinity to an attribute of items.",
        created="2021-08-25",
        hyperparameters=(integer("hidden_dimension", 149, 32, 256, inert=True),),
        feature_transformation="item-attribute-affinity",
        requires=("INTERACTIONS", "ITEMS"),
        needs_user=False,
    ),
    Affinity,
    costs=SEGMENTING,
    measure=evaluation.of(draw),
)
def item_attribute_affinity(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
) -> Affinity:
    """Learn on values of columns; the hidden dimension has no counterpart in this engine."""
    del parameters
    return learning.fit(data, draw, seed=seed, progress=progress)


def _narrowed(values: list[Indices], place: int, rng: np.random.Generator) -> Indices:
    other = np.intersect1d(values[place], values[int(rng.integers(len(values)))]).astype(np.int32)
    return other if len(other) else values[place]


def _sets(column: np.ndarray) -> list[Indices]:
    """Return the items of each value of a column, of the most frequent ones where there are many."""
    where = dict[str, list[int]]()
    for item, cell in enumerate(column.tolist()):
        if cell == cell:  # noqa: PLR0124  nan is no value
            for value in dict.fromkeys(str(cell).split("|")):
                where.setdefault(value, []).append(item)
    where.pop("", None)
    frequent = sorted(where, key=lambda value: (-len(where[value]), value))[:VALUES]
    return [np.array(where[value], np.int32) for value in frequent]


def _ones(items: Indices) -> Floats:
    return np.ones(len(items), np.float32)
