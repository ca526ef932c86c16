"""What a whole training will take, put together from what its recipe says of a part."""

from collections.abc import Sequence
from dataclasses import dataclass

from tastemaker.recipes.contract import Recipe
from tastemaker.recipes.costs import BY_QUESTION, Counts
from tastemaker.recipes.measuring import evaluation

# Reading, sorting and storing an event; a training of nothing.
BY_EVENT_READ, LEAST_SECONDS = 2e-6, 0.5


@dataclass(frozen=True, slots=True)
class Quote:
    """The most memory in bytes, and the seconds, of a whole training: measured on held-out users, then fitted."""

    memory: float
    seconds: float


def training(recipe: Recipe, counts: Counts, *, jobs: int = 0, update: bool = False) -> Quote:
    """Return what a whole training takes, from reading the data to storing the model.

    `jobs` is how many values a search of hyperparameters tries; an update takes over what was found before.
    """
    evaluations = 0.0 if update else (1 + jobs) * evaluation_seconds(recipe, counts)
    seconds = LEAST_SECONDS + BY_EVENT_READ * counts.events + evaluations + recipe.costs.fit_seconds(counts)
    return Quote(recipe.costs.memory(counts), seconds)


def contest(jobs: Sequence[tuple[Recipe, int]], counts: Counts) -> Quote:
    """Return what choosing among recipes takes, each with how many values its search tries, and learning the choice."""
    longest = max(recipe.costs.fit_seconds(counts) for recipe, _ in jobs)
    memory = max(recipe.costs.memory(counts) for recipe, _ in jobs)
    judging = sum(contest_seconds(jobs, counts))
    return Quote(memory, LEAST_SECONDS + BY_EVENT_READ * counts.events + judging + longest)


def contest_seconds(jobs: Sequence[tuple[Recipe, int]], counts: Counts) -> list[float]:
    """Return what judging each of some recipes takes: of those that share an engine the first one chooses for all."""
    seconds, engines = list[float](), set[type]()
    for recipe, tried in jobs:
        once = evaluation_seconds(recipe, counts)
        last = recipe.costs.fit_seconds(counts) + judging_seconds(counts) if recipe.model in engines else once
        seconds.append(tried * once + last)
        if recipe.essence is not None:
            engines.add(recipe.model)
    return seconds


def evaluation_seconds(recipe: Recipe, counts: Counts) -> float:
    """Return what learning from nine users of ten and judging the tenth takes."""
    if recipe.costs.evaluation_seconds:
        return recipe.costs.evaluation_seconds(counts)
    return recipe.costs.fit_seconds(counts) + judging_seconds(counts)


def judging_seconds(counts: Counts) -> float:
    """Return what asking the held-out users takes."""
    return min(evaluation.MAX_CASES, evaluation.HELD_OUT * counts.users) * BY_QUESTION
