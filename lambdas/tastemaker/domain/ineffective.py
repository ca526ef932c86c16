"""Settings that are taken and told as Amazon's service does, and change nothing here: which they are, and why.

docs/settings.md has the same table for people.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ineffective:
    """A setting by its path from the resource on; one of the `idle` values asks for nothing, and is not warned of."""

    path: str
    why: str
    idle: frozenset[object] = frozenset()


_SEARCH = "solutionConfig.hpoConfig"
_OBJECTIVE = f"{_SEARCH}.hpoObjective"
_CHOSEN = "every search maximizes normalized_discounted_cumulative_gain_at_25"
_LEAST = frozenset({1})
SETTINGS: tuple[Ineffective, ...] = (
    Ineffective(f"{_OBJECTIVE}.type", _CHOSEN, frozenset({"Maximize"})),
    Ineffective(f"{_OBJECTIVE}.metricName", _CHOSEN, frozenset({"normalized_discounted_cumulative_gain_at_25"})),
    Ineffective(f"{_OBJECTIVE}.metricRegex", "no metric is read from a log"),
    Ineffective(
        f"{_SEARCH}.hpoResourceConfig.maxParallelTrainingJobs",
        "the jobs of a search run one after the other, in one function",
        frozenset({"1"}),
    ),
    Ineffective("minProvisionedTPS", "functions grow with what is asked, and nothing is billed before", _LEAST),
    Ineffective(
        "recommenderConfig.minRecommendationRequestsPerSecond",
        "functions grow with what is asked, and nothing is billed before",
        _LEAST,
    ),
)
# Where a recipe's parameters stand: values by name, and ranges that name them.
_VALUES = ("solutionConfig.algorithmHyperParameters", "solutionConfig.featureTransformationParameters")
_RANGES = f"{_SEARCH}.algorithmHyperParameterRanges"


def warnings_of(record: Record, inert: Iterable[str]) -> list[str]:
    """Say which of a resource's settings have no effect; `inert` are the names of its recipe's parameters without."""
    return [f"{path} has no effect: {why}." for path, why in _ineffective(record, frozenset(inert))]


def _ineffective(record: Record, inert: frozenset[str]) -> Iterator[tuple[str, str]]:
    for setting in SETTINGS:
        value = _at(record, setting.path)
        if value is not None and value not in setting.idle:
            yield setting.path, setting.why
    why = "the recipe's engine has no counterpart of it"
    for member in _VALUES:
        yield from ((f"{member}.{name}", why) for name in _at(record, member) or {} if name in inert)
    for kind, ranges in (_at(record, _RANGES) or {}).items():
        yield from ((f"{_RANGES}.{kind} {each['name']}", why) for each in ranges if each.get("name") in inert)


def _at(record: Record, path: str) -> Any:  # noqa: ANN401 - whatever stands there
    value: Any = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
