"""Tunes a peer as its authors would: by the test's own protocol, applied once more to the data that it may learn from.

One setting after the other takes the value that finds most, the others as they are by then; each view chooses for
itself, and the model is learned again from everything. The default is told neither protocol nor view.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.quality.peers.scored import ByView
from bench.quality.protocols import VIEWS, Judged, Protocol, judge
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import TrainingData

QUESTIONS = 200
Fit = Callable[[TrainingData, int, Protocol], Model]
Maker = Callable[..., Model]
Setting = dict[str, Any]


@dataclass(frozen=True)
class Family:
    """A kind of model: `prepare` counts what all settings share and returns what makes a model of a setting.

    `settings` has the values to try, the first ones to begin with.
    """

    prepare: Callable[[TrainingData, int], Maker]
    settings: Mapping[str, Sequence[Any]]

    def first(self) -> Setting:
        """Return what is tried first."""
        return {name: values[0] for name, values in self.settings.items()}


@dataclass
class Trials:
    """What settings of a family found among validation questions, each tried once."""

    make: Maker
    ask: Callable[[Model], dict[str, Judged]]
    found: dict[str, dict[str, float]]

    def quality(self, setting: Setting, view: str) -> float:
        """Return the NDCG of a setting in a view."""
        key = repr(setting)
        if key not in self.found:
            judged = self.ask(self.make(**setting))
            self.found[key] = {each: float(np.sum(one.ndcg)) for each, one in judged.items()}
        return self.found[key][view]

    def best(self, family: Family, view: str) -> Setting:
        """Go through the settings in turn."""
        setting = family.first()
        for name, values in family.settings.items():
            tries = [setting | {name: value} for value in values]
            setting = max(tries, key=lambda each: self.quality(each, view))
        return setting


def tuned(family: Family) -> Fit:
    """Return how a family is fitted: its settings chosen inside the data."""

    def fit(data: TrainingData, seed: int, protocol: Protocol) -> Model:
        inner, cases = protocol(data, seed + 1)
        cases = cases[:: max(1, -(-len(cases) // QUESTIONS))]
        n_items = data.interactions.n_items
        trials = Trials(family.prepare(inner, seed), lambda model: judge(model, cases, n_items, related=False), {})
        settings = [trials.best(family, view) for view in VIEWS]
        make = family.prepare(data, seed)
        models = {repr(setting): make(**setting) for setting in settings}
        return ByView(*(models[repr(setting)] for setting in settings), _told(settings))

    return fit


def _told(settings: Sequence[Setting]) -> str:
    return " / ".join(", ".join(f"{name} {value:g}" for name, value in each.items()) for each in settings)
