"""What events mean to a model, as they did in its training: which are its history, which keep an item from its user."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from tastemaker.domain.answers.histories import NEWEST
from tastemaker.store.ports import Event


@dataclass(frozen=True, slots=True)
class EventRules:
    """What a manifest says of events.

    Those `recorded_before` are in the model's histories already. It learned from one `event_type`, None of all. Items
    that a user had an `excluded_event` with are not shown again. A context may tell of the `context_columns`; a model
    that does not know them has None.
    """

    recorded_before: float
    event_type: str | None
    excluded_event: str | None
    context_columns: Sequence[str] | None

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """Read a manifest; models of old say less."""
        rules = manifest.get("events", {})
        return cls(
            float(rules.get("recorded_before", math.inf)),
            rules.get("event_type"),
            rules.get("excluded_event"),
            rules.get("context_columns"),
        )

    def history(self, events: Sequence[Event]) -> list[Event]:
        """Return which of a user's newest events continue the history of the training."""
        return [event for event in events[-NEWEST:] if self.event_type is None or _is_of(event, self.event_type)]

    def excluded_items(self, events: Iterable[Event]) -> list[str]:
        """Return the items that events keep out of their user's answers."""
        excluded = self.excluded_event
        return [] if excluded is None else [event["item_id"] for event in events if _is_of(event, excluded)]


def _is_of(event: Event, event_type: str) -> bool:
    return str(event["event_type"]).lower() == event_type.lower()
