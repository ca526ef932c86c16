"""What a training is expected to take, told on its record before it learns, and what it took, written beside it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tastemaker.domain.training import quotes
from tastemaker.domain.training.rungs import FUNCTION, SPARK, Rung
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.training import peaks
from tastemaker.pipelines.training.learning import SEED, parameters_of
from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import Interactions
from tastemaker.recipes.measuring import forecast, tuning
from tastemaker.store.ports import Record

_LOOKED_AT = 20  # of the newest versions, for those whose training ended well


def predict(
    deps: Deps, recipe: Recipe, interactions: Interactions, parameters: Mapping[str, str], version: Record, *, seed: int
) -> dict[str, Any]:
    """Return the quote of a training whose data are at hand."""
    counts = Counts.of(interactions)
    jobs = jobs_of(recipe, counts, parameters, version, seed)
    need = forecast.training(recipe, counts, jobs=jobs, update=version.get("trainingMode") == "UPDATE")
    return _quoted(deps, counts, need, version)


def predict_spread(
    deps: Deps, recipe: Recipe, counts: Counts, version: Record, rungs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the quote of a training for which many machines count, as their row of the rungs has it."""
    jobs = jobs_of(recipe, counts, parameters_of(version), version, SEED)
    need = forecast.training(recipe, counts, jobs=jobs)
    row = next(row for row in rungs if row["rung"] == SPARK)
    return _quoted(deps, counts, need, {}) | {"seconds": row["seconds"], "cost": row["cost"], "rungs": rungs}


def predict_choice(
    deps: Deps, recipes: Sequence[Recipe], interactions: Interactions, version: Record, *, seed: int
) -> dict[str, Any]:
    """Return the quote of a training that chooses among recipes."""
    counts = Counts.of(interactions)
    tried = [(recipe, jobs_of(recipe, counts, {}, version, seed)) for recipe in recipes]
    return _quoted(deps, counts, forecast.contest(tried, counts), version)


def jobs_of(recipe: Recipe, counts: Counts, parameters: Mapping[str, str], version: Record, seed: int) -> int:
    """Return how many values a search tries."""
    config = (version.get("solutionConfig") or {}).get("hpoConfig", {})
    return len(tuning.planned(recipe, counts, parameters, config, seed=seed)) if version.get("performHPO") else 0


def past_of(deps: Deps) -> Iterator[Mapping[str, Any]]:
    """Return the quotes of the newest trainings, newest first."""
    past, _ = deps.resources.page("solution-version", limit=_LOOKED_AT, newest_first=True)
    return (record.get("_quote") or {} for record in past)


def _quoted(deps: Deps, counts: Counts, need: forecast.Quote, version: Record) -> dict[str, Any]:
    megabytes = need.memory / 2**20
    quote = quotes.quoted(
        {"events": counts.events, "users": counts.users, "items": counts.items},
        modelled=need.seconds,
        pace=quotes.pace(past_of(deps)),
        needed=megabytes,
        memory=quotes.billed_memory(deps.config.memory, megabytes),
    )
    return quote | _places(quote["seconds"], version)


def _places(seconds: float, version: Record) -> dict[str, Any]:
    """Return what a quote says of rungs; a container has a price of its own."""
    rung = Rung.of(version["_rung"]) if version.get("_rung") else None
    cost = {"cost": rung.cost(seconds)} if rung and rung.name != FUNCTION else {}
    return cost | ({"rungs": version["_rungs"]} if "_rungs" in version else {})


def with_truth(quote: Mapping[str, Any], seconds: float, work: Mapping[str, Any]) -> dict[str, Any]:
    """Return a quote with what the training took beside it: seconds of the step, this process's peak, and where."""
    # What was begun by an earlier release knows of no rungs.
    rung = Rung.of(work["rung"]) if "rung" in work else None
    truth = {
        "seconds": round(seconds, 3),
        "peakMemory": peaks.megabytes(),
        "cost": rung.cost(seconds) if rung and rung.name != FUNCTION else quotes.cost(seconds, quote["billedMemory"]),
        "rung": rung.name if rung else FUNCTION,
    }
    if "legs" in work:
        # What the machines between two containers cost, they alone know.
        truth |= {"cost": quote["cost"], "rung": SPARK}
    climbed = {"climbed": work["climbed"]} if "climbed" in work else {}
    return {**quote, **climbed, "measured": truth}
