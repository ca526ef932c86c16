"""PutEvents and PutActionInteractions: durable before the answer, so that the next recommendation knows of them."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from tastemaker.domain.moments import in_seconds, unit_of
from tastemaker.domain.recipe_types import ACTIONS
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.schemas.properties import Columns, InvalidProperties, columns_of, identifier, number
from tastemaker.domain.schemas.readings import holds_float, spelt
from tastemaker.domain.schemas.reserved_properties import of_action_interaction, of_event, require_same
from tastemaker.domain.schemas.rules import CONTACTS
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.operations import resources
from tastemaker.operations.answering.recommendation_log import logged
from tastemaker.operations.call import Call
from tastemaker.store.ports import Event, Record

_TRACKER = KINDS["event-tracker"]
_DATASET = KINDS["dataset"]
_MOST_SHOWN = 25  # items of an impression that PutEvents takes
_LONGEST_SHOWN = 1000  # characters of an IMPRESSION in a file
_MOST_BYTES = 10 * 1024  # of one event
# Where searches have ended. A dataset's ARN is made of its group and type and not of its tracking id, which clients
# keep: all datasets have to be looked through, but once. What is remembered is checked against the dataset itself.
_arn_by_tracking_id: dict[str, str] = {}


def put_events(
    call: Call, *, tracking_id: str, session_id: str, event_list: list[dict[str, Any]], user_id: str | None = None
) -> dict[str, object]:
    """Keep events of one session; without a user they belong to the session."""
    tracker = _tracker(call, tracking_id)
    columns = columns_of(tracker["_schema"], "INTERACTIONS")
    owner = {**_owner(user_id, session_id), "recorded": call.clock()}
    events = []
    for place, entry in enumerate(event_list, 1):
        try:
            events.append(_identified({**owner, **_event(entry, columns)}, entry))
        except InvalidProperties as problem:
            raise InvalidInput(f"eventList.{place}.member: {problem}") from None
    group = tracker["datasetGroupArn"]
    call.events.put(group, _with_impressions(call, group, events))
    return {}


def put_action_interactions(
    call: Call, *, tracking_id: str, action_interactions: list[dict[str, Any]]
) -> dict[str, object]:
    """Keep what users did with actions, each with a session of its own; a dataset's own tracking id leads to it."""
    dataset = _dataset(call, tracking_id)
    columns = columns_of(call.resources.get(dataset["schemaArn"])["schema"], "ACTION_INTERACTIONS")
    now = call.clock()
    events = []
    for place, entry in enumerate(action_interactions, 1):
        owner = {**_owner(entry.get("userId"), entry["sessionId"]), "recorded": now}
        try:
            events.append(_identified({**owner, **_action_interaction(entry, columns)}, entry))
        except InvalidProperties as problem:
            raise InvalidInput(f"actionInteractions.{place}.member: {problem}") from None
    # Not among the group's events: those are of items.
    call.events.put(dataset["_arn"], events)
    return {}


def _tracker(call: Call, tracking_id: str) -> Record:
    tracker = call.resources.find(call.home.arn(_TRACKER, tracking_id[:8]))
    if (
        tracker is None
        or tracker["trackingId"] != tracking_id
        or not tracker["status"].startswith(("CREATE", "ACTIVE"))
    ):
        raise InvalidInput(f"trackingId {tracking_id} does not belong to an event tracker.")
    return tracker


def _dataset(call: Call, tracking_id: str) -> Record:
    """Return the ACTIVE dataset that a tracking id leads to: in one read, once this process knows the way."""
    arn = _arn_by_tracking_id.get(tracking_id)
    dataset = call.resources.find(arn) if arn else None
    if dataset is None or dataset.get("trackingId") != tracking_id:
        arn = _arn_by_tracking_id[tracking_id] = _search(call, tracking_id)
        dataset = call.resources.get(arn)
    resources.require_active(_DATASET, dataset)
    return dataset


def _search(call: Call, tracking_id: str) -> str:
    for dataset in call.resources.every(_DATASET.name):
        if dataset.get("trackingId") == tracking_id:
            return str(dataset["_arn"])
    raise ResourceNotFound(f"trackingId {tracking_id} does not belong to an Action_Interactions dataset.")


def _owner(user_id: str | None, session_id: str) -> Event:
    return {"user_id": user_id or session_id, "anonymous": not user_id, "session_id": session_id}


def _event(entry: Mapping[str, Any], columns: Columns) -> Event:
    _check_size(entry)
    properties = of_event(entry.get("properties"))
    # Where old clients put it.
    item_id = entry.get("itemId") or properties.get("ITEMID")
    if not item_id:
        raise InvalidProperties("itemId is required, as a member or inside properties.")
    require_same("itemId", item_id, properties)
    value = entry.get("eventValue", properties.get("EVENTVALUE"))
    return {
        "item_id": identifier("itemId", item_id),
        "event_type": entry["eventType"],
        "event_value": None if value in (None, "") else _event_value(value),
        "timestamp": _seconds("sentAt", entry["sentAt"]),
        "properties": columns.values(properties),
        "impression": entry.get("impression"),
        "recommendation_id": entry.get("recommendationId"),
        "source": entry.get("metricAttribution", {}).get("eventAttributionSource"),
    }


def _event_value(value: object) -> float:
    amount = number("eventValue", value)
    if not holds_float(amount):
        raise InvalidProperties(f"eventValue must be a number that a float holds, not {value!r:.100}.")
    return amount


def _with_impressions(call: Call, group: str, events: list[Event]) -> list[Event]:
    """Add what was shown to events that only name the answer: what an event says itself counts more."""
    silent = {event["recommendation_id"] for event in events if not event["impression"]} - {None}
    impressions = {id_: _shown(call, group, id_) for id_ in silent}
    return [
        {**event, "impression": event["impression"] or impressions.get(event["recommendation_id"])} for event in events
    ]


def _shown(call: Call, group: str, id_: str) -> list[str] | None:
    """Return the items of an answer of the group's, so many of them as a file's IMPRESSION column may hold."""
    answer = logged(call, id_)
    if answer is None or answer["group"] != group or answer["question"]["serving"]["recipe_type"] == ACTIONS:
        return None
    items = [item_id for item_id, *_ in answer["shown"]][:_MOST_SHOWN]
    while len("|".join(items)) > _LONGEST_SHOWN:
        items.pop()
    return items or None


def _action_interaction(entry: Mapping[str, Any], columns: Columns) -> Event:
    _check_size(entry)
    event_type = spelt(entry["eventType"])
    if event_type not in CONTACTS:
        raise InvalidProperties(f"eventType must be Taken, Not Taken or Viewed, not {entry['eventType']!r:.100}.")
    properties = of_action_interaction(entry.get("properties"))
    require_same("actionId", entry["actionId"], properties)
    return {
        "action_id": entry["actionId"],
        "event_type": event_type,
        "timestamp": _seconds("timestamp", entry["timestamp"]),
        "properties": columns.values(properties),
        "impression": entry.get("impression"),
        "recommendation_id": entry.get("recommendationId"),
    }


def _identified(event: Event, entry: Mapping[str, Any]) -> Event:
    """Give an event its id; one that has none is named by what it says, so that its exact repetition is the same."""
    content = {name: value for name, value in event.items() if name != "recorded"}
    return {**event, "event_id": entry.get("eventId") or _digest(content)}


def _digest(content: Mapping[str, object]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def _check_size(entry: Mapping[str, Any] | Sequence[Any]) -> None:
    size = len(json.dumps(entry, ensure_ascii=False).encode())
    if size > _MOST_BYTES:
        raise InvalidProperties(f"the event has {size} bytes; at most {_MOST_BYTES} are allowed.")


def _seconds(name: str, moment: float) -> int:
    if unit := unit_of(moment):  # that late, moments are not sortable as text either
        raise InvalidProperties(f"{name} must be seconds since 1970: {moment:.0f} {in_seconds(unit)}.")
    if not moment >= 0:
        raise InvalidProperties(f"{name} must be seconds since 1970, not {moment}.")
    return int(moment)
