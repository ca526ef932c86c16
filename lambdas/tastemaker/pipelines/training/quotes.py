"""What a training is expected to take, told on its record before it learns, and what it took, written beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tastemaker.domain.training import quotes
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.training import peaks
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
    jobs = _jobs(recipe, counts, parameters, version, seed)
    return _quoted(
        deps, counts, forecast.training(recipe, counts, jobs=jobs, update=version.get("trainingMode") == "UPDATE")
    )


def predict_choice(
    deps: Deps, recipes: Sequence[Recipe], interactions: Interactions, version: Record, *, seed: int
) -> dict[str, Any]:
    """Return the quote of a training that chooses among recipes."""
    counts = Counts.of(interactions)
    tried = [(recipe, _jobs(recipe, counts, {}, version, seed)) for recipe in recipes]
    return _quoted(deps, counts, forecast.contest(tried, counts))


def _jobs(recipe: Recipe, counts: Counts, parameters: Mapping[str, str], version: Record, seed: int) -> int:
    """Return how many values a search tries."""
    config = (version.get("solutionConfig") or {}).get("hpoConfig", {})
    return len(tuning.planned(recipe, counts, parameters, config, seed=seed)) if version.get("performHPO") else 0


def _quoted(deps: Deps, counts: Counts, need: forecast.Quote) -> dict[str, Any]:
    megabytes = need.memory / 2**20
    past, _ = deps.resources.page("solution-version", limit=_LOOKED_AT, newest_first=True)
    return quotes.quoted(
        {"events": counts.events, "users": counts.users, "items": counts.items},
        modelled=need.seconds,
        pace=quotes.pace(record.get("_quote", {}) for record in past),
        needed=megabytes,
        memory=quotes.billed_memory(deps.config.memory, megabytes),
    )


def with_truth(quote: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Return a quote with what the training took beside it: seconds of the step, and this process's peak."""
    truth = {
        "seconds": round(seconds, 3),
        "peakMemory": peaks.megabytes(),
        "cost": quotes.cost(seconds, quote["billedMemory"]),
    }
    return {**quote, "measured": truth}
