"""What a recipe says about itself, readable without numpy: names, ARNs, hyperparameters and what it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

RecipeType = Literal[
    "USER_PERSONALIZATION",
    "PERSONALIZED_RANKING",
    "RELATED_ITEMS",
    "POPULAR_ITEMS",
    "PERSONALIZED_ACTIONS",
    "USER_SEGMENTATION",
]
Kind = Literal["integer", "continuous", "categorical"]
Domain = Literal["ECOMMERCE", "VIDEO_ON_DEMAND"]
# Members of the API that only some recipes take (guide: the feature pages of "Choosing a recipe").
Feature = Literal[
    "eventsConfig", "optimizationObjective", "performIncrementalUpdate", "rankingInfluence", "trainingModeUpdate"
]


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """A setting with its default and range; on the wire every value is a string.

    One that is `inert` is taken and told, and has no counterpart in our engine: searching for it would change nothing.
    """

    name: str
    kind: Kind
    default: str
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    tunable: bool = False
    inert: bool = False


@dataclass(frozen=True, slots=True)
class Metadata:
    """A recipe as ListRecipes, DescribeRecipe, DescribeAlgorithm and the training pipeline see it."""

    name: str
    type: RecipeType
    description: str
    created: str = "2019-06-10"
    hyperparameters: tuple[Hyperparameter, ...] = ()
    featurization: tuple[Hyperparameter, ...] = ()
    exploration: tuple[Hyperparameter, ...] = ()
    algorithm: str = ""
    # None where Amazon's pages name none: a recipe then has no such ARN.
    feature_transformation: str | None = "JSON-percentile-filtering"
    features: tuple[Feature, ...] = ()
    domain: Domain | None = None
    legacy: bool = False
    requires: tuple[str, ...] = ("INTERACTIONS",)
    # Whether it reads what items are called and told of: their schema must then say which columns these are.
    reads_texts: bool = False
    required_event: str | None = None
    excluded_event: str | None = None
    needs_user: bool = True
    needs_item: bool = False
    scores: bool = False
    batch: bool = True

    def resolve(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Fill in the defaults of what was not given."""
        settings = (*self.hyperparameters, *self.featurization, *self.exploration)
        return {setting.name: setting.default for setting in settings} | dict(parameters)


def boolean(name: str, *, default: str = "true", tunable: bool = False) -> Hyperparameter:
    """Return a true/false setting."""
    return Hyperparameter(name, "categorical", default, values=("true", "false"), tunable=tunable)


def integer(
    name: str, default: int, low: int, high: int, *, tunable: bool = False, inert: bool = False
) -> Hyperparameter:
    """Return a whole-number setting."""
    return Hyperparameter(name, "integer", str(default), low, high, tunable=tunable, inert=inert)


def continuous(
    name: str, default: float, low: float, high: float, *, tunable: bool = False, inert: bool = False
) -> Hyperparameter:
    """Return a real-number setting."""
    return Hyperparameter(name, "continuous", str(default), low, high, tunable=tunable, inert=inert)


# Recurring in Amazon's recipes: users whose history is shorter or longer than these percentiles are left out.
HISTORY_PERCENTILES = (
    continuous("min_user_history_length_percentile", 0.0, 0.0, 1.0),
    continuous("max_user_history_length_percentile", 0.99, 0.0, 1.0),
)
EXPLORATION = (
    continuous("exploration_weight", 0.3, 0.0, 1.0),
    Hyperparameter("exploration_item_age_cut_off", "continuous", "30.0", low=1.0),
)
RECURRENT = (
    integer("hidden_dimension", 149, 32, 256, tunable=True, inert=True),
    integer("bptt", 32, 2, 32, tunable=True, inert=True),
    boolean("recency_mask", tunable=True),
)
