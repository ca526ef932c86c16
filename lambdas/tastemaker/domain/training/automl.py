"""AutoML: which recipes a solution chooses from, by which metric, and what of its configuration belongs to one recipe.

The guide has left it with the HRNN family ("Using AutoML to choose an HRNN recipe"); here it chooses from all recipes
that recommend items to users, of which those are a part.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tastemaker.domain.training.hyperparameters import InvalidConfig, shown
from tastemaker.domain.training.tuning import METRICS

Row = Mapping[str, Any]
Config = Mapping[str, Any]

OBJECTIVE = "normalized_discounted_cumulative_gain_at_25"
MEMBER = "solutionConfig.autoMLConfig"
FAMILY = "USER_PERSONALIZATION"
# Amazon's overview counts it among POPULAR_ITEMS, its own page prints the type of the family.
BASELINE = "aws-popularity-count"
# Members of a solutionConfig that only some recipes take.
_FEATURES = ("eventsConfig", "optimizationObjective")
_OF_ONE_RECIPE = ("algorithmHyperParameters", "featureTransformationParameters")
_REWARDS = "average_rewards_at_k"


def eligible(row: Row) -> bool:
    """Whether AutoML can choose a recipe of the catalogue."""
    return bool(not row.get("domain") and (row["recipeType"] == FAMILY or row["name"] == BASELINE))


def candidates(rows: Iterable[Row], config: Config) -> list[Row]:
    """Return the recipes of the catalogue that a solutionConfig lists, or all that may be chosen."""
    names = {arn.rpartition("/")[2] for arn in listed(config)}
    return [row for row in rows if eligible(row) and (not names or row["name"] in names)]


def listed(config: Config) -> Sequence[str]:
    """Return the ARNs of the recipes that somebody wants to choose from."""
    arns: Sequence[str] = config.get("autoMLConfig", {}).get("recipeList", ())
    return arns


def metric_of(config: Config) -> str:
    """Return the name of the metric that is chosen by."""
    return str(config.get("autoMLConfig", {}).get("metricName") or OBJECTIVE)


def lacking(row: Row, config: Config) -> str | None:
    """Return what of a solutionConfig a recipe does not take, or None."""
    return next((name for name in _FEATURES if config.get(name) and name not in row["features"]), None)


def check_choice(config: Config) -> None:
    """Check what a solution that chooses its recipe is given besides the list."""
    for name in _OF_ONE_RECIPE:
        if config.get(name):
            raise InvalidConfig(
                f"solutionConfig.{name} and performAutoML exclude each other: they are of one recipe; name it in "
                "recipeArn, or set performHPO to have them searched for."
            )
    _check_metric(config)
    if "recipeList" in config.get("autoMLConfig", {}) and not listed(config):
        raise InvalidConfig(f"{MEMBER}.recipeList is empty; leave it out to choose from all recipes for users.")


def check_listed(row: Row, place: str, config: Config) -> None:
    """Check a recipe that somebody wants to be chosen from."""
    if not eligible(row):
        raise InvalidConfig(
            f"{place} names {row['name']}, which is of type {row['recipeType']}: performAutoML chooses among recipes "
            f"of type {FAMILY} and {BASELINE}."
        )
    if feature := lacking(row, config):
        raise InvalidConfig(f"{place} names {row['name']}, for which solutionConfig.{feature} is not available.")


def _check_metric(config: Config) -> None:
    metric = config.get("autoMLConfig", {}).get("metricName")
    if metric is None:
        return
    names = [name for name in METRICS if name != "coverage"]
    if metric == "coverage":
        raise InvalidConfig(
            f"{MEMBER}.metricName coverage is of all users together, and two recipes are compared user by user: it "
            f"must be one of {', '.join(names)}."
        )
    if metric not in names:
        raise InvalidConfig(f"{MEMBER}.metricName must be one of {', '.join(names)}, not {shown(metric)}.")
    if metric == _REWARDS and not config.get("optimizationObjective"):
        raise InvalidConfig(f"{MEMBER}.metricName {metric} needs solutionConfig.optimizationObjective.")
