"""What a training is to do: a version says it itself, a recommender trains like a version of its use case."""

from typing import Any

from tastemaker.domain.resources import arns
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import models_folder, recommender_folder
from tastemaker.recipes.contract import Recipe, Spread
from tastemaker.recipes.registry import get
from tastemaker.store.ports import Record


def recipe_of(record: Record) -> Recipe:
    """Return the recipe that a solution, a version of it or a recommender names."""
    return get(arns.tail(record["recipeArn"]))


def spread_of(recipe: Recipe) -> Spread:
    """Return how a recipe learns from what many machines have counted; only those that can are asked."""
    if recipe.spread is None:
        raise TypeError(f"{recipe.name} learns from all events at once")
    return recipe.spread


def about(recipe: Recipe) -> dict[str, Any]:
    """Return what serving must know of a recipe; its metadata need numpy's neighbourhood, a record does not."""
    needs = {"userId": recipe.metadata.needs_user, "itemId": recipe.metadata.needs_item}
    return {
        "name": recipe.name,
        "type": recipe.metadata.type,
        "needs": [name for name, is_needed in needs.items() if is_needed],
    }


def arn_of(recipe: Recipe, partition: str) -> str:
    """Return a recipe's ARN in a deployment's partition, as its callers write it."""
    return f"arn:{partition}:personalize:::recipe/{recipe.name}"


def is_to_choose(record: Record) -> bool:
    """Whether a solution or a version of it lets its recipe be chosen: an update goes on with what was chosen."""
    return bool(record.get("performAutoML")) and "recipeArn" not in record


def recommends_actions(record: Record) -> bool:
    """Whether what a solution, a version or a recommender trains recommends actions, and so reads other datasets."""
    return not is_to_choose(record) and recipe_of(record).metadata.type == "PERSONALIZED_ACTIONS"


def reads_texts(record: Record) -> bool:
    """Whether what is trained reads what items are called and told of."""
    return "recipeArn" in record and recipe_of(record).metadata.reads_texts


def needs_events(record: Record) -> bool:
    """Whether what is trained learns nothing without interactions."""
    return "recipeArn" not in record or "INTERACTIONS" in recipe_of(record).metadata.requires


def finds_users(record: Record) -> bool:
    """Whether what is trained finds users for items, which takes events before and after a moment."""
    return "recipeArn" in record and recipe_of(record).metadata.type == "USER_SEGMENTATION"


def assignment(deps: Deps, arn: str, change: str) -> Record:
    """Return the members of a solution version that say what to train: its own, or what a recommender comes to.

    A version that `_refreshes` is brought up to date: it goes on from its own model and gets another one.
    """
    record = deps.resources.get(arn)
    if record["_kind"] != "recommender":
        return {**record, "_refreshes": True} if change == "retrain" else record
    config = (record["latestRecommenderUpdate"] if change == "update" else record)["recommenderConfig"]
    use_case = recipe_of(record).metadata
    return {
        **record,
        "eventType": use_case.required_event,
        "excludedEvent": use_case.excluded_event,
        "solutionConfig": {"trainingDataConfig": config.get("trainingDataConfig", {})},
    }


def folder_of(record: Record, recorded_before: float) -> str:
    """Return below which folder the model goes; what serves an old one meanwhile has one folder per training."""
    if record["_kind"] == "recommender":
        return f"{recommender_folder(record['_arn'])}{recorded_before:.6f}/"
    folder = models_folder(record["_arn"])
    return f"{folder}{recorded_before:.6f}/" if record.get("_refreshes") else folder
