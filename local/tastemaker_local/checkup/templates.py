"""What a deployed stack asks for: its template's custom resources of ours, with references put in their places."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tastemaker.stacks.kinds import STACK_KINDS

_SUB: Final = re.compile(r"\$\{([^!}][^}]*)\}")


class Unknown(Exception):
    """A value that only CloudFormation knows; the message names the function."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One resource of a stack: its properties, and those that cannot be known here."""

    logical_id: str
    type_name: str
    arn: str
    properties: Mapping[str, Any]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A template, and what its references stand for: parameters and physical ids by name."""

    resources: Mapping[str, Mapping[str, Any]]
    values: Mapping[str, Any]

    def asked(self) -> Iterator[Asked]:
        """Yield every custom resource of ours that has been made."""
        for name, definition in self.resources.items():
            if definition["Type"] in STACK_KINDS and name in self.values:
                known, unknown = self._properties(definition.get("Properties", {}))
                yield Asked(name, definition["Type"], self.values[name], known, unknown)

    def _properties(self, properties: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        known, unknown = {}, []
        for name, value in properties.items():
            try:
                known[name] = self._resolved(value)
            except Unknown:
                unknown.append(name)
        return known, tuple(unknown)

    def _resolved(self, value: Any) -> Any:  # noqa: ANN401 - values of any depth
        if isinstance(value, list):
            return [self._resolved(each) for each in value]
        if not isinstance(value, Mapping):
            return value
        [(name, given), *others] = value.items() if value else [("", None)]
        if not others and (name == "Ref" or name.startswith("Fn::")):
            return self._function(name, given)
        return {name: self._resolved(inner) for name, inner in value.items()}

    def _function(self, name: str, given: Any) -> Any:  # noqa: ANN401 - as above
        functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._named,
            "Fn::GetAtt": self._attribute,
            "Fn::Join": lambda parts: parts[0].join(map(str, self._resolved(parts[1]))),
            "Fn::Sub": self._substituted,
        }
        if name not in functions:
            raise Unknown(name)
        return functions[name](given)

    def _named(self, name: str) -> Any:  # noqa: ANN401 - as above
        if name not in self.values:
            raise Unknown(name)
        return self.values[name]

    def _attribute(self, given: str | list[str]) -> Any:  # noqa: ANN401 - as above
        name, _, attribute = given.partition(".") if isinstance(given, str) else (given[0], "", given[1])
        kind = STACK_KINDS.get(self.resources.get(name, {}).get("Type", ""))
        if kind is None or attribute not in {"Arn", f"{kind.title}Arn"}:
            raise Unknown(f"{name}.{attribute}")
        return self._named(name)

    def _substituted(self, text: Any) -> str:  # noqa: ANN401 - as above
        if not isinstance(text, str):
            raise Unknown("Fn::Sub")
        return _SUB.sub(lambda hole: str(self._attribute(hole[1]) if "." in hole[1] else self._named(hole[1])), text)
