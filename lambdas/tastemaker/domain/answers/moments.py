"""When events happened, as far as their clocks can be believed: one clock that is wrong changes nothing for others.

Nothing happened after it was recorded or imported. What says so all the same keeps its place among what was recorded
with it, and counts before whatever its user did next.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

Event = Mapping[str, Any]
# The year 5138 in seconds is 1973 in milliseconds: no smaller unit is mistaken for seconds, nor seconds for one.
SMALLER_UNITS: Final = 10**11


def seconds(moment: float) -> float:
    """Return a moment in seconds that may be told in milliseconds, microseconds or nanoseconds."""
    while moment >= SMALLER_UNITS:
        moment /= 1000
    return moment


def believed(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a user's events at moments that can be believed, oldest first."""
    if not any(map(_is_ahead, events)):
        return list(events)
    following, moments = float("inf"), dict[int, int]()
    places = sorted(range(len(events)), key=lambda place: -_recorded(events[place]))
    for recorded, group in groupby(places, key=lambda place: _recorded(events[place])):
        together = list(group)
        moments |= {place: _latest(events[place], recorded, following) for place in together}
        clocks = (moments[place] for place in together if not _is_ahead(events[place]))
        following = min(following, min(clocks, default=following))
    order = sorted(moments, key=lambda place: (moments[place], int(events[place]["timestamp"]), place))
    return [{**events[place], "timestamp": moments[place]} for place in order]


def _latest(event: Event, recorded: float, following: float) -> int:
    """Return when an event happened; one that is ahead of its recording before those that were recorded later."""
    return int(min(recorded, following - 1) if _is_ahead(event) else event["timestamp"])


def _is_ahead(event: Event) -> bool:
    return bool(event["timestamp"] > _recorded(event))


def _recorded(event: Event) -> float:
    return float(event.get("recorded", "inf"))
