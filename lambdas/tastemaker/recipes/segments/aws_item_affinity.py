"""Item-Affinity: for each item the users who are likeliest to take it (guide: "Item-Affinity recipe")."""

from collections.abc import Mapping

import numpy as np

from tastemaker.recipes.attributes.descriptions import Matrix
from tastemaker.recipes.contract import Progress, recipe
from tastemaker.recipes.data import Indices, TrainingData
from tastemaker.recipes.metadata import Metadata, integer
from tastemaker.recipes.segments import evaluation, learning
from tastemaker.recipes.segments.costs import SEGMENTING
from tastemaker.recipes.segments.model import Affinity
from tastemaker.recipes.segments.targets import columns


def draw(data: TrainingData, users: Indices, rng: np.random.Generator, most: int) -> Matrix:
    """Return some items as targets, (items, targets), drawn by how many users have them."""
    there = np.flatnonzero(users)
    chances = users[there] / max(1, users.sum())
    items = np.sort(rng.choice(there, min(most, len(there)), replace=False, p=chances)) if len(there) else there
    one = np.ones(1, np.float32)
    return columns([(np.array([item], np.int32), one) for item in items.tolist()], data.interactions.n_items)


@recipe(
    Metadata(
        "aws-item-affinity",
        "USER_SEGMENTATION",
        "Users with an affinity to an item.",
        created="2021-07-15",
        hyperparameters=(integer("hidden_dimension", 149, 32, 256, inert=True),),
        feature_transformation="item-affinity",
        needs_user=False,
        needs_item=True,
    ),
    Affinity,
    costs=SEGMENTING,
    measure=evaluation.of(draw),
)
def item_affinity(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Affinity:
    """Learn on single items; the hidden dimension has no counterpart in this engine."""
    del parameters
    return learning.fit(data, draw, seed=seed, progress=progress, alike=True)
