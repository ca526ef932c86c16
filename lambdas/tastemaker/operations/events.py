"""PutEvents: durable before the answer, so that the next recommendation knows of it."""

import json
import math
from contextlib import suppress
from typing import Any

from tastemaker.domain.kinds import KINDS
from tastemaker.errors import InvalidInput
from tastemaker.operations.context import Context
from tastemaker.store.ports import Event

_TRACKER = KINDS["event-tracker"]
_LATEST = 10**11  # seconds: keeps moments sortable as text, and refuses milliseconds


def put_events(
    ctx: Context, *, tracking_id: str, session_id: str, event_list: list[dict[str, Any]], user_id: str | None = None
) -> dict[str, object]:
    """Keep events of one session; without a user they belong to the session."""
    tracker = ctx.resources.find(ctx.home.arn(_TRACKER, tracking_id[:8]))
    if (
        tracker is None
        or tracker["trackingId"] != tracking_id
        or not tracker["status"].startswith(("CREATE", "ACTIVE"))
    ):
        raise InvalidInput(f"trackingId {tracking_id} does not belong to an event tracker.")
    now = ctx.clock()
    owner = {"user_id": user_id or session_id, "anonymous": not user_id, "session_id": session_id, "recorded": now}
    events = [{**owner, **_event(ctx, event)} for event in event_list]
    ctx.events.put(tracker["datasetGroupArn"], events)
    return {}


def _event(ctx: Context, event: dict[str, Any]) -> Event:
    properties = _properties(event.get("properties"))
    item_id = event.get("itemId") or properties.pop("itemid", None)
    if not item_id:
        raise InvalidInput("itemId is required in each event of eventList, as a member or inside properties.")
    value = event.get("eventValue", properties.pop("eventvalue", None))
    return {
        "item_id": str(item_id),
        "event_type": event["eventType"],
        "event_value": None if value is None else _number(value),
        "timestamp": _seconds(event["sentAt"]),
        "event_id": event.get("eventId") or ctx.new_id(),
        "properties": properties,
        "impression": event.get("impression"),
        "recommendation_id": event.get("recommendationId"),
        "source": event.get("metricAttribution", {}).get("eventAttributionSource"),
    }


def _properties(given: str | dict[str, Any] | None) -> dict[str, Any]:
    """Return properties by lower-case name: clients write column names in any case."""
    try:
        properties = json.loads(given) if isinstance(given, str) else given or {}
    except ValueError:
        properties = None
    if not isinstance(properties, dict):
        raise InvalidInput("Error parsing properties json: it must be a JSON object.")
    return {str(name).lower(): value for name, value in properties.items()}


def _number(value: object) -> float:
    with suppress(ValueError):
        if math.isfinite(number := float(str(value))):
            return number
    raise InvalidInput(f"eventValue must be a finite number, not {value!r}.")


def _seconds(sent_at: float) -> int:
    if not 0 <= sent_at < _LATEST:
        raise InvalidInput(f"sentAt must be seconds since 1970, not {sent_at}.")
    return int(sent_at)
