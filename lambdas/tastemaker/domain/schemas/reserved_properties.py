"""What may not stand in `properties`, or must say there what it says elsewhere: it would be lost without a word.

"Recording item interaction events": the names are reserved, but for `itemId` and `eventValue`, which old clients put
there.
"""

from collections.abc import Mapping

from tastemaker.domain.schemas.properties import InvalidProperties, plain, read_properties

_OF_EVENT = {
    "USERID": "it is the member userId of the call",
    "SESSIONID": "it is the member sessionId of the call",
    "EVENTTYPE": "it is the member eventType of the event",
    "TIMESTAMP": "it is the member sentAt of the event",
    "RECOMMENDATIONID": "it is the member recommendationId of the event",
    "IMPRESSION": "it is the member impression of the event",
    "EVENTATTRIBUTIONSOURCE": "it is metricAttribution.eventAttributionSource of the event",
}
_MEMBERS = ("userId", "sessionId", "eventType", "timestamp", "recommendationId", "impression")
_OF_ACTION_INTERACTION = {
    **{plain(member): f"it is the member {member} of the interaction" for member in _MEMBERS},
    "EVENTATTRIBUTIONSOURCE": "interactions with actions have none",
}


def of_event(text: str | None) -> dict[str, object]:
    """Return the properties of an event of PutEvents."""
    return read_properties(text, _OF_EVENT)


def of_action_interaction(text: str | None) -> dict[str, object]:
    """Return the properties of an event of PutActionInteractions."""
    return read_properties(text, _OF_ACTION_INTERACTION)


def require_same(member: str, value: object, properties: Mapping[str, object]) -> None:
    """Refuse an id in properties that contradicts the one beside them; clients who send whole rows repeat it there."""
    other = properties.get(plain(member))
    if other not in (None, "") and str(other) != str(value):
        raise InvalidProperties(f"{member} is {value!r:.100}, but {other!r:.100} in properties.")
