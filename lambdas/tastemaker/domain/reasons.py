"""Why an item is in an answer, of the recipes that say so (runtime guide: "reason")."""

RECIPES = frozenset({"aws-user-personalization-v2"})
PROMOTED = "Promoted item"
# What a filter leaves is filled up with popular items that pass it, by the same recipes; these have no score.
PLACEHOLDER = "Popular item"
