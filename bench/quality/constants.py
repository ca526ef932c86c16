"""The engine's constants whose values were chosen by looking at sets of the bench, with other values to try.

Each is varied alone, everything else as the code has it. Constants that follow from what a machine can hold or do
(sizes of heads, windows of memory, seconds of a search) are none of these.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from types import ModuleType
from typing import Any

from tastemaker.recipes import logistic
from tastemaker.recipes.histories import popularity_over_time
from tastemaker.recipes.personal import blend, candidates, discovery

KERNELS = candidates.KERNELS
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Constant:
    """What a constant is for, where it lives, and by label what else its module's names could be set to."""

    purpose: str
    module: ModuleType
    others: Mapping[str, Values]


def _kernels(**changes: Any) -> Values:  # noqa: ANN401  fields of a kernel
    return {"KERNELS": tuple(replace(kernel, **changes) for kernel in KERNELS)}


CONSTANTS = {
    "exponents": Constant(
        "whether pairs or users count alike: 0, .5 and 1 in the search",
        candidates,
        {"1 alone": _kernels(exponent=1.0) | {"EXPONENTS": (1.0,)}, "0 alone": {"EXPONENTS": (0.0,)}},
    ),
    "kernels": Constant(
        "how many kernels are in the search: 7",
        candidates,
        {"3": {"KERNELS": KERNELS[:3]}},
    ),
    "window": Constant("how many baskets apart two events may teach: 120", candidates, {"20": _kernels(window=20)}),
    "floor": Constant(
        "what is added to scores before their logarithm: .01",
        discovery,
        {".03": {"FLOOR": 0.03}, ".003": {"FLOOR": 0.003}},
    ),
    "shrinkage": Constant(
        "how strongly learned weights are held to 0, however many hits: .1",
        logistic,
        {".3": {"LEAST_SHRINKAGE": 0.3}, ".03": {"LEAST_SHRINKAGE": 0.03}},
    ),
    "horizons": Constant(
        "how long the recent past is, in shares of all events: .01 and .1",
        popularity_over_time,
        {".03, .3": {"HORIZONS": (0.03, 0.3)}},
    ),
    "baskets": Constant(
        "how many single baskets a validation user is asked for: 2",
        candidates,
        {"1": {"NEXT_BASKETS": 1}},
    ),
    "folds": Constant(
        "of how many validation users less are so few that others are held out in turn: 400",
        candidates,
        {"none": {"CROSSED": 0}},
    ),
    "transitions": Constant(
        "whether what comes right after what is a part of the blend",
        blend,
        {
            "none": {
                "NEW_CHOICES": {name: each for name, each in blend.NEW_CHOICES.items() if "transitions" not in name}
            }
        },
    ),
    "pull": Constant(
        "how strongly descriptions may pull the matrix: 10",
        candidates,
        {"none": {"PULL": 0.0}, "30": {"PULL": 30.0}},
    ),
    "judges": Constant(
        "how many questions choose kernel and ridge: 600, or 1,800 of a small head",
        candidates,
        {"200": {"JUDGES": 200, "MORE_JUDGES": 200}},
    ),
    "taught": Constant("how many rows of a user teach: 50", blend, {"20": {"TAUGHT": 20}}),
}
# A label of a constant that is left as it is.
AS_IT_IS = "code"
Choice = tuple[tuple[str, str], ...]


def variants() -> list[Choice]:
    """Return every constant at each of its other values, all else as it is: first one other value of each."""
    tables = [[((name, label),) for label in constant.others] for name, constant in CONSTANTS.items()]
    rounds = zip_longest(*tables)
    return [choice for each in rounds for choice in each if choice]


def named(choice: Choice) -> str:
    """Return what a choice is called."""
    return "; ".join(f"{name} {label}" for name, label in choice) or AS_IT_IS


@contextmanager
def held(choice: Choice) -> Iterator[None]:
    """Set constants for a while."""
    changes = [
        (CONSTANTS[name].module, attribute, value)
        for name, label in choice
        for attribute, value in CONSTANTS[name].others[label].items()
    ]
    before = [(module, attribute, getattr(module, attribute)) for module, attribute, _ in changes]
    try:
        _set(changes)
        yield
    finally:
        _set(before)


def _set(values: list[tuple[ModuleType, str, Any]]) -> None:
    for module, attribute, value in values:
        setattr(module, attribute, value)
