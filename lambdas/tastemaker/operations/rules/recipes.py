"""The recipe that a request means, and what it can do."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from tastemaker.domain.answers.exploration import Exploring
from tastemaker.domain.recipe_types import SEGMENTS
from tastemaker.domain.resources import arns
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.operations.call import Call
from tastemaker.recipes import catalog

Row = dict[str, Any]


_TABLES = {
    "recipe": catalog.recipes,
    "algorithm": catalog.algorithms,
    "feature-transformation": catalog.feature_transformations,
}


_MEMBERS = {
    "recipe": "recipeArn",
    "algorithm": "algorithmArn",
    "feature-transformation": "featureTransformationArn",
}


_LEGACY = "recipe/aws-hrnn"


def recipe_of(recipe_arn: str) -> Row:
    """Return the recipe that a stored resource names."""
    return _find("recipe", recipe_arn)


def exploration_of(name: str, config: Mapping[str, str] | None) -> dict[str, float] | None:
    """Return how a recipe explores with an `itemExplorationConfig`: {chance, days}, or None if it never does."""
    defaults = _exploration_defaults().get(name)
    return asdict(Exploring.of({**defaults, **(config or {})})) if defaults else None


@cache
def _exploration_defaults() -> dict[str, dict[str, str]]:
    return {row["name"]: {each["name"]: each["default"] for each in row["exploration"]} for row in catalog.recipes()}


def require_trainable(call: Call, recipe_arn: str) -> None:
    """Say why a solution cannot train a recipe, if it cannot."""
    recipe = named(call, "recipe", recipe_arn)
    if recipe.get("domain"):
        raise InvalidInput(f"Recipe {recipe_arn} is a domain use case: it is for recommenders, not for solutions.")


def is_legacy(recipe_arn: str) -> bool:
    """Whether a recipe is of the family that the guide calls legacy."""
    return arns.resource(recipe_arn).startswith(_LEGACY)


def use_case(call: Call, recipe_arn: str, domain: str) -> Row:
    """Return the recipe that a recommender names, which must be a use case of its dataset group's domain."""
    recipe = named(call, "recipe", recipe_arn)
    if recipe.get("domain") != domain:
        fits = ", ".join(row["name"] for row in catalog.recipes() if row.get("domain") == domain)
        raise InvalidInput(f"Recipe {recipe_arn} is not a use case of domain {domain}; these are: {fits}.")
    return recipe


def batch_capable(recipe_arn: str) -> Row:
    """Return the recipe of a version that batch inference is to use, or say why it cannot."""
    recipe = recipe_of(recipe_arn)
    if not recipe["batch"] or recipe["recipeType"] == SEGMENTS:
        raise InvalidInput(f"Recipe {recipe['name']} does not support batch inference jobs.")
    return recipe


def segmenting(recipe_arn: str) -> Row:
    """Return the recipe of a version that is to find users, or say why it cannot."""
    recipe = recipe_of(recipe_arn)
    if recipe["recipeType"] != SEGMENTS:
        raise InvalidInput(
            f"A batch segment job needs a version of a USER_SEGMENTATION recipe, which {recipe['name']} is not."
        )
    return recipe


def named(call: Call, type_: str, arn: str) -> Row:
    """Return what a caller's ARN names; it has this deployment's partition, and neither region nor account."""
    if arns.resource(arn).partition("/")[0] != type_:
        raise InvalidInput(f"{_MEMBERS[type_]} must be the ARN of a {type_.replace('-', ' ')}, not {arn}.")
    if difference := call.home.difference(arn, arns.OWN_PARTITION):
        raise ResourceNotFound(f"{arns.not_found(arn)}{difference}")
    if not arn.startswith(f"arn:{call.home.partition}:personalize:::"):
        raise ResourceNotFound(f"{arns.not_found(arn)} What Amazon owns has neither region nor account in its ARN.")
    return _find(type_, arn)


def _find(type_: str, arn: str) -> Row:
    for row in _TABLES[type_]():
        if arns.resource(row[_MEMBERS[type_]]) == arns.resource(arn):
            return row
    raise ResourceNotFound(arns.not_found(arn))
