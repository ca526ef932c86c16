"""AutoML: a solution version whose recipe is chosen while it trains, from one reading of the data and one split."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tastemaker.domain.training import automl, quotes
from tastemaker.errors import JobFailed
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.training.learning import SEED, Outcome
from tastemaker.pipelines.training.limits import lack_of_memory
from tastemaker.recipes import catalog, contract
from tastemaker.recipes.contract import Progress, Recipe
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring import contests, forecast
from tastemaker.recipes.measuring.contests import Judged, LeftOut, Rules
from tastemaker.recipes.registry import get
from tastemaker.store.ports import Record

# A function has 15 minutes for a training; these seconds are those of the machine of `recipes.costs`.
LONGEST = 600.0
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Field:
    """The recipes that are judged, simplest first, and those that are not."""

    recipes: list[Recipe]
    out: list[LeftOut]


def enter(deps: Deps, version: Record, data: TrainingData) -> Field:
    """Look at the data before anything is learned, and leave out what cannot win, or not be trained here."""
    config, counts = version.get("solutionConfig") or {}, Counts.of(data.interactions)
    rows = automl.candidates(catalog.recipes(), config)
    lacking = {row["name"]: lack for row in rows if (lack := automl.lacking(row, config))}
    out = [LeftOut(name, f"solutionConfig.{lack} is not available for it.") for name, lack in lacking.items()]
    taking = [get(row["name"]) for row in rows if row["name"] not in lacking]
    recipes, idle = contests.look(
        contests.by_simplicity(taking, counts), data, searched=bool(version.get("performHPO"))
    )
    fitting, large = _fitting(deps, recipes, counts)
    return Field(fitting, [*out, *idle, *large])


def _fitting(deps: Deps, recipes: Sequence[Recipe], counts: Counts) -> tuple[list[Recipe], list[LeftOut]]:
    """Return the recipes that memory and, where a function trains, its time allow, and the others."""
    fitting, out, spent = list[Recipe](), list[LeftOut](), 0.0
    for recipe in recipes:
        entered = [(each, 0) for each in (*fitting, recipe)]
        seconds = forecast.contest_seconds(entered, counts)[-1]
        if lack := lack_of_memory(deps.config, recipe, counts):
            out.append(LeftOut(recipe.name, f"It {lack}."))
        elif _is_function(deps) and fitting and spent + seconds > LONGEST:
            out.append(LeftOut(recipe.name, f"Judging it takes about {seconds:.0f} s more than a function has."))
        else:
            fitting.append(recipe)
            spent += seconds
    if not fitting:
        reasons = " ".join(f"{each.recipe}: {each.reason}" for each in out)
        raise JobFailed(f"performAutoML has no recipe left to choose from. {reasons}")
    return fitting, out


def _is_function(deps: Deps) -> bool:
    return bool(deps.config.memory and deps.config.function)


def learn_best(
    deps: Deps, version: Record, data: TrainingData, field: Field, report: Progress
) -> tuple[Recipe, Outcome, list[Judged]]:
    """Judge the recipes, choose one, and learn it from all users."""
    rules = rules_of(version)
    part = contract.share(report, 0.05, 0.8)
    judged = contests.Contest.of(data, rules, deps.clock).hold(field.recipes, part)
    winner = contests.choose(judged, rules.metric)
    warm = replace(data, like=winner.evaluation.model)
    model = winner.recipe.fit(warm, winner.tuned, seed=SEED, progress=contract.share(report, 0.8, 0.95))
    outcome = Outcome(model, winner.tuned, winner.tuned, winner.evaluation.metrics, winner.evaluation)
    return winner.recipe, outcome, judged


def rules_of(version: Record) -> Rules:
    """Return what a version's recipes are judged by."""
    config = version.get("solutionConfig") or {}
    search = config.get("hpoConfig", {}) if version.get("performHPO") else None
    return Rules(automl.metric_of(config), search, SEED)


def table(judged: Sequence[Judged], out: Sequence[LeftOut], metric: str, memory: int) -> dict[str, Any]:
    """Return what each recipe scored and cost, which one was chosen, and why; `memory` is what is billed, in MB."""
    top, winner = contests.best(judged, metric), contests.choose(judged, metric)
    return {
        "metric": metric,
        "users": len(winner.evaluation.users),
        "chosen": winner.recipe.name,
        "reason": _reason(judged, winner, top, metric),
        "candidates": [_row(each, top, metric, memory) for each in judged],
        "leftOut": [{"recipe": each.recipe, "reason": each.reason} for each in out],
    }


def _row(each: Judged, top: Judged, metric: str, memory: int) -> dict[str, Any]:
    searched = {"tuned": each.tuned} if each.tuned else {}
    taken_over = {"like": each.like} if each.like else {}
    return {
        "recipe": each.recipe.name,
        "value": _rounded(each.value(metric)),
        "interval": each.evaluation.intervals.get(metric, []),
        "lessThanBest": [_rounded(number) for number in each.less(top, metric)],
        "seconds": round(each.seconds, 3),
        "cost": quotes.cost(each.seconds, memory),
        **searched,
        **taken_over,
    }


def _reason(judged: Sequence[Judged], winner: Judged, top: Judged, metric: str) -> str:
    if len(judged) == 1:
        return "It is the only recipe that was left to judge."
    if winner is not top:
        mean, low, high = (_rounded(number) for number in winner.less(top, metric))
        return (
            f"{top.recipe.name} has the best {metric}, but the difference may be chance ({mean:+} from {low:+} to "
            f"{high:+}): this is the simplest recipe of which that is so."
        )
    simpler = judged[: judged.index(top)]
    others = f", and each simpler recipe is below it beyond doubt ({_names(simpler)})" if simpler else ""
    return f"It has the best {metric}{others or ', and no recipe is simpler'}."


def _names(judged: Sequence[Judged]) -> str:
    return ", ".join(each.recipe.name for each in judged)


def _rounded(number: float) -> float:
    return round(number, _DECIMALS)
