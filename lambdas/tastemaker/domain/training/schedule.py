"""When a solution or a recommender trains by itself ("Configuring automatic training")."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

RECOMMENDER_DAYS = 7  # between two trainings
_DEFAULT_DAYS = 7  # of a solution that does not say
MOST_DAYS = 30
_RATE = re.compile(r"rate\(([0-9]+) days?\)")
# Of a day: 40 minutes. The first training starts within an hour, and a version made by hand until then replaces it.
_FIRST = 1 / 36


def days_of(expression: str) -> int | None:
    """Return the days of `rate(N days)`, or None if it is not of that form or N is not 1 to 30."""
    match = _RATE.fullmatch(expression)
    days = int(match[1]) if match else 0
    return days if 1 <= days <= MOST_DAYS else None


def days_between(config: Mapping[str, Any] | None) -> int:
    """Return the days between two trainings that a solutionConfig asks for."""
    schedule = (config or {}).get("autoTrainingConfig") or {}
    return days_of(schedule.get("schedulingExpression", "")) or _DEFAULT_DAYS


def next_training(*, began: float, started: float, days: int, day: float) -> float:
    """Return when to train next: soon after a schedule began, then so many days after a training started.

    `day` is the length of a day in seconds: a demonstration may let days pass faster.
    """
    return began + _FIRST * day if started < began else started + days * day


def version_id(solution_arn: str, moment: float) -> str:
    """Return the id of the version that is due at a moment: looking twice makes no second one."""
    return hashlib.sha256(f"{solution_arn} {moment:.6f}".encode()).hexdigest()[:8]
