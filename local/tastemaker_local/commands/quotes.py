"""`tastemaker quote`: what a training is going to take, or what one was expected to take and took.

Before a training the counts are those of GetDataInsights; how fast the service is, its last trainings say.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from botocore.client import BaseClient
from rich.console import Console
from rich.table import Table

from tastemaker.domain.training import automl, quotes
from tastemaker.recipes import catalog, registry
from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring import contests, forecast, tuning
from tastemaker_local.commands import arguments, clients, terminals

Quote = Mapping[str, Any]
Insights = Mapping[str, Any]

_QUOTE, _LEARNED = "x-tastemaker-quote", "x-tastemaker-learned"
_MEASURED = ("seconds", "peakMemory", "cost")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add which training, and the memory of the function that trains."""
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--solution", metavar="NAME", help="what its next FULL training takes; its name or its ARN")
    about.add_argument("--dataset-group", metavar="NAME", help="what a training on its data takes; needs --recipe")
    about.add_argument(
        "--solution-version",
        metavar="ARN",
        help="what its training was to take, and took; its ARN, SOLUTION/ID, or a solution's name for the newest",
    )
    parser.add_argument("--recipe", metavar="NAME", help="such as aws-user-personalization-v2")
    parser.add_argument(
        "--memory",
        type=int,
        default=0,
        metavar="MB",
        help="of the function that trains (default: as the last training)",
    )
    arguments.add_service(parser, as_json="print the quote as JSON")


@clients.explained
def run(options: argparse.Namespace) -> int:
    """Print a quote; return 1 if there is none to be had."""
    if (options.dataset_group is None) != (options.recipe is None):
        arguments.say("--dataset-group and --recipe belong together")
        return arguments.UNFIT
    quote = _asked(options)
    if options.json:
        terminals.print_json(quote)
    else:
        _show(terminals.console(), quote)
    return 0


def _asked(options: argparse.Namespace) -> Quote:
    version, solution, group = options.solution_version, options.solution, options.dataset_group
    client = clients.knowing("personalize", options.endpoint, about=solution or version or group)
    if version:
        return _told(client, clients.version_of(client, version))
    if solution:
        return _of_solution(client, clients.arn_of(client, solution, "solution"), options.memory)
    group = clients.arn_of(client, group, "dataset group")
    return _quote(client, group, {"recipeArn": f"recipe/{options.recipe}"}, options.memory)


def _told(client: BaseClient, version: str) -> Quote:
    quote, learned = _headers(client, version)
    if not quote:
        raise clients.NothingToTell(
            f"the training of {version} has not come as far as a quote, or is older than quotes are"
        )
    return {**quote, "learned": learned} if learned else quote


def _headers(client: BaseClient, version: str) -> tuple[Quote, Mapping[str, Any]]:
    """Return the quote of a training, and what it chose."""
    reply = client.describe_solution_version(solutionVersionArn=version)
    headers = reply["ResponseMetadata"]["HTTPHeaders"]
    quote, learned = (json.loads(headers.get(name, "{}")) for name in (_QUOTE, _LEARNED))
    return quote, learned


def _of_solution(client: BaseClient, arn: str, memory: int) -> Quote:
    solution = client.describe_solution(solutionArn=arn)["solution"]
    return _quote(client, solution["datasetGroupArn"], solution, memory)


def _quote(client: BaseClient, group: str, solution: Mapping[str, Any], memory: int) -> Quote:
    """Return the quote of a FULL training as the solution is now."""
    datasets = client.get_data_insights(datasetGroupArn=group)["datasets"]
    if solution.get("performAutoML"):
        counts = _counted(datasets, _OF_ITEMS, solution)
        need = forecast.contest(_candidates(solution, datasets, counts), counts)
    else:
        recipe = _recipe(solution["recipeArn"].rpartition("/")[2])
        counts = _counts(recipe, datasets, solution)
        need = forecast.training(recipe, counts, jobs=_jobs(recipe, counts, solution))
    past, megabytes = _past(client), need.memory / 2**20
    memory = memory or (past[0]["billedMemory"] if past else quotes.billed_memory(0, megabytes))
    sizes = {"events": counts.events, "users": counts.users, "items": counts.items}
    return quotes.quoted(sizes, modelled=need.seconds, pace=quotes.pace(past), needed=megabytes, memory=memory)


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


def _recipe(name: str) -> Recipe:
    try:
        return registry.get(name)
    except KeyError:
        raise clients.NothingToTell(f"there is no recipe {name}; there are {', '.join(registry.names())}") from None


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
        raise clients.NothingToTell("no interactions were imported yet: there is nothing to count")
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


def _past(client: BaseClient) -> list[Quote]:
    """Return the quotes of the newest trainings that ended well."""
    pages = client.get_paginator("list_solution_versions").paginate()
    versions = [version for page in pages for version in page["solutionVersions"] if version["status"] == "ACTIVE"]
    newest = sorted(versions, key=lambda version: version["creationDateTime"], reverse=True)[: quotes.ASKED]
    past = (_headers(client, version["solutionVersionArn"])[0] for version in newest)
    return [quote for quote in past if quote.get("measured")]


def _show(out: Console, quote: Quote) -> None:
    out.print(f"{quote['events']:,} interactions, {quote['users']:,} users, {quote['items']:,} items")
    table = Table(box=None, header_style="dim")
    table.add_column("")
    actual = quote.get("measured")
    for title in ("predicted", *(["measured"] if actual else [])):
        table.add_column(title, justify="right")
    for name, row in zip(_MEASURED, _rows(quote), strict=True):
        table.add_row(*row, *([_TEXTS[name](actual[name])] if actual else []))
    out.print(table)
    out.print(f"cost: {quote['billedMemory']:,} MB of {quotes.PRICED}; nothing where no Lambda runs", style="dim")
    pace = f"times {quote['pace']:g} by this service's last trainings" if quote["pace"] != 1 else "no training to go by"
    out.print(f"seconds: {quote['modelled']:.1f} of the machine of bench/results, {pace}", style="dim")
    for line in _choices(quote.get("learned", {})):
        out.print(line)


def _choices(learned: Mapping[str, Any]) -> Iterator[str]:
    """Say what a training chose, a line each."""
    if not learned:
        return
    types = ", ".join(f"{each['eventType']} x {each['weight']:g}" for each in learned["eventTypes"])
    yield f"learned from {learned['events']:,} events of types: {types}"
    for name, context in learned.get("contexts", {}).items():
        used = f"{context['values']} values, factor {context['factor']:g}"
        yield f"context {name}: {used if context['factor'] else 'not used'}"
    for title in ("parameters", "weights"):
        if values := learned.get(title):
            yield f"{title}: {', '.join(f'{name} {value}' for name, value in values.items())}"


def _rows(quote: Quote) -> Iterator[tuple[str, str]]:
    for title, name in (("time", "seconds"), ("most memory", "peakMemory"), ("cost", "cost")):
        yield title, _TEXTS[name](quote[name])


_TEXTS = {
    "seconds": lambda value: f"{value:,.1f} s",
    "peakMemory": lambda value: f"{value:,} MB",
    "cost": lambda value: f"${value:.6f}",
}
