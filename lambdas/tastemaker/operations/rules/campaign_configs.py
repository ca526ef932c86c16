"""What campaigns and recommenders may be configured with, by the recipe whose model they serve."""

from collections.abc import Collection, Mapping
from typing import Any

from tastemaker.domain.recipe_types import ACTIONS, SEGMENTS
from tastemaker.domain.schemas.schema import Field, Schema
from tastemaker.domain.training.choices import check_columns, require_datasets
from tastemaker.domain.training.hyperparameters import check_values, settings_of
from tastemaker.errors import InvalidInput
from tastemaker.operations.call import Call
from tastemaker.operations.rules.recipes import recipe_of
from tastemaker.operations.rules.schemas import schemas_of
from tastemaker.operations.rules.solution_configs import refuse_included_columns, refusing
from tastemaker.store.ports import Record

_NO_ITEMS = frozenset({ACTIONS, SEGMENTS})


def check_campaign(call: Call, version: Record, config: Mapping[str, Any] | None) -> None:
    """Check a campaign's configuration against the recipe of the version that it is to serve."""
    recipe, settings = recipe_of(version["recipeArn"]), config or {}
    if recipe["recipeType"] == SEGMENTS:
        raise InvalidInput(f"Recipe {recipe['name']} finds users: create a batch segment job, not a campaign.")
    check_exploration(recipe, settings, "campaignConfig")
    check_influence(call, recipe, settings, version["datasetGroupArn"], "campaignConfig")
    if settings.get("enableMetadataWithRecommendations"):
        if recipe["recipeType"] in _NO_ITEMS:
            raise InvalidInput(
                f"campaignConfig.enableMetadataWithRecommendations is not available for recipe {recipe['name']}."
            )
        _require_items("campaignConfig", schemas_of(call, version["datasetGroupArn"]))


def check_recommender(call: Call, recipe: Record, group: str, config: Mapping[str, Any]) -> None:
    """Check a recommender's configuration, and that its dataset group has what its use case learns from."""
    check_exploration(recipe, config, "recommenderConfig")
    schemas = schemas_of(call, group)
    if config.get("enableMetadataWithRecommendations"):
        _require_items("recommenderConfig", schemas)
    with refusing():
        require_datasets(recipe["requires"], schemas, recipe=recipe["name"])
        check_columns(config.get("trainingDataConfig", {}), schemas, member="recommenderConfig.trainingDataConfig")
    refuse_included_columns(call, recipe, config, "recommenderConfig")


def check_exploration(recipe: Record, config: Mapping[str, Any], member: str) -> None:
    """Refuse exploration settings that a recipe does not have, or that are out of their range."""
    with refusing():
        check_values(
            settings_of(recipe["exploration"]),
            config.get("itemExplorationConfig", {}),
            member=f"{member}.itemExplorationConfig",
            recipe=recipe["name"],
        )


# What each factor of a ranking is measured by: a dataset, and perhaps a column of it.
_FACTORS = {"POPULARITY": ("INTERACTIONS", "ITEM_ID"), "FRESHNESS": ("ITEMS", "CREATION_TIMESTAMP")}


def check_influence(call: Call, recipe: Record, config: Mapping[str, Any], group: str, member: str) -> None:
    """Refuse what is to influence a ranking that cannot; the model of the API knows the factors and their range."""
    influence = config.get("rankingInfluence") or {}
    if influence and "rankingInfluence" not in recipe["features"]:
        raise InvalidInput(f"{member}.rankingInfluence is not available for recipe {recipe['name']}.")
    schemas = schemas_of(call, group) if any(influence.values()) else {}
    for factor, (type_, column) in _FACTORS.items():
        if influence.get(factor) and not any(f.name == column for f in _fields(schemas, type_)):
            raise InvalidInput(
                f"{member}.rankingInfluence {factor} needs {type_}.{column}: the dataset group has none."
            )


def _fields(schemas: Mapping[str, Schema], type_: str) -> tuple[Field, ...]:
    return schemas[type_].fields if type_ in schemas else ()


def _require_items(member: str, types: Collection[str]) -> None:
    if "ITEMS" not in types:
        raise InvalidInput(
            f"{member}.enableMetadataWithRecommendations needs a dataset of type ITEMS: the dataset group has none."
        )
