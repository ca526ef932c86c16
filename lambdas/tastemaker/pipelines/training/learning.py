"""What a training learns: hyperparameters that are searched for, how good they are, and the model."""

from dataclasses import dataclass, replace

from tastemaker.pipelines.training.updates import Before
from tastemaker.recipes import contract
from tastemaker.recipes.contract import Model, Progress, Recipe
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.measuring import tuning
from tastemaker.recipes.measuring.evaluation import Evaluation, evaluate
from tastemaker.store.ports import Record

SEED = 0  # every training of the same data with the same configuration gives the same bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """A model with the parameters it was learned with, those that were searched for, and how good it is."""

    model: Model
    parameters: dict[str, str]
    tuned: dict[str, str]
    metrics: dict[str, float]
    evaluation: Evaluation | None = None


def learn(recipe: Recipe, data: TrainingData, version: Record, before: Before | None, report: Progress) -> Outcome:
    """Search, measure and fit; an update takes over what was found and measured before it, and fits."""
    settings = parameters_of(version)
    if before:
        warm = replace(data, like=before.model)
        model = recipe.fit(warm, settings | before.tuned, seed=SEED, progress=contract.share(report, 0.05, 0.95))
        return Outcome(model, settings | before.tuned, before.tuned, before.metrics)
    tuned, start = _tuned(recipe, data, version, report)
    parameters = settings | tuned
    half = (start + 0.95) / 2
    evaluation = evaluate(recipe, data, parameters, seed=SEED, progress=contract.share(report, start, half))
    # What was chosen on nine users of ten is good for all of them; searching again would double the time.
    warm = replace(data, like=evaluation.model)
    model = recipe.fit(warm, parameters, seed=SEED, progress=contract.share(report, half, 0.95))
    return Outcome(model, parameters, tuned, evaluation.metrics, evaluation)


def _tuned(recipe: Recipe, data: TrainingData, version: Record, report: Progress) -> tuple[dict[str, str], float]:
    """Return what a search of hyperparameters found, and how far the training has come by then."""
    if not version.get("performHPO"):
        return {}, 0.05
    config = (version.get("solutionConfig") or {}).get("hpoConfig", {})
    part = contract.share(report, 0.05, 0.6)
    return tuning.tune(recipe, data, parameters_of(version), config, seed=SEED, progress=part), 0.6


def parameters_of(version: Record) -> dict[str, str]:
    """Return the hyperparameters that a version or recommender fixes."""
    config = version.get("solutionConfig") or {}
    return {**config.get("featureTransformationParameters", {}), **config.get("algorithmHyperParameters", {})}
