"""What a solution may be configured with: its recipe's parameters, and columns that its dataset group has."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tastemaker.domain import supersets
from tastemaker.domain.recipe_types import SEGMENTS
from tastemaker.domain.training.automl import check_choice
from tastemaker.domain.training.choices import (
    Schemas,
    check_columns,
    check_event_type,
    check_events,
    check_objective,
    check_schedule,
    require_attributes,
    require_datasets,
    require_texts,
)
from tastemaker.domain.training.hyperparameters import InvalidConfig, check_values, settings_of
from tastemaker.domain.training.tuning import check_tuning
from tastemaker.errors import InvalidInput
from tastemaker.operations.call import Call
from tastemaker.operations.rules.automl import check_recipes, rules_of
from tastemaker.operations.rules.schemas import schemas_of
from tastemaker.operations.rules.strictness import refuse_if_strict
from tastemaker.store.ports import Record

Config = Mapping[str, Any]

_INCLUDES = "aws-semantic-similarity"
_THRESHOLD = "eventValueThreshold"
_EXPLORATION = "campaignConfig.itemExplorationConfig"


@contextmanager
def refusing() -> Iterator[None]:
    """Turn the refusal of a configuration into the caller's error."""
    try:
        yield
    except InvalidConfig as problem:
        raise InvalidInput(str(problem)) from None


def check_solution(call: Call, members: Config) -> None:
    """Check all that CreateSolution is given besides names: what training will read, and what nothing would read."""
    config = members.get("solutionConfig") or {}
    schemas = schemas_of(call, members["datasetGroupArn"])
    with refusing():
        _check_automl(call, members, config)
        recipe = rules_of(members)
        # Interactions may still come, and a training without them says so; all else a recipe reads must be there.
        require_datasets({*recipe["requires"]} - {"INTERACTIONS"}, schemas, recipe=recipe["name"])
        if recipe.get("recipeType") == SEGMENTS and "ITEMS" in recipe["requires"]:
            require_attributes(schemas["ITEMS"], recipe=recipe["name"])
        if recipe.get("readsTexts"):
            require_texts(schemas["ITEMS"], config.get("trainingDataConfig", {}), recipe=recipe["name"])
        _check_features(recipe, config, "solutionConfig")
        _check_incremental(recipe, members)
        _check_parameters(recipe, config)
        _check_tuning(recipe, members, config)
        _check_schedule(config, members, "solutionConfig")
        _check_data(schemas, members, config)
    refuse_included_columns(call, recipe, config, "solutionConfig")


def refuse_included_columns(call: Call, recipe: Record, config: Config, member: str) -> None:
    """Let a strict service take columns by name only for the recipe that has this on AWS."""
    choice = config.get("trainingDataConfig") or {}
    if choice.get("includedDatasetColumns") and recipe["name"] != _INCLUDES:
        values = {"member": f"{member}.trainingDataConfig", "recipe": recipe["name"]}
        refuse_if_strict(call, supersets.INCLUDED_COLUMNS, **values)


def _check_automl(call: Call, members: Config, config: Config) -> None:
    if members.get("performAutoML"):
        check_choice(config)
        check_recipes(call, config)
    elif "autoMLConfig" in config:
        raise InvalidConfig("solutionConfig.autoMLConfig needs performAutoML true; without it nothing is chosen.")


def check_solution_update(call: Call, solution: Record, changes: Config) -> None:
    """Check what UpdateSolution is given, together with what stays as it is."""
    recipe, config = rules_of(solution), changes.get("solutionUpdateConfig") or {}
    after = {**solution, **changes}
    threshold = {key: value for key, value in (solution.get("solutionConfig") or {}).items() if key == _THRESHOLD}
    with refusing():
        _check_features(recipe, config, "solutionUpdateConfig")
        if solution.get("performAutoML"):
            check_recipes(call, {**(solution.get("solutionConfig") or {}), **config})
        _check_incremental(recipe, changes)
        _check_schedule(config, after, "solutionUpdateConfig")
        if config.get("eventsConfig"):
            schemas = schemas_of(call, solution["datasetGroupArn"])
            _check_events(schemas, after, {**threshold, **config}, "solutionUpdateConfig")


def _check_features(recipe: Record, config: Config, member: str) -> None:
    for feature in ("eventsConfig", "optimizationObjective"):
        if config.get(feature) and feature not in recipe["features"]:
            raise InvalidConfig(f"{member}.{feature} is not available for recipe {recipe['name']}.")


def _check_incremental(recipe: Record, members: Config) -> None:
    if members.get("performIncrementalUpdate") and "performIncrementalUpdate" not in recipe["features"]:
        raise InvalidConfig(f"performIncrementalUpdate is not available for recipe {recipe['name']}.")


def _check_parameters(recipe: Record, config: Config) -> None:
    kinds = {"algorithmHyperParameters": "hyperparameters", "featureTransformationParameters": "featurization"}
    places = {row["name"]: f"solutionConfig.{member}" for member, kind in kinds.items() for row in recipe[kind]}
    # The guide lists them among the hyperparameters, in this spelling.
    if recipe["exploration"]:
        places |= dict.fromkeys(("exploration_weight", "exploration_item_age_cut_off"), _EXPLORATION)
    for member, kind in kinds.items():
        check_values(
            settings_of(recipe[kind]),
            config.get(member, {}),
            member=f"solutionConfig.{member}",
            recipe=recipe["name"],
            elsewhere=places,
        )


def _check_tuning(recipe: Record, members: Config, config: Config) -> None:
    settings, search = settings_of(recipe["hyperparameters"]), config.get("hpoConfig")
    if members.get("performHPO") and not any(setting.tunable for setting in settings.values()):
        raise InvalidConfig(f"performHPO is not available for recipe {recipe['name']}: no hyperparameter is tunable.")
    if search and not members.get("performHPO"):
        raise InvalidConfig("solutionConfig.hpoConfig needs performHPO true; without it nothing is tuned.")
    parameters = config.get("algorithmHyperParameters", {})
    check_tuning(search or {}, settings, parameters, member="solutionConfig.hpoConfig", recipe=recipe["name"])


def _check_schedule(config: Config, members: Config, root: str) -> None:
    schedule = config.get("autoTrainingConfig")
    if schedule and not members.get("performAutoTraining"):
        raise InvalidConfig(
            f"{root}.autoTrainingConfig needs performAutoTraining true; without it nothing is scheduled."
        )
    check_schedule(schedule or {}, member=f"{root}.autoTrainingConfig")


def _check_data(schemas: Schemas, members: Config, config: Config) -> None:
    _check_events(schemas, members, config, "solutionConfig")
    if config.get("optimizationObjective"):
        check_objective(config["optimizationObjective"], schemas, member="solutionConfig.optimizationObjective")
    check_columns(config.get("trainingDataConfig", {}), schemas, member="solutionConfig.trainingDataConfig")


def _check_events(schemas: Schemas, members: Config, config: Config, root: str) -> None:
    """Check the two ways to choose events, of which one excludes the other."""
    event_type, threshold = members.get("eventType"), config.get(_THRESHOLD)
    weights = config.get("eventsConfig", {})
    for name, value in (("eventType", event_type), (f"solutionConfig.{_THRESHOLD}", threshold)):
        if weights.get("eventParametersList") and value is not None:
            raise InvalidConfig(f"{name} and {root}.eventsConfig exclude each other; use eventsConfig.")
    check_event_type(event_type, threshold, schemas)
    check_events(weights, schemas, member=f"{root}.eventsConfig")
