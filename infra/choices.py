"""The context under `tastemaker:`, in which each stage of a deployment may say what it wants otherwise."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Self

from constructs import Construct

from infra.names import DEFAULT

_STAGES: Final = "tastemaker:stages"


class BadStage(ValueError):
    """What `tastemaker:stages` says cannot be meant; the message says why."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a scope's context says; what the stage of the deployment's name says comes first."""

    scope: Construct
    stage: Mapping[str, object]

    @classmethod
    def of(cls, scope: Construct, deployment: str, *, known: Collection[str]) -> Self:
        """Read the stage of a name: where there are stages, a name that is given is one of them."""
        stages = mapping(scope.node.try_get_context(_STAGES))
        if stages and deployment not in {*stages, DEFAULT}:
            raise BadStage(f"{_STAGES} has no {deployment}, the tastemaker:name: it has {', '.join(stages)}")
        stage = mapping(stages.get(deployment))
        if unknown := sorted(stage.keys() - known):
            raise BadStage(f"{_STAGES}: {deployment} sets {', '.join(unknown)}, which is no setting")
        return cls(scope, stage)

    def get(self, name: str) -> object:
        """Return what is chosen; None where nobody says."""
        return self.stage.get(name, self.scope.node.try_get_context(f"tastemaker:{name}"))

    def many(self, name: str) -> str | list[str]:
        """Return a list, or a text with commas between."""
        value = self.get(name)
        return [str(each) for each in value] if isinstance(value, list) else str(value or "")

    def number(self, name: str, *, default: int) -> int:
        """Return a number; `-c tastemaker:task_memory=10240` arrives as a string."""
        value = self.get(name)
        return default if value is None else int(str(value))

    def text(self, name: str) -> str:
        """Return a text; nothing where nobody says."""
        return str(self.get(name) or "")


def mapping(value: object) -> Mapping[str, object]:
    """Return an object from cdk.json, or the JSON text that `-c` brings."""
    if isinstance(value, str) and value:
        value = json.loads(value)
    return value if isinstance(value, Mapping) else {}
