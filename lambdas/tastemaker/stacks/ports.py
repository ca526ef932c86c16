"""What the provider is given: our API as a client sees it, and the way back to CloudFormation."""

from collections.abc import Mapping
from typing import Any, Protocol


class Api(Protocol):
    """The control plane, through its public door."""

    def call(self, operation: str, **members: object) -> dict[str, Any]:
        """Return a reply, or raise Refused."""


class Stacks(Protocol):
    """CloudFormation, which waits for an answer, and the workflow that finds one."""

    def begin(self, name: str, work: Mapping[str, object]) -> None:
        """Start the workflow under a name; the same name twice is one execution."""

    def answer(self, url: str, answer: Mapping[str, object]) -> None:
        """Tell CloudFormation how a request has ended."""
