"""Which recorded events an answer looks at: what a user did since the model was trained."""

from collections.abc import Callable
from typing import Any

_NEWEST = 500  # of a user, read for one answer
Event = dict[str, Any]


def events_since(trained: float, read: Callable[[int], list[Event]], *, whole: bool) -> list[Event]:
    """Return a user's newest events recorded since a moment, or all of them where a filter asks what the user did.

    `read` returns as many of the newest events as it is asked for, oldest first.
    """
    limit = _NEWEST
    events = read(limit)
    while whole and len(events) == limit and events[0]["recorded"] >= trained:
        limit *= 4
        events = read(limit)
    return [event for event in events if event["recorded"] >= trained]
