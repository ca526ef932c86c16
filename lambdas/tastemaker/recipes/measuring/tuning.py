"""The search of `performHPO`: values of a recipe's tunable hyperparameters, inside the caller's ranges.

Values are drawn at random (Bergstra & Bengio, "Random search for hyper-parameter optimization", 2012), the recipe's own
default first, moved into the range where it lies outside. Each is judged by Amazon's protocol inside the training data,
on users that the final metrics do not judge. Another value wins only where it is better than the default beyond doubt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.contract import Progress, Recipe, share
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring import forecast
from tastemaker.recipes.measuring.evaluation import evaluate, split
from tastemaker.recipes.measuring.metrics import NDCG, clearly_best
from tastemaker.recipes.metadata import Hyperparameter

Values = dict[str, str]
OBJECTIVE: Final = f"{NDCG}25"
USUAL_JOBS: Final = 10
# A search ends within so many seconds of the machine of `costs`: a function has 15 minutes for all of a training.
LONGEST: Final = 300.0
# Draws for each value of a search: where few values are possible most of them come again.
DRAWS: Final = 20
DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Axis:
    """Where the values of one hyperparameter may lie."""

    setting: Hyperparameter
    low: float
    high: float
    values: tuple[str, ...]

    @classmethod
    def of(cls, setting: Hyperparameter, bounds: Mapping[str, Any]) -> Self:
        """Take the caller's bounds, and the recipe's where there are none."""
        low, high = bounds.get("minValue", setting.low), bounds.get("maxValue", setting.high)
        return cls(setting, float(low or 0), float(high or 0), tuple(bounds.get("values") or setting.values))

    def default(self) -> str:
        """Return the recipe's default, or what is allowed nearest to it."""
        if self.setting.kind == "categorical":
            return self.setting.default if self.setting.default in self.values else self.values[0]
        return self._text(min(self.high, max(self.low, float(self.setting.default))))

    def draw(self, rng: np.random.Generator) -> str:
        """Return any value."""
        if self.setting.kind == "categorical":
            return self.values[rng.integers(len(self.values))]
        if self.setting.kind == "integer":
            return self._text(float(rng.integers(int(np.ceil(self.low)), int(self.high) + 1)))
        return self._text(min(self.high, max(self.low, round(rng.uniform(self.low, self.high), DECIMALS))))

    def _text(self, value: float) -> str:
        return str(int(value)) if self.setting.kind == "integer" else str(float(value))


def tune(
    recipe: Recipe,
    data: TrainingData,
    parameters: Mapping[str, str],
    config: Mapping[str, Any],
    *,
    seed: int,
    progress: Progress,
) -> Values:
    """Return a value for each of the recipe's hyperparameters; `parameters` are given, `config` is the `hpoConfig`."""
    axes = _axes(recipe, parameters, config)
    choice = {s.name: s.default for s in recipe.metadata.hyperparameters} | {a.setting.name: a.default() for a in axes}
    choice |= {name: value for name, value in parameters.items() if name in choice}
    candidates = planned(recipe, Counts.of(data.interactions), parameters, config, seed=seed)
    if not candidates:
        return choice
    training, _ = split(data, seed=seed)
    qualities = []
    for number, values in enumerate(candidates):
        part = share(progress, number / len(candidates), (number + 1) / len(candidates))
        qualities.append(_judge(recipe, training, {**parameters, **values}, seed + 2, part))
    return choice | candidates[clearly_best(qualities)]


def planned(
    recipe: Recipe, counts: Counts, parameters: Mapping[str, str], config: Mapping[str, Any], *, seed: int
) -> list[Values]:
    """Return what a search tries: as many values as asked for, within the time that there is; none without a choice."""
    most = int(config.get("hpoResourceConfig", {}).get("maxNumberOfTrainingJobs", USUAL_JOBS))
    jobs = min(most, int(LONGEST / max(1e-3, forecast.evaluation_seconds(recipe, counts))))
    live = [axis for axis in _axes(recipe, parameters, config) if not axis.setting.inert]
    candidates = _candidates(live, jobs, seed)
    return candidates if len(candidates) > 1 else []


def _axes(recipe: Recipe, parameters: Mapping[str, str], config: Mapping[str, Any]) -> list[Axis]:
    """Return what is searched: the caller's ranges, or those of the recipe where the caller gives none."""
    ranges = {
        entry["name"]: entry for each in config.get("algorithmHyperParameterRanges", {}).values() for entry in each
    }
    free = [s for s in recipe.metadata.hyperparameters if s.tunable and s.name not in parameters]
    return [Axis.of(s, ranges.get(s.name, {})) for s in free if not ranges or s.name in ranges]


def _candidates(axes: Sequence[Axis], jobs: int, seed: int) -> list[Values]:
    """Return up to so many different values, the default first."""
    rng = np.random.default_rng(seed)
    draws = {tuple(axis.default() for axis in axes): None}
    for _ in range(DRAWS * jobs):
        if len(draws) >= jobs:
            break
        draws.setdefault(tuple(axis.draw(rng) for axis in axes))
    return [{axis.setting.name: value for axis, value in zip(axes, values, strict=True)} for values in draws]


def _judge(recipe: Recipe, data: TrainingData, values: Values, seed: int, progress: Progress) -> NDArray[np.float64]:
    phrase = "choosing hyperparameters"
    evaluation = evaluate(recipe, data, values, seed=seed, progress=lambda at, _: progress(at, phrase))
    return evaluation.per_user[OBJECTIVE].astype(np.float64)
