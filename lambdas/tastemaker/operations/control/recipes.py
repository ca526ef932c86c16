"""Recipes, algorithms and feature transformations: AWS's catalogue, read only."""

from tastemaker.domain.resources import paging
from tastemaker.operations.call import Call
from tastemaker.operations.resources import read_place
from tastemaker.operations.rules.recipes import Row, named
from tastemaker.recipes import catalog

# Real clients filter the first page by domain themselves and read its nextToken: the list always has two pages or more.
_PAGE = 20


def list_recipes(
    call: Call,
    *,
    recipe_provider: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
    domain: str | None = None,
) -> dict[str, object]:
    """Return a page of recipes by name; pages are cut first and filtered by domain afterwards, as AWS does."""
    del recipe_provider  # the one value that the model allows is what there is
    query = f"recipes\n{domain or ''}"
    recipes = catalog.recipes()
    start = min(read_place(query, next_token), len(recipes))
    end = start + (max_results or _PAGE)
    page = [_at_home(call, row) for row in recipes[start:end] if domain is None or row.get("domain") == domain]
    return {"recipes": page, "nextToken": paging.make_token(query, str(end)) if end < len(recipes) else None}


def describe_recipe(call: Call, *, recipe_arn: str) -> dict[str, object]:
    """Return one recipe."""
    return {"recipe": _at_home(call, named(call, "recipe", recipe_arn))}


def describe_algorithm(call: Call, *, algorithm_arn: str) -> dict[str, object]:
    """Return a recipe's hyperparameters with defaults, ranges and which of them a search may tune."""
    return {"algorithm": _at_home(call, named(call, "algorithm", algorithm_arn))}


def describe_feature_transformation(call: Call, *, feature_transformation_arn: str) -> dict[str, object]:
    """Return a feature transformation with its default parameters."""
    row = named(call, "feature-transformation", feature_transformation_arn)
    return {"featureTransformation": _at_home(call, row)}


def _at_home(call: Call, row: Row) -> Row:
    """Return a row whose ARNs are those of the deployment's partition."""
    return {key: _moved(call.home.partition, value) if key.endswith("Arn") else value for key, value in row.items()}


def _moved(partition: str, arn: str) -> str:
    return f"arn:{partition}:{arn.split(':', 2)[2]}"
