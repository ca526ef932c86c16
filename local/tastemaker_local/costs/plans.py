"""What an import, a training and serving take at any size, and where that breaks first; no service is asked.

Rungs are chosen by the rules of the service itself, of a deployment that has all of them.
"""

from dataclasses import dataclass

from tastemaker.domain.training import rungs
from tastemaker.recipes.contract import Recipe
from tastemaker_local.costs.limits import Limit, limits_of
from tastemaker_local.costs.shapes import Serving, Shape, serving_of
from tastemaker_local.costs.steps import Step, steps_of


@dataclass(frozen=True, slots=True)
class Plan:
    """What everything takes, and the limits by their interactions, the lowest first."""

    shape: Shape
    recipe: Recipe
    steps: tuple[Step, ...]
    serving: Serving
    limits: tuple[Limit, ...]

    @property
    def first(self) -> Limit:
        """The first limit that stops the service."""
        return next(limit for limit in self.limits if limit.stops)


def plan_of(shape: Shape, recipe: Recipe, memory: int) -> Plan:
    """Return the plan for a deployment with a task function of so many MB, containers and Spark."""
    ladder = rungs.ladder(memory, containers=True, spark=True)
    steps, limits = tuple(steps_of(shape, recipe, ladder)), tuple(limits_of(shape, recipe, ladder))
    return Plan(shape, recipe, steps, serving_of(shape, recipe), limits)
