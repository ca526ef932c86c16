"""What a training is expected to take, told on its record before it learns, and what it took, written beside it."""

from collections.abc import Mapping
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
    counts, config = Counts.of(interactions), (version.get("solutionConfig") or {}).get("hpoConfig", {})
    trials = tuning.planned(recipe, counts, parameters, config, seed=seed) if version.get("performHPO") else []
    need = forecast.training(recipe, counts, jobs=len(trials), update=version.get("trainingMode") == "UPDATE")
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
