"""Finds recipes in the folders of families: modules `aws_*` hold one each, named as AWS names it.

The recipes of `personal` share one engine and are rows of its table; use cases borrow the engines of recipes.
"""

from collections.abc import Mapping
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from tastemaker.recipes.contract import Model, Progress, Recipe
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.use_cases import USE_CASES


def names() -> list[str]:
    """Return the names of all recipes that are built, use cases among them, sorted."""
    return sorted([*own_names(), *USE_CASES])


def own_names() -> list[str]:
    """Return the names of the recipes that are no use cases, sorted."""
    alone = (module.replace("_", "-") for module in _families() if module.startswith("aws_"))
    return sorted([*alone, *_personalizers()])


@cache
def get(name: str) -> Recipe:
    """Return a built recipe, or raise KeyError."""
    if name not in names():
        raise KeyError(name)
    if name not in USE_CASES:
        return _personalizers().get(name) or _load(name.replace("-", "_"))
    case = USE_CASES[name]
    engine = get(case.engine) if case.engine in own_names() else _load(case.engine.replace("-", "_"))
    return Recipe(case.metadata, partial(_learn_as, engine), engine.model, engine.costs)


def _learn_as(
    engine: Recipe, data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
) -> Model:
    """Learn with another recipe's engine and its default settings: a use case has none of its own."""
    return engine.learn(data, engine.metadata.resolve(parameters), seed=seed, progress=progress)


def _personalizers() -> Mapping[str, Recipe]:
    """Return the recipes that share the engine of `personal`; whoever only needs the contract does not load it."""
    found: Mapping[str, Recipe] = import_module("tastemaker.recipes.personal.personalizers").FAMILY
    return found


@cache
def _families() -> Mapping[str, str]:
    """Return in which folder each module of `recipes` lies."""
    here = Path(__file__).parent
    folders = [folder.name for folder in iter_modules([str(here)]) if folder.ispkg]
    return {module.name: folder for folder in folders for module in iter_modules([str(here / folder)])}


def _load(module: str) -> Recipe:
    found = vars(import_module(f"tastemaker.recipes.{_families()[module]}.{module}"))
    return next(value for value in found.values() if isinstance(value, Recipe))
