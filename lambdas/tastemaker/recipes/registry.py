"""Finds a recipe by the name that AWS gave it, in one of three places.

    aws-sims                 the module `aws_sims` of some family's folder holds it: a new file is a new recipe
    aws-hrnn, ...            a row of `personal.personalizers.FAMILY`, whose recipes share one engine
    aws-vod-top-picks, ...   a row of `use_cases.USE_CASES`, with the engine of one of the others

Listed are all three; engines that are no recipes by themselves (`bought-together`) only use cases reach.
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
    of_modules = (module.replace("_", "-") for module in _families() if module.startswith("aws_"))
    return sorted([*of_modules, *_personalizers()])


@cache
def get(name: str) -> Recipe:
    """Return a built recipe, or raise KeyError."""
    if name not in names():
        raise KeyError(name)
    if name not in USE_CASES:
        return _own(name)
    case = USE_CASES[name]
    engine = _own(case.engine)
    return Recipe(case.metadata, partial(_learn_as, engine), engine.model, engine.costs)


def _own(name: str) -> Recipe:
    """Return a recipe that is no use case, or an engine that only use cases have."""
    return _personalizers().get(name) or _load(name)


def _learn_as(
    engine: Recipe, data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
) -> Model:
    """Learn with another recipe's engine and its default settings: a use case has none of its own."""
    return engine.learn(data, engine.metadata.resolve(parameters), seed=seed, progress=progress)


def _personalizers() -> Mapping[str, Recipe]:
    """Return the recipes that share the engine of `personal`; whoever only needs the contract does not load it."""
    family: Mapping[str, Recipe] = import_module("tastemaker.recipes.personal.personalizers").FAMILY
    return family


@cache
def _families() -> Mapping[str, str]:
    """Return in which folder each module of `recipes` lies."""
    here = Path(__file__).parent
    folders = [folder.name for folder in iter_modules([str(here)]) if folder.ispkg]
    return {module.name: folder for folder in folders for module in iter_modules([str(here / folder)])}


def _load(name: str) -> Recipe:
    """Import the module that is called as a recipe is, and return that recipe: it may import others."""
    module = name.replace("-", "_")
    members = vars(import_module(f"tastemaker.recipes.{_families()[module]}.{module}")).values()
    return next(member for member in members if isinstance(member, Recipe) and member.name == name)
