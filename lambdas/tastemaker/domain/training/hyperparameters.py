"""Settings that a caller gives as text: what each is called, what it may be, and the refusal of anything else."""

import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,12}")


class InvalidConfig(ValueError):
    """A configuration breaks a rule; the message names the member, the value and the rule."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One parameter of a recipe, as the catalogue describes it."""

    name: str
    kind: str
    default: str
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    tunable: bool = False
    inert: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Read it from the catalogue."""
        return cls(**{**row, "values": tuple(row.get("values", ()))})

    @property
    def rule(self) -> str:
        """What its value must be, in words."""
        if self.kind == "categorical":
            return f"one of {', '.join(self.values)}"
        noun = "an integer" if self.kind == "integer" else "a number"
        if self.low is None:
            return noun
        return f"{noun} from {self.low} to {self.high}" if self.high is not None else f"{noun} of at least {self.low}"

    def allows(self, value: str) -> bool:
        """Whether it may have a value."""
        if self.kind == "categorical":
            return value in self.values
        amount = whole(value) if self.kind == "integer" else number(value)
        return amount is not None and self.covers(amount)

    def covers(self, value: float) -> bool:
        """Whether a number lies in its range."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def settings_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Setting]:
    """Return the catalogue's settings by name."""
    return {row["name"]: Setting.of(row) for row in rows}


def check_values(
    settings: Mapping[str, Setting],
    config: Mapping[str, str],
    *,
    member: str,
    recipe: str,
    elsewhere: Mapping[str, str] | None = None,
) -> None:
    """Refuse names that a recipe does not have (`elsewhere`: the members they belong in) and values out of range."""
    for name, value in config.items():
        if name not in settings:
            raise InvalidConfig(_unknown(name, list(settings), member, recipe, elsewhere or {}))
        if not settings[name].allows(value):
            raise InvalidConfig(f"{member} {name} must be {settings[name].rule}, not {shown(value)}.")
    _check_order(settings, config, member)


def number(text: str) -> float | None:
    """Return a finite number written in plain digits, or None; Python alone reads more than other programs would."""
    value = float(text) if len(text) <= _LONGEST and _NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


def is_beyond_all(text: str) -> bool:
    """Whether a text is a number in plain digits that is too large to be read."""
    return bool(_NUMBER.fullmatch(text)) and number(text) is None


def whole(text: str) -> int | None:
    """Return an integer written in plain digits, or None."""
    return int(text) if _WHOLE.fullmatch(text) else None


def shown(value: object) -> str:
    """Return a caller's value as a message may repeat it."""
    text = repr(value)
    return text if len(text) <= _ECHOED else f"{text[:_ECHOED]}..."


_LONGEST = 100
# What columns of these types hold at most.
LARGEST: Final = {"float": 3.4028235e38, "double": sys.float_info.max}
_ECHOED = 200


def _unknown(name: str, names: Sequence[str], member: str, recipe: str, elsewhere: Mapping[str, str]) -> str:
    if name in elsewhere:
        return f"{member} {name} is not a parameter of this kind: give it in {elsewhere[name]}."
    has = f"it has {', '.join(names)}" if names else "it has none"
    text = name if name.isascii() and name.isprintable() and len(name) <= _LONGEST else shown(name)
    return f"{member} {text} is not a parameter of recipe {recipe}; {has}."


def _check_order(settings: Mapping[str, Setting], config: Mapping[str, str], member: str) -> None:
    """Refuse a lower bound above its upper one; what is not given counts with its default."""
    values = {name: config.get(name, setting.default) for name, setting in settings.items()}
    for name, low in values.items():
        other = f"max_{name.removeprefix('min_')}"
        if name.startswith("min_") and other in values and float(low) > float(values[other]):
            raise InvalidConfig(f"{member} {name} must not be above {other}: {low} is above {values[other]}.")
