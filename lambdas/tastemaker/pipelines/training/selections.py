"""Which interactions a solution trains on, and how much each counts (guide: "Choosing the item interaction data")."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Self

from tastemaker.domain.training.choices import trained_columns
from tastemaker.errors import JobFailed
from tastemaker.store.ports import Event


@dataclass(frozen=True, slots=True)
class Choice:
    """Events of one type (None: of any) whose value reaches a threshold (None: whatever it is), and their weight."""

    event_type: str | None = None
    threshold: float | None = None
    weight: float = 1.0

    def condition(self) -> tuple[str, list[object]]:
        """Return the choice as an SQL condition with its parameters; types are matched in any case."""
        parts, parameters = ["true"], list[object]()
        if self.event_type is not None:
            parts.append("lower(event_type) = lower(?)")
            parameters.append(self.event_type)
        if self.threshold is not None:
            parts.append("event_value >= ?")
            parameters.append(self.threshold)
        return " AND ".join(parts), parameters

    def least(self, before: str) -> str:
        """Return the threshold in words, after others; nothing where there is none."""
        return "" if self.threshold is None else f"{before}EVENT_VALUE of at least {self.threshold:.10g}"

    def fits(self, event: Event) -> bool:
        """Whether a recorded event is what `condition` asks for."""
        value = event["event_value"]
        return (self.event_type is None or self.event_type.lower() == event["event_type"].lower()) and (
            self.threshold is None or (value is not None and value >= self.threshold)
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """What a solution chose: the first choice that fits an event gives its weight, events without one are left out."""

    choices: tuple[Choice, ...] = (Choice(),)
    columns: Mapping[str, tuple[str, frozenset[str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, solution: Mapping[str, Any]) -> Self:
        """Read the choice from a solution's or a solution version's members."""
        config = solution.get("solutionConfig") or {}
        columns = trained_columns(config.get("trainingDataConfig", {}))
        events = config.get("eventsConfig", {}).get("eventParametersList")
        if events:
            return cls(_relative([_choice(event) for event in events]), columns)
        threshold = config.get("eventValueThreshold")
        return cls((Choice(solution.get("eventType") or None, _number(threshold)),), columns)

    def trains_on(self, type_: str, column: str) -> bool:
        """Whether a column of a dataset may be used."""
        way, names = self.columns.get(type_, ("excludedDatasetColumns", frozenset()))
        return (column.upper() in names) == (way == "includedDatasetColumns")

    @property
    def in_words(self) -> str:
        """What is chosen, for messages; nothing if that is everything."""
        types = [f"{each.event_type}{each.least(' with ')}" for each in self.choices if each.event_type and each.weight]
        return f"event type: {', '.join(types)}" if types else self.choices[0].least("")

    def counts(self, event: Event) -> bool:
        """Whether a recorded event is learned from, whatever its weight."""
        return any(choice.weight for choice in islice((c for c in self.choices if c.fits(event)), 1))

    def weights(self) -> tuple[str, list[object]]:
        """Return the SQL expression of an event's weight with its parameters; null leaves the event out."""
        cases, parameters = list[str](), list[object]()
        for choice in self.choices:
            condition, values = choice.condition()
            cases.append(f"WHEN {condition} THEN ?")
            parameters += [*values, choice.weight or None]
        return f"CASE {' '.join(cases)} END", parameters


def _choice(event: Mapping[str, Any]) -> Choice:
    weight = event.get("weight")
    return Choice(event.get("eventType"), _number(event.get("eventValueThreshold")), 1.0 if weight is None else weight)


def _relative(choices: list[Choice]) -> tuple[Choice, ...]:
    """Scale the weights so that the largest is 1: only their proportions mean something."""
    largest = max(choice.weight for choice in choices) or 1.0
    return tuple(Choice(c.event_type, c.threshold, float(c.weight) / float(largest)) for c in choices)


def _number(value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        return float(str(value))
    except ValueError:
        raise JobFailed(f"eventValueThreshold must be a number, not {value!r}.") from None
