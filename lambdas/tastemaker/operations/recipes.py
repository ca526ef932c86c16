"""Recipes, algorithms and feature transformations: AWS's catalogue, read only."""

from collections.abc import Mapping
from typing import Any

from tastemaker.domain import arns, paging
from tastemaker.errors import InvalidInput, InvalidNextToken, ResourceNotFound
from tastemaker.operations.context import Context
from tastemaker.recipes import catalog

# Real clients filter the first page by domain themselves and read its nextToken: the list always has two pages or more.
_PAGE = 20


def list_recipes(
    ctx: Context,
    *,
    recipe_provider: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
    domain: str | None = None,
) -> dict[str, object]:
    """Return a page of recipes by name; pages are cut first and filtered by domain afterwards, as AWS does."""
    del ctx, recipe_provider
    query = f"recipes\n{domain or ''}"
    recipes = catalog.recipes()
    start = _start(query, next_token, len(recipes))
    end = start + (max_results or _PAGE)
    page = [recipe for recipe in recipes[start:end] if domain is None or recipe.get("domain") == domain]
    return {"recipes": page, "nextToken": paging.make_token(query, str(end)) if end < len(recipes) else None}


def describe_recipe(ctx: Context, *, recipe_arn: str) -> dict[str, object]:
    """Return one recipe."""
    del ctx
    return {"recipe": _find(catalog.recipes(), "recipeArn", recipe_arn)}


def describe_algorithm(ctx: Context, *, algorithm_arn: str) -> dict[str, object]:
    """Return a recipe's hyperparameters with defaults, ranges and which of them a search may tune."""
    del ctx
    return {"algorithm": _find(catalog.algorithms(), "algorithmArn", algorithm_arn)}


def describe_feature_transformation(ctx: Context, *, feature_transformation_arn: str) -> dict[str, object]:
    """Return a feature transformation with its default parameters."""
    del ctx
    found = _find(catalog.feature_transformations(), "featureTransformationArn", feature_transformation_arn)
    return {"featureTransformation": found}


def trainable(recipe_arn: str) -> dict[str, Any]:
    """Return the recipe that a solution names, or say why it cannot be trained."""
    recipe = _find(catalog.recipes(), "recipeArn", recipe_arn)
    if recipe.get("domain"):
        raise InvalidInput(f"Recipe {recipe_arn} is a domain use case: it is for recommenders, not for solutions.")
    if not recipe["built"]:
        raise InvalidInput(f"Recipe {arns.tail(recipe_arn)} is not built yet in Tastemaker; see docs/recipes.md.")
    return recipe


def use_case(recipe_arn: str, domain: str) -> dict[str, Any]:
    """Return the recipe that a recommender names, which must be a use case of its dataset group's domain."""
    recipe = _find(catalog.recipes(), "recipeArn", recipe_arn)
    if recipe.get("domain") != domain:
        fits = ", ".join(row["name"] for row in catalog.recipes() if row.get("domain") == domain)
        raise InvalidInput(f"Recipe {recipe_arn} is not a use case of domain {domain}; these are: {fits}.")
    return recipe


def batch_capable(recipe_arn: str) -> dict[str, Any]:
    """Return the recipe of a version that batch inference is to use, or say why it cannot."""
    recipe = _find(catalog.recipes(), "recipeArn", recipe_arn)
    if not recipe["batch"] or recipe["recipeType"] == "USER_SEGMENTATION":
        raise InvalidInput(f"Recipe {recipe['name']} does not support batch inference jobs.")
    return recipe


def segmenting(recipe_arn: str) -> dict[str, Any]:
    """Return the recipe of a version that is to find users, or say why it cannot."""
    recipe = _find(catalog.recipes(), "recipeArn", recipe_arn)
    if recipe["recipeType"] != "USER_SEGMENTATION":
        raise InvalidInput(
            f"A batch segment job needs a version of a USER_SEGMENTATION recipe, which {recipe['name']} is not; "
            "none of these recipes is built yet in Tastemaker."
        )
    return recipe


def check_exploration(recipe: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Refuse exploration settings that a recipe does not have, or that are out of their range."""
    for name, value in config.get("itemExplorationConfig", {}).items():
        if name not in recipe["exploration"]:
            raise InvalidInput(f"itemExplorationConfig {name} is not a parameter of recipe {recipe['name']}.")
        low, high = recipe["exploration"][name]
        if not _lies_between(value, low, high):
            raise InvalidInput(f"itemExplorationConfig {name} must be a number from {low} to {high}, not {value}.")


def _find(rows: list[dict[str, Any]], member: str, arn: str) -> dict[str, Any]:
    for row in rows:
        if row[member] == arn:
            return row
    raise ResourceNotFound(f"Resource with Arn {arn} does not exist.")


def _start(query: str, next_token: str | None, count: int) -> int:
    if next_token is None:
        return 0
    try:
        start = int(paging.read_token(query, next_token))
    except ValueError as problem:  # BadToken is one
        raise InvalidNextToken(f"nextToken is not valid: {problem}.") from None
    return min(start, count)


def _lies_between(value: str, low: float, high: float) -> bool:
    try:
        return low <= float(value) <= high
    except ValueError:
        return False
