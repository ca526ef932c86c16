"""The recipes that share the engine of `personal`: what each says about itself, and how it uses the engine.

The HRNN family is legacy: Amazon takes no new solutions for it, but notebooks of its years ask for it by name.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from tastemaker.recipes.attributes import contents
from tastemaker.recipes.contract import Essence, Fit, Progress, Recipe
from tastemaker.recipes.data import Mask, TrainingData
from tastemaker.recipes.histories.baskets import typical_users
from tastemaker.recipes.histories.repeats import DAY
from tastemaker.recipes.metadata import (
    EXPLORATION,
    HISTORY_PERCENTILES,
    RECURRENT,
    Hyperparameter,
    Metadata,
    boolean,
    integer,
)
from tastemaker.recipes.personal import spread, training
from tastemaker.recipes.personal.costs import PERSONAL
from tastemaker.recipes.personal.engine import Personal

_LIKELIEST: Final = "The items each user is likeliest to choose next"
_IN_ORDER: Final = "Brings a list of items into the order in which a user is likely to choose them"
_SMALL_RECURRENT: Final = (integer("hidden_dimension", 43, 32, 256, tunable=True, inert=True), *RECURRENT[1:])
_COLD_START: Final = (
    # Their ranges are in none of Amazon's pages that are left.
    Hyperparameter("cold_start_max_interactions", "integer", "15"),
    Hyperparameter("cold_start_max_duration", "continuous", "5.0"),
    Hyperparameter("cold_start_relative_from", "categorical", "latestItem", values=("latestItem", "currentTime")),
)


def _second(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Personal:
    """Learn from all users."""
    return training.fit(data, seed=seed, progress=progress, recency=parameters["apply_recency_bias"] == "true")


def _first(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Personal:
    """Learn from users of usual length; `hidden_dimension` and `bptt` have no counterpart in this engine."""
    return training.fit_first_version(data, parameters, seed=seed, progress=progress)


def _bare(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Personal:
    """Learn from interactions alone, as the recipe without metadata does."""
    bare = replace(data, item_columns={}, item_texts={}, user_columns={}, contexts=None)
    return _first(bare, parameters, seed=seed, progress=progress)


def _cold_start(data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress) -> Personal:
    """Judge items by what they are while they are cold: few interactions, the first one not long ago.

    "Legacy HRNN recipes": at most `cold_start_max_interactions`, within `cold_start_max_duration` days of the newest
    item's beginning or of now, which is the newest event.
    """
    return training.fit_first_version(data, parameters, seed=seed, progress=progress, cold=_cold(data, parameters))


def _cold(data: TrainingData, parameters: Mapping[str, str]) -> Mask:
    """Return which items (items,) are cold."""
    events = data.interactions
    few = np.bincount(events.items, minlength=events.n_items) <= int(parameters["cold_start_max_interactions"])
    beginnings = contents.beginnings(data)
    now = float(events.timestamps.max(initial=0))
    newest = float(beginnings.max(initial=0)) if parameters["cold_start_relative_from"] == "latestItem" else now
    young = newest - beginnings <= float(parameters["cold_start_max_duration"]) * DAY
    return few & young


def _essence(data: TrainingData, parameters: Mapping[str, str], learn: Fit) -> Essence:
    """Say what is left of the differences of these recipes: what they leave out, and what they learn from beside it."""
    low, high = (float(parameters.get(f"{side}_user_history_length_percentile", d)) for side, d in _EVERYBODY)
    events = len(typical_users(data.interactions, low, high))
    items = data.item_columns or data.item_texts
    described = bool(items or data.user_columns or data.contexts)
    cold = np.flatnonzero(_cold(data, parameters)) if learn is _cold_start and items else np.empty(0, np.int64)
    lacks = {
        "no history is unusually short or long": events == len(data.interactions),
        "nothing describes items, users or contexts": not described,
        "no item is cold": learn is _cold_start and not len(cold),
    }
    recency = parameters.get("recency_mask", parameters.get("apply_recency_bias"))
    reads = described and learn is not _bare
    why = ", ".join(fact for fact, holds in lacks.items() if holds)
    return Essence((events, recency, reads, cold.tobytes()), why, reads)


_EVERYBODY: Final = (("min", 0.0), ("max", 1.0))
_TABLE: Final[tuple[tuple[Fit, Metadata], ...]] = (
    (
        _second,
        Metadata(
            "aws-user-personalization-v2",
            "USER_PERSONALIZATION",
            f"{_LIKELIEST}: old favourites, what follows, what is popular.",
            created="2024-01-01",
            hyperparameters=(boolean("apply_recency_bias"),),
            features=("eventsConfig",),
            scores=True,
        ),
    ),
    (
        _first,
        Metadata(
            "aws-user-personalization",
            "USER_PERSONALIZATION",
            f"{_LIKELIEST} (first version).",
            hyperparameters=RECURRENT,
            featurization=HISTORY_PERCENTILES,
            features=("optimizationObjective", "trainingModeUpdate"),
            exploration=EXPLORATION,
            scores=True,
        ),
    ),
    (
        _second,
        Metadata(
            "aws-personalized-ranking-v2",
            "PERSONALIZED_RANKING",
            f"{_IN_ORDER}.",
            created="2024-01-01",
            hyperparameters=(boolean("apply_recency_bias"),),
            feature_transformation=None,
            features=("eventsConfig",),
            scores=True,
        ),
    ),
    (
        _first,
        Metadata(
            "aws-personalized-ranking",
            "PERSONALIZED_RANKING",
            f"{_IN_ORDER} (first version).",
            hyperparameters=RECURRENT,
            featurization=HISTORY_PERCENTILES,
            features=("optimizationObjective",),
            scores=True,
        ),
    ),
    (
        _bare,
        Metadata(
            "aws-hrnn",
            "USER_PERSONALIZATION",
            "Legacy: items for a user, by the order of the history.",
            hyperparameters=_SMALL_RECURRENT,
            featurization=HISTORY_PERCENTILES,
            legacy=True,
            scores=True,
        ),
    ),
    (
        _first,
        Metadata(
            "aws-hrnn-metadata",
            "USER_PERSONALIZATION",
            "Legacy: items for a user, by the order of the history and by metadata.",
            hyperparameters=_SMALL_RECURRENT,
            featurization=HISTORY_PERCENTILES,
            feature_transformation="featurize_metadata",
            legacy=True,
            scores=True,
        ),
    ),
    (
        _cold_start,
        Metadata(
            "aws-hrnn-coldstart",
            "USER_PERSONALIZATION",
            "Legacy: items for a user, new items among them.",
            hyperparameters=RECURRENT,
            featurization=(*HISTORY_PERCENTILES, *_COLD_START),
            feature_transformation="featurize_coldstart",
            features=("trainingModeUpdate",),
            legacy=True,
            scores=True,
        ),
    ),
)

FAMILY: Final = {
    metadata.name: Recipe(
        metadata,
        learn,
        Personal,
        PERSONAL,
        essence=partial(_essence, learn=learn),
        # The others choose users by the lengths of their histories.
        spread=spread if learn is _second else None,
    )
    for learn, metadata in _TABLE
}
