"""Recipes that AWS publishes and Tastemaker does not train yet: listed and described, refused by CreateSolution."""

from typing import Final

from tastemaker.recipes.metadata import Metadata, integer

_AFFINITY: Final = (integer("hidden_dimension", 149, 32, 256),)

PUBLISHED: Final = (
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
)
