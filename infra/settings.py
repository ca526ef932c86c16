"""What a deployment may choose: CDK context under `tastemaker:`, with defaults that fit a new account."""

from dataclasses import dataclass, fields
from typing import Self

from constructs import Construct


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of one deployment."""

    # A new account may not ask for more than 3,008 MB until AWS raises its limit; 10,240 is the most that Lambda has.
    task_memory: int = 3008
    requests_per_second: int = 500
    burst: int = 1000
    # What alarms tell: how slow is slow, and an SNS topic if someone listens.
    runtime_p99_ms: int = 500
    alarm_topic_arn: str = ""

    @classmethod
    def from_context(cls, scope: Construct) -> Self:
        """Read each setting from `tastemaker:<name>`; `-c tastemaker:task_memory=10240` arrives as a string."""
        defaults = cls()
        return cls(**{field.name: _read(scope, field.name, getattr(defaults, field.name)) for field in fields(cls)})


def _read(scope: Construct, name: str, default: int | str) -> int | str:
    given = scope.node.try_get_context(f"tastemaker:{name}")
    return default if given is None else type(default)(given)
