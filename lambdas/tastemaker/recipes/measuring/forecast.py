"""What a whole training will take, put together from what its recipe says of a part."""

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


def evaluation_seconds(recipe: Recipe, counts: Counts) -> float:
    """Return what learning from nine users of ten and judging the tenth takes."""
    if recipe.costs.evaluation_seconds:
        return recipe.costs.evaluation_seconds(counts)
    return recipe.costs.fit_seconds(counts) + judging_seconds(counts)


def judging_seconds(counts: Counts) -> float:
    """Return what asking the held-out users takes."""
    return min(evaluation.MAX_CASES, evaluation.HELD_OUT * counts.users) * BY_QUESTION
