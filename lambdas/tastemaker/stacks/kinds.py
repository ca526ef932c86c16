"""The ten kinds that a template may have: which calls make them, and which of their members an update may change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from tastemaker.domain.resources.arns import solution_of
from tastemaker.domain.resources.kinds import KINDS, Kind, titled
from tastemaker.wire.models import Operation, Shape, api_model

PREFIX: Final = "Custom::Tastemaker"
_NAMES: Final = (
    *("dataset-group", "schema", "dataset", "dataset-import-job", "solution", "solution-version"),
    *("campaign", "recommender", "filter", "event-tracker"),
)
Part = Callable[[Any], object]


def _settled_config(config: Mapping[str, object] | None) -> dict[str, object]:
    """Return what of a solution's configuration no update can change."""
    changing = api_model("personalize").operations["UpdateSolution"].input_shape.members["solutionUpdateConfig"].members
    return {name: value for name, value in (config or {}).items() if name not in changing}


# Members that an update may change in part only, and that part of their values which it may not.
_LASTING: Final[Mapping[str, Mapping[str, Part]]] = {
    "campaign": {"solutionVersionArn": solution_of},
    "solution": {"solutionConfig": _settled_config},
}
# Members of updates that creations call otherwise.
_SOURCES: Final = {"solutionUpdateConfig": "solutionConfig"}


@dataclass(frozen=True, slots=True)
class StackKind:
    """A kind of resource as stacks see it; `lasting` is by member of a creation, where an update may change some."""

    kind: Kind
    title: str
    lasting: Mapping[str, Part] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str) -> Self:
        """Return the row of a kind of the domain."""
        return cls(KINDS[name], titled(KINDS[name].member), _LASTING.get(name, {}))

    @property
    def type_name(self) -> str:
        """What a template calls it."""
        return f"{PREFIX}{self.title}"

    @property
    def shape(self) -> Shape:
        """What it is created with."""
        return self._shape("Create")

    @property
    def described(self) -> Shape:
        """What is told of it."""
        [shape] = _operations()[f"Describe{self.title}"].output_shape.members.values()  # type: ignore[union-attr]
        return shape

    @property
    def changeable(self) -> Mapping[str, tuple[str, Shape]]:
        """What an update may change: by its own member, that of a creation and the shape."""
        if not self.has("Update"):
            return {}
        members = {name: shape for name, shape in self._shape("Update").members.items() if name != self.kind.arn_member}
        return {name: (_SOURCES.get(name, name), shape) for name, shape in members.items()}

    def has(self, verb: str) -> bool:
        """Say whether the API has such an operation for it."""
        return f"{verb}{self.title}" in _operations()

    def lasting_part(self, member: str, value: Any) -> object:  # noqa: ANN401 - members are of any type
        """Return what of a member's value only a replacement can change."""
        if member in self.lasting:
            return self.lasting[member](value)
        in_place = {source for source, _ in self.changeable.values()}
        return None if member == "tags" or member in in_place else value

    def _shape(self, verb: str) -> Shape:
        return _operations()[f"{verb}{self.title}"].input_shape


def _operations() -> Mapping[str, Operation]:
    return api_model("personalize").operations


STACK_KINDS: Final = {kind.type_name: kind for kind in map(StackKind.of, _NAMES)}
