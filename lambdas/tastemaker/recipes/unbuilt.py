"""Recipes that AWS publishes and Tastemaker does not train yet: listed and described, refused by CreateSolution."""

from typing import Final

from tastemaker.recipes.metadata import Metadata

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
)
