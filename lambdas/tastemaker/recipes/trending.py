"""Trending: items whose share of the newest events has grown most; the engine of a use case, no recipe by itself.

growth(i) = log (r_i + p) / (r b_i + p): r_i of r fading recent events are of item i, b_i is its share of the events
before, and p events are what chance can do. The clock is the number of events, as in `trends.py`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.aws_popularity_count import PopularityCount
from tastemaker.recipes.data import Interactions, TrainingData
from tastemaker.recipes.metadata import Metadata
from tastemaker.recipes.popularity import distinct_users
from tastemaker.recipes.registry import Progress, recipe
from tastemaker.recipes.trends import PRIOR_EVENTS

# "Now" fades over this share of all events, but over enough of them to tell a trend from noise.
RECENT_SHARE, RECENT_LEAST = 0.01, 100


def growth(interactions: Interactions) -> NDArray[np.float64]:
    """Return how far each item's recent rate exceeds its rate before, as a logarithm: shape (n_items,)."""
    items = interactions.items[np.argsort(interactions.timestamps, kind="stable")]
    span = max(RECENT_LEAST, RECENT_SHARE * len(items))
    fade = np.exp((np.arange(len(items)) + 1 - len(items)) / span)
    recent = np.bincount(items, fade, interactions.n_items)
    before = np.bincount(items, 1 - fade, interactions.n_items)
    expected = recent.sum() * before / max(before.sum(), 1e-9)
    return np.asarray(np.log((recent + PRIOR_EVENTS) / (expected + PRIOR_EVENTS)))


@recipe(
    Metadata("trending", "POPULAR_ITEMS", "Items whose popularity rises fastest.", needs_user=False),
    model=PopularityCount,
)
def trending(
    data: TrainingData,
    parameters: Mapping[str, str],  # noqa: ARG001  the engine has none
    *,
    seed: int,  # noqa: ARG001  nothing is drawn
    progress: Progress,
) -> PopularityCount:
    """Order items by growth; of equal ones, those with more users come first."""
    progress(0.0, "comparing the newest events with those before")
    users = distinct_users(data.interactions)
    return PopularityCount(np.lexsort((-users, -growth(data.interactions))).astype(np.int32))
