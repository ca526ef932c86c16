"""Searches for hyperparameters: what `hpoConfig` may ask for (guide: "Hyperparameters and HPO")."""

from collections.abc import Iterator, Mapping
from typing import Any

from tastemaker.domain.training.hyperparameters import InvalidConfig, Setting, shown, whole

_RESOURCES = {"maxNumberOfTrainingJobs": 40, "maxParallelTrainingJobs": 10}
_KINDS = ("integer", "continuous", "categorical")
_DIRECTIONS = ("Maximize", "Minimize")
METRICS = (
    "coverage",
    "mean_reciprocal_rank_at_25",
    *(f"{name}_at_{k}" for name in ("normalized_discounted_cumulative_gain", "precision") for k in (5, 10, 25)),
    "average_rewards_at_k",
)


def check_tuning(
    config: Mapping[str, Any], settings: Mapping[str, Setting], fixed: Mapping[str, str], *, member: str, recipe: str
) -> None:
    """Check a whole hpoConfig; a hyperparameter cannot be searched for and be given a fixed value."""
    _check_resources(config.get("hpoResourceConfig", {}), f"{member}.hpoResourceConfig")
    _check_objective(config.get("hpoObjective", {}), f"{member}.hpoObjective")
    names = set[str]()
    for kind, place, range_ in _ranges(config, f"{member}.algorithmHyperParameterRanges"):
        name = range_.get("name")
        if name is None:
            raise InvalidConfig(f"{place} has no name; it must name a hyperparameter of recipe {recipe}.")
        _check_name(name, kind, settings, place, recipe)
        if name in names:
            raise InvalidConfig(f"{place} names {name} again; a hyperparameter has one range.")
        if name in fixed:
            raise InvalidConfig(f"{place} names {name}, which algorithmHyperParameters fixes at {fixed[name]}.")
        names.add(name)
        _check_range(settings[name], range_, place, recipe)


def _check_resources(config: Mapping[str, str], member: str) -> None:
    for name, value in config.items():
        count = whole(value)
        if count is None or not 1 <= count <= _RESOURCES[name]:
            raise InvalidConfig(f"{member}.{name} must be an integer from 1 to {_RESOURCES[name]}, not {shown(value)}.")


def _check_objective(config: Mapping[str, str], member: str) -> None:
    """Check names only: the service chooses what to optimize, whatever is wished for here."""
    for name, values in (("type", _DIRECTIONS), ("metricName", METRICS)):
        if name in config and config[name] not in values:
            raise InvalidConfig(f"{member}.{name} must be one of {', '.join(values)}, not {shown(config[name])}.")


def _ranges(config: Mapping[str, Any], member: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the kind, the place for messages and the content of every range."""
    ranges = config.get("algorithmHyperParameterRanges", {})
    for kind in _KINDS:
        list_name = f"{kind}HyperParameterRanges"
        for place, entry in enumerate(ranges.get(list_name, ()), 1):
            yield kind, f"{member}.{list_name}.{place}.member", entry


def _check_name(name: str, kind: str, settings: Mapping[str, Setting], place: str, recipe: str) -> None:
    if name not in settings:
        others = ", ".join(settings) or "none"
        raise InvalidConfig(f"{place} names {shown(name)}, which is no hyperparameter of recipe {recipe}: {others}.")
    if not settings[name].tunable:
        raise InvalidConfig(f"{place} names {name}, which is not tunable in recipe {recipe}.")
    if settings[name].kind != kind:
        right = f"{settings[name].kind}HyperParameterRanges"
        raise InvalidConfig(f"{place} names {name}, which is {settings[name].kind}: give its range in {right}.")


def _check_range(setting: Setting, range_: Mapping[str, Any], place: str, recipe: str) -> None:
    if setting.kind == "categorical":
        _check_categories(setting, range_.get("values", ()), place, recipe)
        return
    for bound in ("minValue", "maxValue"):
        if bound not in range_:
            raise InvalidConfig(f"{place} has no {bound}; the range of {setting.name} needs one.")
        if not setting.covers(range_[bound]):
            raise InvalidConfig(
                f"{place}.{bound} of {setting.name} must be {setting.rule}, as recipe {recipe} allows, "
                f"not {range_[bound]}."
            )
    if range_["minValue"] > range_["maxValue"]:
        raise InvalidConfig(
            f"{place}.minValue of {setting.name} must not be above maxValue: "
            f"{range_['minValue']} is above {range_['maxValue']}."
        )


def _check_categories(setting: Setting, values: list[str], place: str, recipe: str) -> None:
    if not values:
        raise InvalidConfig(f"{place}.values of {setting.name} must name at least one of {', '.join(setting.values)}.")
    for value in values:
        if value not in setting.values:
            raise InvalidConfig(
                f"{place}.values of {setting.name} must be {setting.rule}, as recipe {recipe} allows, "
                f"not {shown(value)}."
            )
