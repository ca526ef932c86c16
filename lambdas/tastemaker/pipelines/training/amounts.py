"""Refuses to learn from too little ("Common error messages": the words are Amazon's where it has some)."""

from tastemaker.domain.event_types import NO_TYPES, is_type
from tastemaker.domain.resources.quotas import Quotas
from tastemaker.errors import JobFailed
from tastemaker.pipelines.training.events import EventTables

_MIN_SHARE_OF_USERS = 0.01
_MAX_EVENT_TYPES = 10


def check_enough(events: EventTables, quotas: Quotas, prefix: str) -> None:
    """Raise JobFailed, with what is there and what is needed."""
    try:
        _check_events(events, quotas["training-interactions"])
        _check_types(events)
        _check_users(events, quotas["training-users"])
    except JobFailed as shortage:
        raise JobFailed(f"{prefix}{shortage}") from None


def check_moments(events: EventTables, prefix: str) -> None:
    """Refuse events that all have one moment: what comes after what, segments cannot be learned."""
    [(moments,)] = events.session.execute(f'SELECT count(DISTINCT "timestamp") FROM {events.selected}').fetchall()  # noqa: S608
    if moments == 1:
        raise JobFailed(f"{prefix}All interactions have the same timestamp; a user segmentation recipe needs several.")


def _check_events(events: EventTables, least: int) -> None:
    count = events.count
    if count >= least:
        return
    choice = events.selection.in_words
    if not choice:
        raise JobFailed(f"Dataset has fewer than {least} interactions. There are {count:,}.")
    raise JobFailed(
        f"Dataset has fewer than {least} interactions after filtering by {choice}. "
        f"{count:,} of {_count(events, events.everything):,} are left."
    )


def _check_types(events: EventTables) -> None:
    if not _has_types(events):
        raise JobFailed(f"{NO_TYPES}.")
    [(types,)] = events.session.execute(f"SELECT count(DISTINCT event_type) FROM {events.selected}").fetchall()  # noqa: S608
    if types > _MAX_EVENT_TYPES:
        raise JobFailed(f"Dataset has {types} event types; at most {_MAX_EVENT_TYPES} are allowed.")


def _has_types(events: EventTables) -> bool:
    """Whether some event has a type, where events have types at all; the smaller table nearly always knows."""
    if events.dataset is not None and not events.dataset.has("EVENT_TYPE"):
        return True
    return any(
        is_type(name)
        for table in (events.selected, events.everything)
        for (name,) in events.session.execute(
            f"SELECT DISTINCT event_type FROM {table} WHERE event_type IS NOT NULL"  # noqa: S608
        ).fetchall()
    )


def _check_users(events: EventTables, least: int) -> None:
    lengths = f"SELECT count(*) AS length FROM {events.selected} GROUP BY user_id"  # noqa: S608
    query = f"SELECT count(*), count(*) FILTER (length >= 2) FROM ({lengths})"  # noqa: S608
    [(users, returning)] = events.session.execute(query).fetchall()
    actual = f"{returning:,} of {users:,} have"
    if returning < least:
        raise JobFailed(f"Dataset has fewer than {least} users with at least 2 interactions each. {actual}.")
    if returning < _MIN_SHARE_OF_USERS * users:
        raise JobFailed(f"Fewer than 1% of the users in the dataset have at least 2 interactions each. {actual}.")


def _count(events: EventTables, table: str) -> int:
    [(count,)] = events.session.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608
    return int(count)
