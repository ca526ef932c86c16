"""AutoML: several recipes learn from the same users and are judged on the same held-out ones, and one is chosen.

Before anything is learned, what could only learn the same as a simpler recipe is left out. Then each is judged by
Amazon's protocol. Of recipes that share an engine, the first searches for how to learn, and the others take over what
it has chosen: they differ in what they learn from. Chosen is the simplest recipe that is not below the best beyond
doubt: a paired interval of their difference, user by user, holds 0. One that took over a search and is chosen has to
show the same with a search of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Self

import numpy as np

from tastemaker.recipes.contract import Essence, Progress, Recipe, share, silent
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring import tuning
from tastemaker.recipes.measuring.evaluation import Case, Evaluation, evaluate, split
from tastemaker.recipes.measuring.metrics import paired_difference

Difference = tuple[float, float, float]
_NOWHERE: Final = (
    "No item was chosen twice and it knows nothing that describes any: nothing leads from a history to other items."
)
_SAME: Final = "what sets them apart has no counterpart in their engine"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is judged by: a metric of single users, and the `hpoConfig` of a search, None without one."""

    metric: str
    search: Mapping[str, Any] | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A recipe that was not judged."""

    recipe: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """How good a recipe is, with the hyperparameters that were searched for, and how long it took to say.

    `like` is the recipe whose choices it took over.
    """

    recipe: Recipe
    evaluation: Evaluation
    seconds: float
    tuned: dict[str, str] = field(default_factory=dict)
    like: str = ""

    def value(self, metric: str) -> float:
        """Return the mean over the held-out users."""
        values = self.evaluation.per_user[metric]
        return float(values.mean()) if len(values) else 0.0

    def less(self, other: "Judged", metric: str) -> Difference:
        """Return (mean, low, high) of this one less another; both were asked the same."""
        mine, others = (each.evaluation.per_user[metric] for each in (self, other))
        return paired_difference(mine, others) if len(mine) else (0.0, 0.0, 0.0)


def by_simplicity(recipes: Iterable[Recipe], counts: Counts) -> list[Recipe]:
    """Order recipes: quickly learned ones first, those that are still offered, those with few settings."""

    def key(recipe: Recipe) -> tuple[float, bool, int, str]:
        about = recipe.metadata
        settings = len(about.hyperparameters) + len(about.featurization) + len(about.exploration)
        return recipe.costs.fit_seconds(counts), about.legacy, settings, about.name

    return sorted(recipes, key=key)


def look(recipes: Sequence[Recipe], data: TrainingData, *, searched: bool) -> tuple[list[Recipe], list[LeftOut]]:
    """Return which of some recipes, simplest first, may win on these data, and why the others cannot."""
    essences = {recipe.name: _essence(recipe, data, searched=searched) for recipe in recipes}
    blind = [recipe for recipe in recipes if recipe.essence is not None and not essences[recipe.name].described]
    # Somebody has to be left, and what only counts has nothing to lose.
    if len(blind) == len(recipes) or not _leads_nowhere(data):
        blind = []
    out = [LeftOut(recipe.name, _NOWHERE) for recipe in blind]
    first: dict[object, Recipe] = {}
    for recipe in (each for each in recipes if each not in blind):
        essence = essences[recipe.name]
        if (other := first.setdefault(essence.what, recipe)) is not recipe:
            out.append(LeftOut(recipe.name, f"It learns the same here as {other.name}: {essence.why or _SAME}."))
    return list(first.values()), out


@dataclass(frozen=True, slots=True)
class Contest:
    """One split of the data, by which recipes are judged."""

    data: TrainingData
    rules: Rules
    clock: Callable[[], float]
    parts: tuple[TrainingData, list[Case]]

    @classmethod
    def of(cls, data: TrainingData, rules: Rules, clock: Callable[[], float]) -> Self:
        """Hold the same users out for all recipes."""
        return cls(data, rules, clock, split(data, seed=rules.seed))

    def hold(self, recipes: Sequence[Recipe], progress: Progress = silent) -> list[Judged]:
        """Judge recipes, simplest first; what took over the choices of another is not chosen for it."""
        judged: list[Judged] = []
        for number, recipe in enumerate(recipes):
            judged.append(
                self._judge(recipe, judged, share(progress, number / len(recipes), (number + 1) / len(recipes)))
            )
        while (winner := choose(judged, self.rules.metric)).like:
            again = self._judge(winner.recipe, (), lambda _, phrase: progress(1.0, phrase))
            judged[judged.index(winner)] = replace(again, seconds=winner.seconds + again.seconds)
        return judged

    def _judge(self, recipe: Recipe, others: Sequence[Judged], progress: Progress) -> Judged:
        began = self.clock()
        progress = partial(_named, progress, recipe.name)
        tuned = self._tuned(recipe, share(progress, 0.0, 0.5))
        relative = None if _is_unusual(recipe, tuned) else next(_relatives(recipe, others), None)
        training, questions = self.parts
        parts = (replace(training, like=relative.evaluation.model) if relative else training, questions)
        part = share(progress, 0.5 if tuned else 0.0, 1.0)
        evaluation = evaluate(recipe, self.data, tuned, seed=self.rules.seed, progress=part, parts=parts)
        if relative:
            evaluation = replace(evaluation, model=None)
        return Judged(recipe, evaluation, self.clock() - began, tuned, relative.recipe.name if relative else "")

    def _tuned(self, recipe: Recipe, progress: Progress) -> dict[str, str]:
        if self.rules.search is None:
            return {}
        return tuning.tune(recipe, self.data, {}, self.rules.search, seed=self.rules.seed, progress=progress)


def choose(judged: Sequence[Judged], metric: str) -> Judged:
    """Return the first of those, simplest first, whose difference from the best may be chance."""
    top = best(judged, metric)
    return next(each for each in judged if each is top or each.less(top, metric)[2] >= 0)


def best(judged: Sequence[Judged], metric: str) -> Judged:
    """Return the one with the best mean; of equal ones the simplest."""
    return max(judged, key=lambda each: each.value(metric))


def _named(progress: Progress, name: str, fraction: float, _: str) -> None:
    progress(fraction, f"judging {name}")


def _relatives(recipe: Recipe, others: Iterable[Judged]) -> Iterator[Judged]:
    """Yield those that have searched for how the same engine learns, with usual settings."""
    for other in others:
        kin = recipe.essence is not None and other.recipe.model is recipe.model
        if kin and not other.like and not _is_unusual(other.recipe, other.tuned):
            yield other


def _is_unusual(recipe: Recipe, tuned: Mapping[str, str]) -> bool:
    defaults = recipe.metadata.resolve({})
    inert = {setting.name for setting in recipe.metadata.hyperparameters if setting.inert}
    return any(value != defaults[name] for name, value in tuned.items() if name not in inert)


def _essence(recipe: Recipe, data: TrainingData, *, searched: bool) -> Essence:
    if recipe.essence is None:
        return Essence(recipe.name)
    essence = recipe.essence(data, recipe.metadata.resolve({}))
    free = {setting.name for setting in recipe.metadata.hyperparameters if setting.tunable and not setting.inert}
    return replace(essence, what=(recipe.model, essence.what, frozenset(free if searched else ())))


def _leads_nowhere(data: TrainingData) -> bool:
    """Whether no item was chosen twice, so that no history leads to what is in another."""
    items = data.interactions.items
    return len(np.unique(items)) == len(items)
