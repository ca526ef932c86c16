"""Solutions with `performAutoML`: the recipes that they choose from, and the one that they have chosen."""

from collections.abc import Mapping
from typing import Any

from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.domain.training import automl
from tastemaker.domain.training.hyperparameters import InvalidConfig
from tastemaker.errors import InvalidInput
from tastemaker.operations.call import Call
from tastemaker.operations.rules.recipes import Row, named, recipe_of, require_trainable
from tastemaker.recipes import catalog
from tastemaker.store.ports import Record

Config = Mapping[str, Any]


def require_one_way(members: Config) -> None:
    """Refuse a solution that names its recipe and lets it be chosen, or does neither."""
    is_chosen, recipe_arn = members.get("performAutoML"), members.get("recipeArn")
    if is_chosen and recipe_arn is not None:
        raise InvalidInput(
            "recipeArn and performAutoML exclude each other: leave recipeArn out, and name recipes to choose from in "
            f"{automl.MEMBER}.recipeList."
        )
    if not is_chosen and recipe_arn is None:
        raise InvalidInput("recipeArn is required unless performAutoML is true.")


def rules_of(solution: Config) -> Row:
    """Return the recipe that a solution trains, or what holds for all that it chooses from, in the same form."""
    if not solution.get("performAutoML"):
        return recipe_of(solution["recipeArn"])
    config = solution.get("solutionConfig") or {}
    rows = automl.candidates(catalog.recipes(), config)
    settings = {each["name"]: each for row in rows for each in row["hyperparameters"]}
    return {
        "name": " or ".join(row["name"] for row in rows),
        "requires": sorted({type_ for row in rows for type_ in row["requires"]}),
        "features": sorted({feature for row in rows for feature in row["features"]} - {"trainingModeUpdate"}),
        "hyperparameters": list(settings.values()),
        "featurization": [],
        "exploration": [],
    }


def check_recipes(call: Call, config: Config) -> None:
    """Check each recipe of a list of candidates, and that some recipe takes all of the configuration."""
    names = list[str]()
    for number, arn in enumerate(automl.listed(config), 1):
        place = f"{automl.MEMBER}.recipeList.{number}.member"
        require_trainable(call, arn)
        row = named(call, "recipe", arn)
        automl.check_listed(row, place, config)
        if row["name"] in names:
            raise InvalidConfig(f"{place} names {row['name']} again.")
        names.append(row["name"])
    require_taker(config)


def require_taker(config: Config) -> None:
    """Refuse a configuration that none of the candidates takes whole."""
    rows = automl.candidates(catalog.recipes(), config)
    if all(automl.lacking(row, config) for row in rows):
        raise InvalidConfig("solutionConfig has eventsConfig and optimizationObjective: no recipe takes both.")


def chosen(call: Call, solution_arn: str) -> Record | None:
    """Return the newest version of a solution whose training has chosen a recipe, or None."""
    versions = call.resources.every("solution-version", parent=solution_arn)
    made = [each for each in versions if each["status"] == ACTIVE and "_automl" in each]
    return made[-1] if made else None
