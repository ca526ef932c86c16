"""What a training is going to take, told before its data are read: by GetDataInsights and the last trainings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tastemaker.domain.training import automl, quotes, rungs
from tastemaker.domain.training.rungs import FUNCTION
from tastemaker.pipelines.training.foresight import need_of
from tastemaker.recipes import catalog, registry
from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring import contests, forecast, tuning

Quote = Mapping[str, Any]
Insights = Mapping[str, Any]

# Bytes of Parquet of an event (bench/results/imports.txt).
STORED_EVENT = 8.2


class NoQuote(Exception):
    """Nothing can be told of such a training; the message says why."""


def quote_of(
    datasets: list[Insights], solution: Mapping[str, Any], past: Sequence[Quote], memory: int = 0
) -> dict[str, Any]:
    """Return the quote of a FULL training as the solution is now, by the newest quotes that were measured.

    Its `rungs` are those that can do it, containers among them whether or not the deployment has any.
    """
    if solution.get("performAutoML"):
        counts = _counted(datasets, _OF_ITEMS, solution)
        need = forecast.contest(_candidates(solution, datasets, counts), counts)
    else:
        recipe = recipe_of(solution["recipeArn"].rpartition("/")[2])
        counts = _counts(recipe, datasets, solution)
        need = forecast.training(recipe, counts, jobs=_jobs(recipe, counts, solution))
    megabytes, pace = need.memory / 2**20, quotes.pace(past)
    billed = memory or (past[0]["billedMemory"] if past else quotes.billed_memory(0, megabytes))
    sizes = {"events": counts.events, "users": counts.users, "items": counts.items}
    quote = quotes.quoted(sizes, modelled=need.seconds, pace=pace, needed=megabytes, memory=billed)
    ladder = rungs.ladder(memory or _function_memory(past), containers=True)
    foreseen = need_of(need, STORED_EVENT * counts.events, pace=pace)
    return quote | {"rungs": [rung.quoted(foreseen) for rung in rungs.able(ladder, foreseen)]}


def _function_memory(past: Sequence[Quote]) -> int:
    """Return the MB of the function that trains, as the last training tells; 0: it has no limit, as in local mode."""
    if not past:
        return quotes.USUAL_MEMORY
    told = (rung["memory"] for rung in past[0].get("rungs", ()) if rung["rung"] == FUNCTION)
    return int(next(told, past[0]["billedMemory"]))


def _candidates(solution: Mapping[str, Any], datasets: Sequence[Insights], counts: Counts) -> list[tuple[Recipe, int]]:
    """Return what a solution chooses from, as far as that can be told before the data are read."""
    config = solution.get("solutionConfig") or {}
    rows = automl.candidates(catalog.recipes(), config)
    taking = [registry.get(row["name"]) for row in rows if not automl.lacking(row, config)]
    searched, ordered = bool(solution.get("performHPO")), contests.by_simplicity(taking, counts)
    recipes, _ = contests.look(ordered, _sketch(datasets), searched=searched)
    return [(recipe, _jobs(recipe, counts, solution)) for recipe in recipes]


def _sketch(datasets: Sequence[Insights]) -> TrainingData:
    """Return data of no size: some histories are long, no item is cold, and there is metadata if any was imported."""
    lengths = [*[2] * _SHORT, 50]
    users = np.repeat(np.arange(len(lengths)), lengths)
    nothing = np.zeros_like(users)
    kinds = ("ITEMS", "USERS")
    is_described = any(len(each["columns"]) > 1 for each in datasets if each["datasetType"] in kinds)
    columns = {"COLUMN": np.array(["value"])} if is_described else {}
    return replace(TrainingData.from_ids(users, nothing, nothing), item_columns=columns)


_SHORT = 200  # histories for each long one


def recipe_of(name: str) -> Recipe:
    """Return a recipe by its name."""
    try:
        return registry.get(name)
    except KeyError:
        raise NoQuote(f"there is no recipe {name}; there are {', '.join(registry.names())}") from None


def _jobs(recipe: Recipe, counts: Counts, solution: Mapping[str, Any]) -> int:
    if not solution.get("performHPO"):
        return 0
    config = solution.get("solutionConfig") or {}
    constants, ranges = config.get("algorithmHyperParameters", {}), config.get("hpoConfig", {})
    return len(tuning.planned(recipe, counts, constants, ranges, seed=0))


_OF_ITEMS = ("INTERACTIONS", "ITEMS", "ITEM_ID")


def _counts(recipe: Recipe, datasets: list[Insights], solution: Mapping[str, Any]) -> Counts:
    """Count what a solution would train on: the chosen types of event; ids that are described take part too."""
    if recipe.metadata.type == "PERSONALIZED_ACTIONS":
        # Its time goes by what was done with actions, of which a solution chooses nothing.
        return _counted(datasets, ("ACTION_INTERACTIONS", "ACTIONS", "ACTION_ID"), {})
    by_type = {dataset["datasetType"]: dataset for dataset in datasets}
    if "INTERACTIONS" not in recipe.metadata.requires and "INTERACTIONS" not in by_type and "ITEMS" in by_type:
        return Counts(0, 0, _records(by_type["ITEMS"]))
    return _counted(datasets, _OF_ITEMS, solution)


def _counted(datasets: list[Insights], names: tuple[str, str, str], solution: Mapping[str, Any]) -> Counts:
    by_type = {dataset["datasetType"]: dataset for dataset in datasets}
    of_events, of_items, key = names
    interactions = by_type.get(of_events)
    if not interactions or not interactions.get("eventsPerId"):
        raise NoQuote("no interactions were imported yet: there is nothing to count")
    ids = {each["columnName"]: each["distinctIds"] for each in interactions["eventsPerId"]}
    users, items = ids["USER_ID"] + _beside(by_type.get("USERS")), ids[key] + _beside(by_type.get(of_items))
    return Counts(_events(interactions, solution), users, items)


def _beside(dataset: Insights | None) -> int:
    """Return how many are described and have no events."""
    return int((dataset or {}).get("comparison", {}).get("withoutEvents", 0))


def _events(interactions: Insights, solution: Mapping[str, Any]) -> int:
    config = solution.get("solutionConfig") or {}
    weights = config.get("eventsConfig", {}).get("eventParametersList", [])
    names = {each["eventType"].lower() for each in weights} | {str(solution.get("eventType") or "").lower()} - {""}
    types = interactions.get("eventTypes", [])
    if names:
        return sum(one["count"] for one in types if str(one.get("eventType")).lower() in names)
    return _records(interactions)


def _records(dataset: Insights) -> int:
    return int(dataset["bulkRecords"]) + int(dataset["individualRecords"]["count"])
