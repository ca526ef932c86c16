"""Recipes that AWS publishes and Tastemaker does not train yet: listed and described, refused by CreateSolution."""

from typing import Final

from tastemaker.recipes.metadata import (
    HISTORY_PERCENTILES,
    Hyperparameter,
    Metadata,
    boolean,
    continuous,
    integer,
)

_AFFINITY: Final = (integer("hidden_dimension", 149, 32, 256),)
_HRNN: Final = (
    integer("hidden_dimension", 43, 32, 256, tunable=True),
    integer("bptt", 32, 2, 32, tunable=True),
    boolean("recency_mask", tunable=True),
)
_COLDSTART: Final = (
    # Their ranges are in none of Amazon's pages that are left.
    Hyperparameter("cold_start_max_interactions", "integer", "15"),
    Hyperparameter("cold_start_max_duration", "continuous", "5.0"),
    Hyperparameter("cold_start_relative_from", "categorical", "latestItem", values=("latestItem", "currentTime")),
)
_TREND: Final = Hyperparameter(
    "trend_discovery_frequency",
    "categorical",
    "2 hours",
    values=("30 minutes", "1 hour", "2 hours", "3 hours", "1 day"),
)

# Amazon's pages name no feature transformation of trending-now and next-best-action, whose parameters need a place to
# be described: theirs is called as they are.
PUBLISHED: Final = (
    Metadata(
        "aws-similar-items",
        "RELATED_ITEMS",
        "Items like a given one, by who chose both and by what they are.",
        hyperparameters=(
            continuous("popularity_discount_factor", 0.0, 0.0, 1.0),
            integer("item_id_hidden_dim", 100, 30, 200, tunable=True),
            integer("item_metadata_hidden_dim", 100, 30, 200, tunable=True),
        ),
        feature_transformation="similar-items",
        needs_user=False,
        needs_item=True,
    ),
    Metadata(
        "aws-semantic-similarity",
        "RELATED_ITEMS",
        "Items whose texts mean something alike.",
        created="2025-11-30",
        feature_transformation="semantic-similarity",
        features=("performIncrementalUpdate", "rankingInfluence"),
        requires=("ITEMS",),
        needs_user=False,
        needs_item=True,
    ),
    Metadata(
        "aws-trending-now",
        "POPULAR_ITEMS",
        "Items whose popularity rises fastest.",
        created="2022-07-01",
        featurization=(_TREND,),
        algorithm="aws-trending-now-custom",
        feature_transformation="aws-trending-now",
        needs_user=False,
        batch=False,
    ),
    Metadata(
        "aws-next-best-action",
        "PERSONALIZED_ACTIONS",
        "Actions that a user is likely to take.",
        created="2023-08-11",
        featurization=(integer("action_optimization_period", 14, 7, 28),),
        feature_transformation="aws-next-best-action",
        requires=("ACTIONS", "INTERACTIONS"),
        scores=True,
        batch=False,
    ),
    Metadata(
        "aws-item-affinity",
        "USER_SEGMENTATION",
        "Users with an affinity to an item.",
        created="2021-07-15",
        hyperparameters=_AFFINITY,
        feature_transformation="item-affinity",
    ),
    Metadata(
        "aws-item-attribute-affinity",
        "USER_SEGMENTATION",
        "Users with an affinity to an attribute of items.",
        created="2021-08-25",
        hyperparameters=_AFFINITY,
        feature_transformation="item-attribute-affinity",
        requires=("INTERACTIONS", "ITEMS"),
    ),
    Metadata(
        "aws-hrnn",
        "USER_PERSONALIZATION",
        "Legacy: items for a user, by the order of the history.",
        hyperparameters=_HRNN,
        featurization=HISTORY_PERCENTILES,
        legacy=True,
        scores=True,
    ),
    Metadata(
        "aws-hrnn-metadata",
        "USER_PERSONALIZATION",
        "Legacy: items for a user, by the order of the history and by metadata.",
        hyperparameters=_HRNN,
        featurization=HISTORY_PERCENTILES,
        feature_transformation="featurize_metadata",
        legacy=True,
        scores=True,
    ),
    Metadata(
        "aws-hrnn-coldstart",
        "USER_PERSONALIZATION",
        "Legacy: items for a user, new items among them.",
        hyperparameters=(integer("hidden_dimension", 149, 32, 256, tunable=True), *_HRNN[1:]),
        featurization=(*HISTORY_PERCENTILES, *_COLDSTART),
        feature_transformation="featurize_coldstart",
        legacy=True,
        scores=True,
    ),
)
