"""Callers who may look at the control plane and change nothing.

All its operations are one method of the API, so IAM allows or denies them together; API Gateway says who calls.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, Self

_LOOKS: Final = ("Describe", "Get", "List")
_SESSION: Final = re.compile(r"^arn:([\w-]+):sts::(\d{12}):assumed-role/([^/]+)/.*$")


class BadPrincipal(ValueError):
    """What is to be read-only is no principal; the message says what one looks like."""


@dataclass(frozen=True, slots=True)
class Readers:
    """ARNs of users and roles, `*` for any part, whose calls may only look."""

    patterns: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: str | Iterable[str] | None) -> Self:
        """Read a list, or a text with commas between."""
        parts = value.split(",") if isinstance(value, str) else value or ()
        names = [name for part in parts if (name := str(part).strip())]
        for name in names:
            if not name.startswith("arn:"):
                example = "arn:aws:iam::123456789012:role/analyst"
                raise BadPrincipal(f"{name} is no ARN of a user or a role, such as {example}")
        return cls(tuple(names))

    def to_text(self) -> str:
        """Return what `of` reads."""
        return ",".join(self.patterns)

    def forbid(self, event: Mapping[str, Any], operation: str) -> bool:
        """Whether an operation changes something, and its caller is one of those who may not."""
        if not self.patterns or operation.startswith(_LOOKS):
            return False
        arns = _arns(str(((event.get("requestContext") or {}).get("identity") or {}).get("userArn") or ""))
        return any(fnmatchcase(arn, pattern) for arn in arns for pattern in self.patterns)


def _arns(caller: str) -> tuple[str, ...]:
    """Return what a caller is called: a session by its own name, and by that of its role."""
    return caller, _SESSION.sub(r"arn:\1:iam::\2:role/\3", caller)
